"""How errors of an operation are shown: those raised on purpose as they are, unexpected ones as INTERNAL and no more.

Every error leaves through `publish`, with a stable `extensions.code`. What was unexpected goes to the log with its
traceback, under the request's id; the client gets that id to quote. Never pass an error on around it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final

import structlog
from graphql import GraphQLError

from resolvers.values.errors import PublicError
from resolvers.values.text import brief

INTERNAL: Final = "INTERNAL"
INTERNAL_MESSAGE: Final = "Internal server error"
VALIDATION_FAILED: Final = "GRAPHQL_VALIDATION_FAILED"
BAD_USER_INPUT: Final = "BAD_USER_INPUT"

RAISED: Final = re.compile(r", but encountered error '.*?'(?=; found)", re.DOTALL)  # how graphql-core tells of any exception
QUOTED: Final = re.compile(r"""(["'])((?:[^"'\\]|\\.){201,})""", re.DOTALL)
SHOWN: Final = re.compile(r"((?:value|found): )(.{201,})", re.DOTALL)
WORD: Final = re.compile(r"()(\S{202,})")

log = structlog.stdlib.get_logger("crossgate.graphql")


def publish(errors: Iterable[GraphQLError], request_id: str, request_code: str) -> list[dict[str, Any]]:
    """The errors as the client sees them. `request_code` is the code of those that concern the request as a whole."""
    return [_published(error, request_id, request_code) for error in errors]


def _published(error: GraphQLError, request_id: str, request_code: str) -> dict[str, Any]:
    shown: dict[str, Any] = {**error.formatted, "message": readable(error.message)}
    code = _code(error, request_code)
    if code is None:
        log.error("error.masked", path=error.path, exc_info=error.original_error or error)
        shown["message"] = INTERNAL_MESSAGE
        shown["extensions"] = {"code": INTERNAL, "requestId": request_id}
    else:
        shown["extensions"] = {**(error.extensions or {}), "code": code}
    return shown


def readable(message: str) -> str:
    """A message whose values are brief and which quotes no exception of Python's. Whatever a client sends comes back in part."""
    for pattern in (QUOTED, SHOWN, WORD):
        message = pattern.sub(lambda found: found[1] + brief(found[2]), message)
    return RAISED.sub("", message)


def _code(error: GraphQLError, request_code: str) -> str | None:
    """The code of an error that the client may read, or None."""
    if (public := _public(error)) is not None:
        return public.code
    cause = error.original_error
    if error.path is None:  # of the request: a rule of validation or a variable; a crash has a cause but no place
        return request_code if error.locations or cause is None else None
    if cause is None or (isinstance(cause, GraphQLError) and cause.nodes):  # an argument points at its own place
        return BAD_USER_INPUT
    return None


def _public(error: Exception | None) -> PublicError | None:
    while isinstance(error, GraphQLError):
        if isinstance(error, PublicError):
            return error
        error = error.original_error
    return None
