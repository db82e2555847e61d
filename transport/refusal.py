"""Requests that are refused as a whole, and how a refusal is written: as a GraphQL answer without data.

    Refusal
    ├── BadRequest
    │   ├── DuplicateKey
    │   └── TokenInUrl
    ├── Unauthenticated
    ├── SignInRequired
    ├── BodyTooLarge
    ├── TimedOut
    ├── Full (transport/limits/capacity.py)
    └── RateLimited (transport/limits/quotas.py)

Every refusal has a stable code and a message that shows the way out. It must never repeat a token or a value.
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final

import orjson
from starlette.responses import Response

JSON: Final = "application/json"
CHARSET: Final = "; charset=utf-8"


class Refusal(Exception):
    """A request that is not carried out."""

    def __init__(
        self,
        status: HTTPStatus,
        code: str,
        message: str,
        headers: Mapping[str, str] | None = None,
        extensions: Mapping[str, object] | None = None,
    ) -> None:
        """`extensions` are told beside the code."""
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.headers = dict(headers or {})
        self.extensions = dict(extensions or {})


class BadRequest(Refusal):
    """A request that is not a GraphQL request."""

    def __init__(self, message: str, code: str = "BAD_REQUEST") -> None:
        super().__init__(HTTPStatus.BAD_REQUEST, code, message)


class DuplicateKey(BadRequest):
    """JSON with an object that has a key twice, so that it says two things at once."""

    def __init__(self, what: str, key: str) -> None:
        super().__init__(f'{what} has the key "{key}" twice in one object. Send each key once.', "DUPLICATE_KEY")


class TokenInUrl(BadRequest):
    """A token in the address, where logs and histories keep it."""

    def __init__(self) -> None:
        message = "A token in the address is not accepted: addresses are logged. Send it as Authorization: Bearer TOKEN."
        super().__init__(message, "TOKEN_IN_URL")


class Unauthenticated(Refusal):
    """Credentials that are not believed. They are never taken for an anonymous visit."""

    def __init__(self, message: str) -> None:
        challenge = f'Bearer error="invalid_token", error_description="{message}"'
        super().__init__(HTTPStatus.UNAUTHORIZED, "UNAUTHENTICATED", message, {"WWW-Authenticate": challenge})


class SignInRequired(Refusal):
    """Something that is for nobody without an account."""

    def __init__(self) -> None:
        message = "Sign in: send a token as Authorization: Bearer TOKEN."
        super().__init__(HTTPStatus.UNAUTHORIZED, "UNAUTHENTICATED", message, {"WWW-Authenticate": "Bearer"})


class BodyTooLarge(Refusal):
    """A body above the limit. The connection closes: what is left of the body is not read."""

    def __init__(self, limit: int) -> None:
        message = f"The body is larger than {limit} bytes."
        super().__init__(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "PAYLOAD_TOO_LARGE", message, {"Connection": "close"})


class TimedOut(Refusal):
    """A request that took longer than it may, to arrive (408) or to be answered (504)."""

    def __init__(self, status: HTTPStatus, seconds: float) -> None:
        what = "arrive" if status == HTTPStatus.REQUEST_TIMEOUT else "be answered"
        super().__init__(status, "TIMEOUT", f"The request took longer than {seconds:g} seconds to {what}.")


def error_body(refusal: Refusal, request_id: str) -> dict[str, Any]:
    """The refusal as a GraphQL answer."""
    extensions = {**refusal.extensions, "code": refusal.code, "requestId": request_id}
    return {"errors": [{"message": refusal.message, "extensions": extensions}]}


def refuse(refusal: Refusal, request_id: str, media_type: str = JSON) -> Response:
    """The answer that a refusal becomes."""
    body = orjson.dumps(error_body(refusal, request_id))
    headers = {"Cache-Control": "no-store"} | refusal.headers
    return Response(body, refusal.status, headers, media_type=media_type + CHARSET)
