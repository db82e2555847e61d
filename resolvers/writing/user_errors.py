"""Problems: what is wrong with the input of a mutation, all of it at once, each with a stable code and the path to the value.

A problem is told to the client as it stands here. What the viewer may not know of is NOT_FOUND, like what is not there.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from resolvers.values.text import camel


class ErrorCode(StrEnum):
    """The codes of problems; docs/api/errors.md says what each means."""

    COMPANY_NOT_VERIFIED = "COMPANY_NOT_VERIFIED"
    CONFLICT = "CONFLICT"
    FORBIDDEN = "FORBIDDEN"
    IDEMPOTENCY_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED"
    ILLEGAL_STEP = "ILLEGAL_STEP"
    INVALID_ID = "INVALID_ID"
    INVALID_TEXT = "INVALID_TEXT"
    INVALID_VALUE = "INVALID_VALUE"
    LOCATION_NOT_ORDERABLE = "LOCATION_NOT_ORDERABLE"
    LOCKED = "LOCKED"
    MARKET_NOT_ENABLED = "MARKET_NOT_ENABLED"
    NOT_FOUND = "NOT_FOUND"
    PORT_IN_USE = "PORT_IN_USE"
    PORT_NOT_ACTIVE = "PORT_NOT_ACTIVE"
    REQUIRED = "REQUIRED"
    TAKEN = "TAKEN"
    TOO_LONG = "TOO_LONG"
    TOO_MANY = "TOO_MANY"


@dataclass(frozen=True, slots=True)
class UserError:
    """One thing that is wrong. `field` is the path inside the input, in the API's spelling; None: no single field is to blame."""

    code: str
    message: str
    field: list[str] | None = None


class MutationRejected(Exception):
    """A mutation that is not carried out. Nothing of it stays."""

    def __init__(self, problems: list[UserError]) -> None:
        super().__init__(", ".join(problem.code for problem in problems))
        self.errors = problems


class UserErrors:
    """What was found wrong so far."""

    def __init__(self) -> None:
        self.errors: list[UserError] = []

    def add(self, code: ErrorCode, message: str, *path: str) -> None:
        """Remember a problem, and go on looking for others."""
        self.errors.append(UserError(code.value, message, [camel(part) for part in path] or None))

    def raise_if_any(self) -> None:
        """Go no further if anything is wrong. Raises Refused."""
        if self.errors:
            raise MutationRejected(self.errors)
