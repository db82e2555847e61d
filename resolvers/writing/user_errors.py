"""User errors: everything that is wrong with a mutation's input, each with a stable code and the path to the value.

Clients get messages exactly as they are written here. An object that the viewer can't read is NOT_FOUND, like one that doesn't exist.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from described_enum import DescribedEnum
from resolvers.values.messages import Worded
from resolvers.values.text import camel


class ErrorCode(DescribedEnum):
    """The codes of user errors, documented in docs/api/errors.md."""

    ALREADY_MEMBER = "ALREADY_MEMBER", "The person is a member of the company already."
    AUTO_PUBLISH_NOT_ALLOWED = "AUTO_PUBLISH_NOT_ALLOWED", "The operator hasn't allowed the company to publish automatically."
    COMPANY_NOT_VERIFIED = (
        "COMPANY_NOT_VERIFIED",
        "The operator hasn't verified the company, which it needs for this step.",
    )
    CONFLICT = "CONFLICT", "The object has changed since you read it (version)."
    CONTRAST_TOO_LOW = (
        "CONTRAST_TOO_LOW",
        "A text colour can't be read on the colour behind it; the message names both and the ratio.",
    )
    DOCUMENT_NOT_TRUSTED = "DOCUMENT_NOT_TRUSTED", "The gateway runs only trusted documents, and the query isn't one of them."
    DUPLICATE = (
        "DUPLICATE",
        "The same value is listed twice or exists already, or another verified company has the same registration.",
    )
    FORBIDDEN = "FORBIDDEN", "The viewer can read the object but can't do this to it, or can't do this at all."
    IDEMPOTENCY_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED", "The Idempotency-Key was used with another input."
    ILLEGAL_STEP = (
        "ILLEGAL_STEP",
        "The object's state doesn't allow this step; the message names the state and the allowed steps.",
    )
    INVALID_CREDENTIALS = "INVALID_CREDENTIALS", "The address or the password is wrong, or the account has no password yet."
    INVALID_DOCUMENT = (
        "INVALID_DOCUMENT",
        "The query of an export, or its variables, would be refused as a query too; the message says why.",
    )
    INVALID_ID = "INVALID_ID", "The value isn't a valid ID for this field."
    INVALID_REFRESH_TOKEN = (
        "INVALID_REFRESH_TOKEN",
        "The session has ended: its refresh token is wrong, too old, or was used before.",
    )
    INVALID_TEXT = (
        "INVALID_TEXT",
        "A text contains a forbidden character: NUL; in one-line texts also line breaks, control characters and direction marks.",
    )
    INVALID_TOKEN = "INVALID_TOKEN", "The code from an email is wrong, was used already, or has expired."
    INVALID_VALUE = "INVALID_VALUE", "A value has the wrong format, or isn't one of the allowed values."
    LAST_ADMIN = (
        "LAST_ADMIN",
        "The member is the company's only account administrator, so it keeps this role and can't leave or be removed.",
    )
    LOCATION_NOT_ORDERABLE = "LOCATION_NOT_ORDERABLE", "The location isn't ACTIVE."
    LOCKED = "LOCKED", "The object's state protects the value, or a change of it is under review; the message says which."
    MARKET_NOT_ENABLED = (
        "MARKET_NOT_ENABLED",
        "The paying company hasn't enabled the location's billing market. For a managed account, its partner pays.",
    )
    NESTED_CONNECTION = "NESTED_CONNECTION", "The rows of an export select a connection, of which they can only have the count."
    NOT_EXPORTABLE = "NOT_EXPORTABLE", "The query of an export doesn't select all pages of exactly one connection."
    NOT_FOUND = "NOT_FOUND", "The ID is unknown, or the viewer can't read the object."
    ORIGIN_NOT_VERIFIED = "ORIGIN_NOT_VERIFIED", "The web origin isn't a verified portal origin of the company."
    PASSWORD_TOO_COMMON = "PASSWORD_TOO_COMMON", "A new password is easy to guess."
    PASSWORD_TOO_LONG = "PASSWORD_TOO_LONG", "A new password has more than 128 characters."
    PASSWORD_TOO_PERSONAL = (
        "PASSWORD_TOO_PERSONAL",
        "A new password contains a part of the user's name or address: four letters or more.",
    )
    PASSWORD_TOO_SHORT = "PASSWORD_TOO_SHORT", "A new password has fewer than 15 characters."
    PERSONAL_DATA = "PERSONAL_DATA", "The name of an offer has an email address or a phone number."
    PORT_IN_USE = "PORT_IN_USE", "The port has live connections."
    PORT_NOT_ACTIVE = "PORT_NOT_ACTIVE", "A port to connect isn't active."
    PRODUCT_NOT_AVAILABLE = "PRODUCT_NOT_AVAILABLE", "The product isn't published, or no longer sold."
    PROOF_NOT_FOUND = (
        "PROOF_NOT_FOUND",
        "The file that proves a portal's origin can't be read, or lacks the line that proves it.",
    )
    RECENT_SIGN_IN_REQUIRED = (
        "RECENT_SIGN_IN_REQUIRED",
        "Giving roles, creating API keys and changing where webhooks go need a sign-in within the last 15 minutes.",
    )
    REQUIRED = "REQUIRED", "A value is missing or blank."
    SELLER_NOT_REGISTERED = "SELLER_NOT_REGISTERED", "The company isn't registered as a seller."
    TAKEN = "TAKEN", "Another object has this unique name."
    TOO_LONG = "TOO_LONG", "A text has too many characters or words."
    TOO_MANY = "TOO_MANY", "A list has too many items, or a rate limit was exceeded; the message names the limit."
    ZERO_PRICE_NOT_CONFIRMED = "ZERO_PRICE_NOT_CONFIRMED", "A price or a payment is zero."


@dataclass(frozen=True, slots=True)
class ErrorParam:
    """A value in a message, by its name in camelCase."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class UserError:
    """One error. `field` is the path inside the input, in camelCase, or None if the error concerns no single field."""

    code: str
    message: str
    field: list[str] | None = None

    @property
    def params(self) -> list[ErrorParam]:
        """The values in the message, in their order."""
        params = self.message.params if isinstance(self.message, Worded) else {}
        return [ErrorParam(camel(name), str(value)) for name, value in params.items()]


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
