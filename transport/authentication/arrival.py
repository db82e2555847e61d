"""A request that has arrived completely: its headers and its whole body.

Rights can change while a slow body is arriving. So `Identity` returns the viewer of a `ReceivedRequest` only, and only
`receive_request` creates one: no route can decide on a viewer's rights before it has the whole request.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope

BODILESS: Final = ("GET", "HEAD")  # their bodies have no meaning, so the gateway doesn't wait for them


class ReceivedRequest(NamedTuple):
    """A request that has arrived completely. Only `receive_request` creates one."""

    scope: Scope
    body: bytes


async def receive_request(scope: Scope, receive: Receive) -> ReceivedRequest:
    """Wait for the whole request. Raises ClientDisconnect, and whatever `receive` raises."""
    chunks: list[bytes] = []
    more = scope["method"] not in BODILESS
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunks.append(message.get("body", b""))
        more = message.get("more_body", False)
    return ReceivedRequest(scope, b"".join(chunks))
