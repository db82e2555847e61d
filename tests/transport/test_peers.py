"""Peers: what counts as one peer, and which proxies may name the peer of a request."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send

from settings import InvalidSettings, Settings
from tests import plain_http
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
def test_peer_is_an_ipv4_address_or_an_ipv6_network(host: str, peer: str) -> None:
    """A peer is an IPv4 address or a 64-bit IPv6 network. Everything else is one unknown peer."""
    assert peer == peer_of({"type": "http", "client": (host, 1)})


def test_request_without_an_address_has_the_unknown_peer() -> None:
    """A server doesn't always know where a request comes from."""
    assert [UNKNOWN, UNKNOWN] == [peer_of({"type": "http", "client": None}), peer_of({"type": "http"})]


def test_only_configured_proxies_are_trusted() -> None:
    """The configured addresses and networks are trusted, and nothing else."""
    proxies = Proxies(("10.0.0.0/8", "192.0.2.7", "fd00::/8"))

    trusted = {host: proxies.trusts(host) for host in ("10.1.2.3", "192.0.2.7", "fd00::1", "192.0.2.8", "::1", "", "proxy")}

    assert ["10.1.2.3", "192.0.2.7", "fd00::1"] == [host for host, is_trusted in trusted.items() if is_trusted]
    assert not Proxies(()).trusts("127.0.0.1")


@pytest.mark.parametrize("wrong", ["*", "proxy.example", "10.0.0.1/8", "10.0.0.0/33", "127.0.0.1,*"])
def test_invalid_proxy_stops_the_start(wrong: str) -> None:
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
    ids=["none trusted", "another trusted", "Forwarded", "X-Real-IP", "forged before the last", "trusted", "two proxies"],
)
def test_only_a_trusted_proxy_names_the_peer(
    settings: Settings, tokens: Tokens, trusted: tuple[str, ...], sent: dict[str, str], shared: bool
) -> None:
    """Two visitors behind a proxy share a quota, unless the proxy is trusted and adds each of them last."""
    own = settings.model_copy(update={"trusted_proxies": trusted, "cost_per_peer": 100})

    with running(make_app(own, tokens), own) as url:
        answers = [
            _post(url, {name: value.format(peer) for name, value in sent.items()}) for peer in ("192.0.2.1", "192.0.2.2")
        ]

    assert [200, 429 if shared else 200] == answers


def _post(url: str, headers: dict[str, Any]) -> int:
    return plain_http.post(f"{url}/graphql", json=QUERY, headers=headers).status_code


def test_no_proxy_is_trusted_by_default(tmp_path: Path) -> None:
    """Proxies are trusted only if the settings name them."""
    assert () == Settings(data_dir=tmp_path).trusted_proxies


@pytest.mark.parametrize("kind", ["http", "websocket"])
async def test_peer_is_available_during_its_request(kind: str) -> None:
    """Code below the middleware can read the peer for either protocol, and each request sees its own."""
    seen = []

    async def app(_scope: Scope, _receive: Receive, _send: Send) -> None:
        seen.append(PEER.get())

    async def unused(*_: object) -> None:
        """Never called."""

    for host in ("203.0.113.7", "203.0.113.8"):
        await Peers(app)({"type": kind, "client": (host, 1)}, unused, unused)  # type: ignore[arg-type]

    assert ["203.0.113.7", "203.0.113.8"] == seen
