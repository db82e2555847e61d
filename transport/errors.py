"""Formats the errors of an operation for the client: public errors as they are, unexpected ones only as INTERNAL.

Every error passes through `publish` and gets a stable `extensions.code`. Unexpected errors are logged with their traceback
and the request's id, and the client gets that id to quote. Code must never send an error without `publish`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

import structlog
from graphql import GraphQLError

from resolvers.values.errors import PublicError
from resolvers.values.text import brief
from telemetry import metrics

INTERNAL: Final = "INTERNAL"
INTERNAL_MESSAGE: Final = "Internal server error"
VALIDATION_FAILED: Final = "GRAPHQL_VALIDATION_FAILED"
BAD_USER_INPUT: Final = "BAD_USER_INPUT"

RAISED: Final = re.compile(
    r", but encountered error '.*?'(?=; found)", re.DOTALL
)  # graphql-core quotes any exception like this
QUOTED: Final = re.compile(r"""(["'])((?:[^"'\\]|\\.){201,})""", re.DOTALL)
SHOWN: Final = re.compile(r"((?:value|found): )(.{201,})", re.DOTALL)
WORD: Final = re.compile(r"()(\S{202,})")

log = structlog.stdlib.get_logger("crossgate.graphql")


def publish(errors: Iterable[GraphQLError], request_id: str, request_code: str) -> list[dict[str, Any]]:
    """Return the errors as the client sees them. Errors of the request as a whole get `request_code`."""
    return [_published(error, request_id, request_code) for error in errors]


def _published(error: GraphQLError, request_id: str, request_code: str) -> dict[str, Any]:
    published: dict[str, Any] = {**error.formatted, "message": readable(error.message)}
    code = _code(error, request_code)
    metrics.ERRORS.child(code or INTERNAL).value += 1
    if code is None:
        log.error("error.masked", path=error.path, exc_info=error.original_error or error)
        published["message"] = INTERNAL_MESSAGE
        published["extensions"] = {"code": INTERNAL, "requestId": request_id}
    else:
        published["extensions"] = {**(error.extensions or {}), "code": code}
    return published


def readable(message: str) -> str:
    """Shorten the values that a message quotes, and remove the text of Python exceptions."""
    for pattern in (QUOTED, SHOWN, WORD):
        message = pattern.sub(lambda match: match[1] + brief(match[2]), message)
    return RAISED.sub("", message)


def _code(error: GraphQLError, request_code: str) -> str | None:
    """Return the code of an error that clients can see, or None for an unexpected error."""
    if (public := _public(error)) is not None:
        return public.code
    cause = error.original_error
    if error.path is None:  # a failed validation rule or variable; a crash has a cause but no location
        return request_code if error.locations or cause is None else None
    if cause is None or (isinstance(cause, GraphQLError) and cause.nodes):  # an invalid argument has its own location
        return BAD_USER_INPUT
    return None


def _public(error: Exception | None) -> PublicError | None:
    while isinstance(error, GraphQLError):
        if isinstance(error, PublicError):
            return error
        error = error.original_error
    return None
