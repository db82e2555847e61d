"""Refusals: errors that reject a whole request, and the GraphQL response without `data` that reports them.

    Refusal
    ├── BadRequest
    │   ├── BatchTooLarge
    │   ├── DuplicateKey
    │   └── TokenInUrl
    ├── Unauthenticated
    ├── SignInRequired
    ├── BodyTooLarge
    ├── TimedOut
    ├── CapacityExceeded (transport/limits/capacity.py)
    └── RateLimited (transport/limits/quotas.py)

Every refusal has a stable code and a message that says what to do. A message must never contain a token or a value.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import orjson
from starlette.responses import Response

from telemetry import metrics

JSON: Final = "application/json"
CHARSET: Final = "; charset=utf-8"


class Refusal(Exception):
    """The gateway rejects a request without running it."""

    def __init__(
        self,
        status: HTTPStatus,
        code: str,
        message: str,
        headers: Mapping[str, str] | None = None,
        extensions: Mapping[str, object] | None = None,
    ) -> None:
        """Report `extensions` next to the code and the request's id."""
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})
        self.extensions = dict(extensions or {})


class BadRequest(Refusal):
    """The request isn't a valid GraphQL request (400)."""

    def __init__(self, message: str, code: str = "BAD_REQUEST") -> None:
        super().__init__(HTTPStatus.BAD_REQUEST, code, message)


class DuplicateKey(BadRequest):
    """A JSON object repeats a key, so its meaning is ambiguous."""

    def __init__(self, source: str, key: str) -> None:
        super().__init__(f'{source} repeats the key "{key}" in one object. Send each key once.', "DUPLICATE_KEY")


class BatchTooLarge(BadRequest):
    """A batch has too many operations."""

    def __init__(self, operations: int, limit: int) -> None:
        super().__init__(f"The batch has {operations} operations; at most {limit} are allowed.", "BATCH_TOO_LARGE")


class TokenInUrl(BadRequest):
    """The URL contains a token, and URLs end up in logs and browser histories."""

    def __init__(self) -> None:
        message = "Tokens in the URL are not accepted, because URLs are logged. Send the token as Authorization: Bearer TOKEN."
        super().__init__(message, "TOKEN_IN_URL")


class Unauthenticated(Refusal):
    """The credentials aren't valid (401). The gateway never falls back to an anonymous viewer."""

    def __init__(self, message: str) -> None:
        challenge = f'Bearer error="invalid_token", error_description="{message}"'
        super().__init__(HTTPStatus.UNAUTHORIZED, "UNAUTHENTICATED", message, {"WWW-Authenticate": challenge})


class SignInRequired(Refusal):
    """The request needs a signed-in user (401)."""

    def __init__(self) -> None:
        message = "You must sign in to do this. Send a token as Authorization: Bearer TOKEN."
        super().__init__(HTTPStatus.UNAUTHORIZED, "UNAUTHENTICATED", message, {"WWW-Authenticate": "Bearer"})


class BodyTooLarge(Refusal):
    """The body exceeds its limit (413). The connection closes without reading the rest of the body."""

    def __init__(self, limit: int) -> None:
        message = f"The request body is too large; at most {limit} bytes are allowed."
        super().__init__(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "PAYLOAD_TOO_LARGE", message, {"Connection": "close"})


class TimedOut(Refusal):
    """The request didn't arrive (408) or wasn't answered (504) in time."""

    def __init__(self, status: HTTPStatus, seconds: float) -> None:
        problem = "did not arrive" if status == HTTPStatus.REQUEST_TIMEOUT else "was not answered"
        super().__init__(status, "TIMEOUT", f"The request {problem} within {seconds:g} seconds. Try a smaller request.")


def error_body(refusal: Refusal, request_id: str) -> dict[str, Any]:
    """Return the refusal as a GraphQL response."""
    metrics.ERRORS.child(refusal.code).value += 1
    extensions = {**refusal.extensions, "code": refusal.code, "requestId": request_id}
    return {"errors": [{"message": refusal.message, "extensions": extensions}]}


def refuse(refusal: Refusal, request_id: str, media_type: str = JSON) -> Response:
    """Return the HTTP response for a refusal."""
    body = orjson.dumps(error_body(refusal, request_id))
    headers = {"Cache-Control": "no-store"} | refusal.headers
    return Response(body, refusal.status, headers, media_type=media_type + CHARSET)
