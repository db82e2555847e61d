"""Errors in the values of options: all of them at once, each with its option and a code of the API."""

from __future__ import annotations

from commands.failure import Failure
from models.concept import snake
from resolvers.writing.user_errors import UserError, UserErrors


class InvalidOptions(Failure):
    """Some options have invalid values. The message has a line for each."""

    def __init__(self, errors: list[UserError]) -> None:
        super().__init__("\n".join(f"{_option(error)}: {error.message} ({error.code})" for error in errors))
        self.errors = errors


def raise_if_any(errors: UserErrors) -> None:
    """Stop the command if there are errors. Raises InvalidOptions."""
    if errors.errors:
        raise InvalidOptions(errors.errors)


def _option(error: UserError) -> str:
    """Return the option that an error is about. It has the name of the field."""
    (field,) = error.field or ["?"]
    return f"--{snake(field).replace('_', '-')}"
