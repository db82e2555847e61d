"""Peers: who sends a request, as far as the network says."""

from __future__ import annotations

import pytest
from starlette.types import Receive, Scope, Send

from transport.peers import PEER, Peers, peer_of


@pytest.mark.parametrize(
    ("client", "peer"),
    [
        (("203.0.113.7", 4711), "203.0.113.7"),
        (("::ffff:203.0.113.7", 4711), "203.0.113.7"),
        (("2001:db8:1:2:3:4:5:6", 4711), "2001:db8:1:2::/64"),
        (("fe80::1%eth0", 4711), "fe80::/64"),
        (("testclient", 50000), None),
        (("", 0), None),
        (None, None),
    ],
)
def test_a_peer_is_an_address_or_the_network_that_somebody_has(client: tuple[str, int] | None, peer: str | None) -> None:
    """Whoever has an IPv6 network has all addresses in it; what the server does not know is nobody's address."""
    assert peer == peer_of({"type": "http", "client": client})


@pytest.mark.parametrize("kind", ["http", "websocket"])
async def test_the_peer_is_known_while_it_is_answered(kind: str) -> None:
    """By whatever way it comes, and not afterwards."""
    seen = []

    async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
        seen.append(PEER.get())

    async def nothing(*_: object) -> None:
        """Neither asked nor told."""

    await Peers(app)({"type": kind, "client": ("203.0.113.7", 1)}, nothing, nothing)  # type: ignore[arg-type]

    assert (["203.0.113.7"], None) == (seen, PEER.get())
