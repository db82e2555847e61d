"""Peers: what counts as one, and which proxies may say that a request comes from another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from settings import InvalidSettings, Settings
from tests.transport.gateway import make_app, running
from transport.authentication.tokens import Tokens
from transport.limits.peers import PEER, UNKNOWN, Peers, Proxies, peer_of

QUERY = {"query": "{ hello }"}


@pytest.mark.parametrize(
    ("host", "peer"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:0DB8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", UNKNOWN),
        ("localhost", UNKNOWN),
        ("192.0.2.7.1", UNKNOWN),
        ("1" * 5000, UNKNOWN),
    ],
)
def test_what_counts_as_one_peer(host: str, peer: str) -> None:
    """An IPv4 address is one, an IPv6 network of 64 bits is one, and everything that is no address is one together."""
    assert peer == peer_of({"type": "http", "client": (host, 1)})


def test_a_request_without_an_address_is_of_the_unknown_peer() -> None:
    """A server may not know where a request comes from."""
    assert [UNKNOWN, UNKNOWN] == [peer_of({"type": "http", "client": None}), peer_of({"type": "http"})]


def test_which_proxies_are_trusted() -> None:
    """Addresses and networks are trusted, and nothing else is."""
    proxies = Proxies(("10.0.0.0/8", "192.0.2.7", "fd00::/8"))

    trusted = {host: proxies.trusts(host) for host in ("10.1.2.3", "192.0.2.7", "fd00::1", "192.0.2.8", "::1", "", "proxy")}

    assert ["10.1.2.3", "192.0.2.7", "fd00::1"] == [host for host, is_trusted in trusted.items() if is_trusted]
    assert not Proxies(()).trusts("127.0.0.1")


@pytest.mark.parametrize("wrong", ["*", "proxy.example", "10.0.0.1/8", "10.0.0.0/33", "127.0.0.1,*"])
def test_a_proxy_that_is_no_address_stops_the_start(wrong: str) -> None:
    """A name or a wildcard is refused, and the message names the setting."""
    with pytest.raises(InvalidSettings) as refused:
        Settings.load(trusted_proxies=wrong)

    assert "CROSSGATE_TRUSTED_PROXIES: must be addresses or networks" in str(refused.value)


@pytest.mark.parametrize(
    ("trusted", "sent", "shared"),
    [
        ((), {"X-Forwarded-For": "{}"}, True),
        (("10.0.0.0/8",), {"X-Forwarded-For": "{}"}, True),
        (("127.0.0.0/8",), {"Forwarded": "for={}"}, True),
        (("127.0.0.0/8",), {"X-Real-IP": "{}"}, True),
        (("127.0.0.0/8",), {"X-Forwarded-For": "{}, 192.0.2.99"}, True),
        (("127.0.0.0/8",), {"X-Forwarded-For": "{}"}, False),
        (("127.0.0.1",), {"X-Forwarded-For": "198.51.100.1, {}, 127.0.0.1"}, False),
    ],
    ids=["nobody trusted", "another trusted", "Forwarded", "X-Real-IP", "made up before the last", "trusted", "two proxies"],
)
def test_only_a_trusted_proxy_says_who_the_peer_is(
    settings: Settings, tokens: Tokens, trusted: tuple[str, ...], sent: dict[str, str], shared: bool
) -> None:
    """Two visitors behind a proxy share a quota, unless the proxy is trusted and names each as the last that it saw."""
    bound = settings.model_copy(update={"trusted_proxies": trusted, "cost_per_peer": 100})

    with running(make_app(bound, tokens), bound) as url:
        answers = [_ask(url, {name: value.format(peer) for name, value in sent.items()}) for peer in ("192.0.2.1", "192.0.2.2")]

    assert [200, 429 if shared else 200] == answers


def _ask(url: str, headers: dict[str, Any]) -> int:
    return httpx.post(f"{url}/graphql", json=QUERY, headers=headers, trust_env=False).status_code


def test_no_address_is_believed_by_default(tmp_path: Path) -> None:
    """Proxies are trusted only where the settings name them."""
    assert () == Settings(data_dir=tmp_path).trusted_proxies


@pytest.mark.parametrize("kind", ["http", "websocket"])
async def test_the_peer_is_known_while_it_is_answered(kind: str) -> None:
    """Code below the middleware can ask for the peer, whatever the protocol; each request sees its own."""
    seen = []

    async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
        seen.append(PEER.get())

    async def nothing(*_: object) -> None:
        """Is not called."""

    for host in ("203.0.113.7", "203.0.113.8"):
        await Peers(app)({"type": kind, "client": (host, 1)}, nothing, nothing)  # type: ignore[arg-type]

    assert ["203.0.113.7", "203.0.113.8"] == seen
