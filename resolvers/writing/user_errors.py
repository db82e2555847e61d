"""User errors: everything that is wrong with a mutation's input, each with a stable code and the path to the value.

Clients get messages exactly as they are written here. An object that the viewer can't read is NOT_FOUND, like one that doesn't exist.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from resolvers.values.text import camel


class ErrorCode(StrEnum):
    """The codes of user errors, documented in docs/api/errors.md."""

    ALREADY_MEMBER = "ALREADY_MEMBER"
    AUTO_PUBLISH_NOT_ALLOWED = "AUTO_PUBLISH_NOT_ALLOWED"
    COMPANY_NOT_VERIFIED = "COMPANY_NOT_VERIFIED"
    CONFLICT = "CONFLICT"
    DUPLICATE = "DUPLICATE"
    FORBIDDEN = "FORBIDDEN"
    IDEMPOTENCY_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED"
    ILLEGAL_STEP = "ILLEGAL_STEP"
    INVALID_CREDENTIALS = "INVALID_CREDENTIALS"
    INVALID_ID = "INVALID_ID"
    INVALID_REFRESH_TOKEN = "INVALID_REFRESH_TOKEN"  # noqa: S105 (the name of an error)
    INVALID_TEXT = "INVALID_TEXT"
    INVALID_TOKEN = "INVALID_TOKEN"  # noqa: S105
    INVALID_VALUE = "INVALID_VALUE"
    LAST_ADMIN = "LAST_ADMIN"
    LOCATION_NOT_ORDERABLE = "LOCATION_NOT_ORDERABLE"
    LOCKED = "LOCKED"
    MARKET_NOT_ENABLED = "MARKET_NOT_ENABLED"
    NOT_FOUND = "NOT_FOUND"
    PASSWORD_TOO_COMMON = "PASSWORD_TOO_COMMON"  # noqa: S105
    PASSWORD_TOO_LONG = "PASSWORD_TOO_LONG"  # noqa: S105
    PASSWORD_TOO_PERSONAL = "PASSWORD_TOO_PERSONAL"  # noqa: S105
    PASSWORD_TOO_SHORT = "PASSWORD_TOO_SHORT"  # noqa: S105
    PERSONAL_DATA = "PERSONAL_DATA"
    PORT_IN_USE = "PORT_IN_USE"
    PORT_NOT_ACTIVE = "PORT_NOT_ACTIVE"
    PRODUCT_NOT_AVAILABLE = "PRODUCT_NOT_AVAILABLE"
    RECENT_SIGN_IN_REQUIRED = "RECENT_SIGN_IN_REQUIRED"
    REQUIRED = "REQUIRED"
    SELLER_NOT_REGISTERED = "SELLER_NOT_REGISTERED"
    TAKEN = "TAKEN"
    TOO_LONG = "TOO_LONG"
    TOO_MANY = "TOO_MANY"
    ZERO_PRICE_NOT_CONFIRMED = "ZERO_PRICE_NOT_CONFIRMED"


@dataclass(frozen=True, slots=True)
class UserError:
    """One error. `field` is the path inside the input, in camelCase, or None if the error concerns no single field."""

    code: str
    message: str
    field: list[str] | None = None


class MutationRejected(Exception):
    """A mutation that changes nothing: its transaction rolls back. Its payload has the errors, and `values` if there are any.

    Without errors, the client asked only what would happen.
    """

    def __init__(self, errors: list[UserError], values: Mapping[str, Any] = MappingProxyType({})) -> None:
        super().__init__(", ".join(error.code for error in errors))
        self.errors = errors
        self.values = values


class UserErrors:
    """Collects the user errors of a mutation."""

    def __init__(self) -> None:
        self.errors: list[UserError] = []

    def add(self, code: ErrorCode, message: str, *path: str) -> None:
        """Add an error. Validation continues, so that the client gets all errors at once."""
        self.errors.append(UserError(code.value, message, [camel(part) for part in path] or None))

    def raise_if_any(self) -> None:
        """Stop if there are errors. Raises MutationRejected."""
        if self.errors:
            raise MutationRejected(self.errors)
