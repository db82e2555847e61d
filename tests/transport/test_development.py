"""Development features are served to the gateway's own machine only: sign-in as any user, all emails, the sign-in menu."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, cast

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

import server
from commands.demo.scales import SampleMarket
from commands.work.serve import prepare_database
from settings import Settings
from transport.development import SETTING, Development, is_loopback, warning
from transport.http.captured_mails import ReadMail, mail_routes
from transport.http.portal import PortalViewer, portal_routes
from transport.refusal import Refusal, refuse

ALL: Final = "0.0.0.0"  # noqa: S104 (these tests are about it)
LOCAL = ["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1", "::ffff:7f00:1"]
REMOTE = ["192.168.1.20", "10.0.0.7", ALL, "::", "::ffff:10.0.0.7", "2001:db8::1", "fe80::1%eth0", "", "unix"]
PROXIES = ["Forwarded", "X-Forwarded-For", "x-forwarded-host", "X-Forwarded-Proto", "Via", "X-Real-IP", "CF-Connecting-IP"]
ROUTES = [("GET", "/mails"), ("GET", "/mails.json"), ("POST", "/portal/sign-in")]


def settings(data_dir: Path, **more: Any) -> Settings:
    """Settings of a gateway in development that listens on all addresses."""
    return Settings(data_dir=data_dir, development=True, host=ALL, **more)


async def issue_token(_email: str) -> str:
    """Return a token."""
    return "a-token"


async def no_mails() -> Sequence[ReadMail]:
    """Load an empty outbox."""
    return []


def routes(development: Development) -> Starlette:
    """An application with the development routes only."""
    viewers = [PortalViewer("user@sample.example", "User")]
    portal = portal_routes(dist=Path(), development=development, viewers=viewers, sign_in=issue_token)
    return Starlette(
        routes=[*mail_routes(development=development, load_mails=no_mails), *portal], exception_handlers={Refusal: refused}
    )


async def refused(_request: Request, error: Exception) -> Response:
    """Render a refusal as the gateway does."""
    return refuse(cast("Refusal", error), "")


async def probe(app: Starlette, peer: str, **headers: str) -> list[int]:
    """Request every development feature as a peer.

    Returns the statuses of the mail page, its JSON and the sign-in, then 1 if the portal learns the demo viewers, else 0.
    """
    transport = httpx.ASGITransport(app, client=(peer, 4321))
    async with httpx.AsyncClient(transport=transport, base_url="http://192.168.1.20:8000", headers=headers) as client:
        mails = [(await client.get(path)).status_code for path in ("/mails", "/mails.json")]
        signed_in = await client.post("/portal/sign-in", json={"email": "user@sample.example"})
        config = (await client.get("/portal/config")).json()
    assert config["development"] == bool(config["viewers"])
    assert ("token" in signed_in.text) == (signed_in.status_code == 200)
    return [*mails, signed_in.status_code, int(config["development"])]


@pytest.mark.parametrize("peer", LOCAL)
async def test_local_machine_is_served(peer: str) -> None:
    """A peer with an IPv4 or IPv6 loopback address gets the emails, the demo viewers and their tokens."""
    assert [200, 200, 200, 1] == await probe(routes(Development(on=True)), peer)


@pytest.mark.parametrize("peer", REMOTE)
async def test_other_machines_are_not_served(peer: str) -> None:
    """A peer that isn't this machine gets nothing, even with an IP address as `Host`."""
    assert [404, 404, 403, 0] == await probe(routes(Development(on=True)), peer)


@pytest.mark.parametrize("header", PROXIES)
async def test_proxied_requests_are_not_served(header: str) -> None:
    """A local proxy has a loopback address, but its clients can be anywhere."""
    assert [404, 404, 403, 0] == await probe(routes(Development(on=True)), "127.0.0.1", **{header: "x"})


async def test_trusting_the_network_serves_everyone() -> None:
    """With the network trusted, every machine is served. Pages of other sites still get nothing."""
    app = routes(Development(on=True, trusts_the_network=True))

    assert [200, 200, 200, 1] == await probe(app, "10.0.0.7")
    assert [404, 404, 403, 1] == await probe(app, "10.0.0.7", Origin="https://evil.example")


async def test_trusting_the_network_needs_development_mode() -> None:
    """Without development mode, trusting the network has no effect."""
    assert [404, 404, 404, 0] == await probe(routes(Development(trusts_the_network=True)), "127.0.0.1")


async def test_gateway_serves_its_own_machine(demo_url: str, tmp_path: Path) -> None:
    """The whole gateway serves development features to its own machine only."""
    app = server.build(settings(tmp_path, database_url=demo_url, log_level="ERROR"))

    local, remote = await probe(app, "::1"), await probe(app, "10.0.0.7")
    await app.state.services.close()

    assert [200, 200, 404, 1] == local  # no user has that email address
    assert [404, 404, 403, 0] == remote


def test_reachable_development_gateway_warns(tmp_path: Path) -> None:
    """A listening address that others can reach is warned about, and so is a trusted network. A loopback address isn't."""
    reachable = settings(tmp_path)
    trusting = reachable.model_copy(update={"development_trusts_the_network": True})

    assert f"To allow other machines, including containers, set {SETTING}=true." in str(warning(reachable))
    assert "anyone who can reach 0.0.0.0:8000 can sign in as any user" in str(warning(trusting))
    assert [None] * 3 == [warning(trusting.model_copy(update={"host": host})) for host in ("127.0.0.1", "::1", "localhost")]
    assert warning(trusting.model_copy(update={"development": False})) is None


async def test_warning_is_printed_and_logged(demo_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The warning is among the startup lines and in the log."""
    reachable = settings(tmp_path, database_url=demo_url)

    await server.build(reachable).state.services.close()
    logged = capsys.readouterr().err
    printed = await prepare_database(reachable, SampleMarket.NONE)

    assert str(warning(reachable)) in printed
    assert "development.reachable" in logged


def test_only_loopback_addresses_are_local() -> None:
    """Names other than localhost aren't loopback, because resolving them needs a lookup."""
    assert [True] * 7 == [is_loopback(host) for host in (*LOCAL, "localhost", "[::1]")]
    assert [False] * len(REMOTE) == [is_loopback(host) for host in REMOTE]
    assert not is_loopback("localhost.evil.example")
