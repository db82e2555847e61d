"""A request that has arrived: its headers and all of its body.

Rights can change while a slow body is on its way. So `Identity` names the viewer of an `ReceivedRequest` request only, and only `arrived`
makes one: a route cannot decide who asks before it has the whole request.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope

BODILESS: Final = ("GET", "HEAD")  # their bodies mean nothing, and nobody waits for them


@dataclass(frozen=True, slots=True)
class ReceivedRequest:
    """A request that is all here. Only `arrived` makes one."""

    scope: Scope
    body: bytes


async def receive_request(scope: Scope, receive: Receive) -> ReceivedRequest:
    """Wait until all of a request is here. Raises ClientDisconnect, and what `receive` raises."""
    chunks: list[bytes] = []
    more = scope["method"] not in BODILESS
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunks.append(message.get("body", b""))
        more = message.get("more_body", False)
    return ReceivedRequest(scope, b"".join(chunks))
