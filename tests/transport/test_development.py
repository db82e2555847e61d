"""What only development serves is for the gateway's own machine: tokens of any user, everybody's mails, the sign-in menu."""

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
from commands.serve import Demo, prepare
from settings import Settings
from transport.development import SETTING, Development, is_loopback, warning
from transport.http.captured_mails import ReadMail, mail_routes
from transport.http.portal import PortalViewer, portal_routes
from transport.refusal import Refusal, refuse

ALL: Final = "0.0.0.0"  # noqa: S104 (the point of these tests)
HERE = ["127.0.0.1", "127.8.9.1", "::1", "::ffff:127.0.0.1", "::ffff:7f00:1"]
ELSEWHERE = ["192.168.1.20", "10.0.0.7", ALL, "::", "::ffff:10.0.0.7", "2001:db8::1", "fe80::1%eth0", "", "unix"]
PROXIES = ["Forwarded", "X-Forwarded-For", "x-forwarded-host", "X-Forwarded-Proto", "Via", "X-Real-IP", "CF-Connecting-IP"]
ROUTES = [("GET", "/mails"), ("GET", "/mails.json"), ("POST", "/portal/sign-in")]


def settings(data_dir: Path, **more: Any) -> Settings:
    """Settings of a gateway in development that listens on all addresses."""
    return Settings(data_dir=data_dir, development=True, host=ALL, **more)


async def token_of(_email: str) -> str:
    """Somebody's token."""
    return "a-token"


async def no_mails() -> Sequence[ReadMail]:
    """An outbox without mails."""
    return []


def routes(development: Development) -> Starlette:
    """All that only development serves, and nothing else."""
    viewers = [PortalViewer("user@sample.example", "User")]
    portal = portal_routes(dist=Path(), development=development, viewers=viewers, sign_in=token_of)
    return Starlette(
        routes=[*mail_routes(development=development, load_mails=no_mails), *portal], exception_handlers={Refusal: refused}
    )


async def refused(_request: Request, error: Exception) -> Response:
    """A refusal as the gateway writes it."""
    return refuse(cast("Refusal", error), "")


async def answers(app: Starlette, peer: str, **headers: str) -> list[int]:
    """The statuses of all that only development serves, and whether the page learns of its viewers, for a peer."""
    transport = httpx.ASGITransport(app, client=(peer, 4321))
    async with httpx.AsyncClient(transport=transport, base_url="http://192.168.1.20:8000", headers=headers) as client:
        mails = [(await client.get(path)).status_code for path in ("/mails", "/mails.json")]
        signed_in = await client.post("/portal/sign-in", json={"email": "user@sample.example"})
        config = (await client.get("/portal/config")).json()
    assert config["development"] == bool(config["viewers"])
    assert ("token" in signed_in.text) == (signed_in.status_code == 200)
    return [*mails, signed_in.status_code, int(config["development"])]


@pytest.mark.parametrize("peer", HERE)
async def test_this_machine_is_served(peer: str) -> None:
    """Whoever is connected from a loopback address, of IPv4 or IPv6, has the page, its viewers, their tokens and their mails."""
    assert [200, 200, 200, 1] == await answers(routes(Development(on=True)), peer)


@pytest.mark.parametrize("peer", ELSEWHERE)
async def test_no_other_machine_is_served(peer: str) -> None:
    """An IP address as `Host` does not help a peer that is not this machine."""
    assert [404, 404, 403, 0] == await answers(routes(Development(on=True)), peer)


@pytest.mark.parametrize("header", PROXIES)
async def test_nobody_is_served_through_a_proxy(header: str) -> None:
    """A proxy on this machine has a loopback address, and the whole world behind it."""
    assert [404, 404, 403, 0] == await answers(routes(Development(on=True)), "127.0.0.1", **{header: "x"})


async def test_a_switch_serves_everybody() -> None:
    """Whoever sets it trusts the network; pages of other sites still get nothing."""
    app = routes(Development(on=True, trusts_the_network=True))

    assert [200, 200, 200, 1] == await answers(app, "10.0.0.7")
    assert [404, 404, 403, 1] == await answers(app, "10.0.0.7", Origin="https://evil.example")


async def test_the_switch_alone_is_nothing() -> None:
    """Without development mode there is nothing to serve."""
    assert [404, 404, 404, 0] == await answers(routes(Development(trusts_the_network=True)), "127.0.0.1")


async def test_the_gateway_serves_its_own_machine(demo_url: str, tmp_path: Path) -> None:
    """All of it together, with the settings that say so."""
    app = server.build(settings(tmp_path, database_url=demo_url, log_level="ERROR"))

    here, elsewhere = await answers(app, "::1"), await answers(app, "10.0.0.7")
    await app.state.services.close()

    assert [200, 200, 404, 1] == here  # nobody has that address
    assert [404, 404, 403, 0] == elsewhere


def test_whoever_starts_it_is_warned(tmp_path: Path) -> None:
    """Of an address that others reach, and of the switch above all; a loopback address is no news."""
    reachable = settings(tmp_path)
    trusting = reachable.model_copy(update={"development_trusts_the_network": True})

    assert f"To allow other machines, including containers, set {SETTING}=true." in str(warning(reachable))
    assert "anyone who can reach 0.0.0.0:8000 can sign in as any user" in str(warning(trusting))
    assert [None] * 3 == [warning(trusting.model_copy(update={"host": host})) for host in ("127.0.0.1", "::1", "localhost")]
    assert warning(trusting.model_copy(update={"development": False})) is None


async def test_the_warning_is_printed_and_logged(demo_url: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It is among the lines that the start prints, and in the log."""
    reachable = settings(tmp_path, database_url=demo_url)

    await server.build(reachable).state.services.close()
    logged = capsys.readouterr().err
    printed = await prepare(reachable, Demo.NONE)

    assert str(warning(reachable)) in printed
    assert "development.reachable" in logged


def test_loopback_is_this_machine_only() -> None:
    """Names other than localhost are none, for they are looked up."""
    assert [True] * 7 == [is_loopback(host) for host in (*HERE, "localhost", "[::1]")]
    assert [False] * len(ELSEWHERE) == [is_loopback(host) for host in ELSEWHERE]
    assert not is_loopback("localhost.evil.example")
