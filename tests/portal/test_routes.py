"""The portal's routes, without a browser: what is cached, what is refused, and who gets a token."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from transport.development import Development
from transport.http.portal import PortalViewer, portal_routes

HOST = "http://127.0.0.1:8000"
VIEWER = PortalViewer("admin@partner.example", "Partner")


async def issue_token(email: str) -> str | None:
    return "a-token" if email == VIEWER.email else None


def client(dist: Path, development: bool = True, base_url: str = HOST) -> httpx.AsyncClient:
    routes = portal_routes(dist=dist, development=Development(on=development), viewers=[VIEWER], sign_in=issue_token)
    return httpx.AsyncClient(transport=httpx.ASGITransport(Starlette(routes=routes)), base_url=base_url)


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    """A built page with one script."""
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<title>Crossgate</title>")
    (tmp_path / "assets" / "index-4f2a.js").write_text("start()")
    return tmp_path


@pytest.fixture
async def portal(dist: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with client(dist) as portal:
        yield portal


async def test_page_loads_nothing_from_other_hosts(portal: httpx.AsyncClient) -> None:
    """The page is never cached, and its content security policy names no other host."""
    page = await portal.get("/")

    policy = page.headers["content-security-policy"]
    assert (page.status_code, page.headers["cache-control"]) == (200, "no-cache")
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "http" not in policy
    assert "unsafe-eval" not in policy
    assert "script-src 'self';" in policy


async def test_script_is_cached_forever(portal: httpx.AsyncClient) -> None:
    """A script's name changes with its content, so a browser caches it forever."""
    script = await portal.get("/assets/index-4f2a.js")

    assert (script.status_code, script.text) == (200, "start()")
    assert "immutable" in script.headers["cache-control"]
    assert "javascript" in script.headers["content-type"]


@pytest.mark.parametrize(
    "name",
    [
        "gone.js",
        "..%2Findex.html",
        "%2e%2e",
        "..%2F..%2Fetc%2Fpasswd",
        ".",
        "%00",
        "index-4f2a.js%00",
        "%ff",
        "a" * 5000,
        "é" * 200,
    ],
)
async def test_only_assets_are_served(portal: httpx.AsyncClient, name: str) -> None:
    """Nothing outside the assets folder is served, and a script of an earlier build is not found."""
    assert (await portal.get(f"/assets/{name}")).status_code == 404


async def test_missing_page_says_how_to_build_it(tmp_path: Path) -> None:
    """A gateway without web assets still runs, and its page says what to do."""
    async with client(tmp_path / "dist") as portal:
        page = await portal.get("/")

    assert (page.status_code, page.text) == (503, "The web assets are not built. Run `make assets`.")


async def test_development_lists_its_viewers(portal: httpx.AsyncClient) -> None:
    """The gateway lists the viewers that the page can sign in as."""
    config = await portal.get("/portal/config")

    viewers = [{"email": "admin@partner.example", "label": "Partner"}]
    assert {"development": True, "endpoint": "/graphql", "viewers": viewers} == config.json()
    assert config.headers["cache-control"] == "no-store"


async def test_production_has_no_sign_in(dist: Path) -> None:
    """Outside development mode there is no list of viewers and no route that issues a token."""
    async with client(dist, development=False) as portal:
        config = await portal.get("/portal/config")
        answer = await portal.post("/portal/sign-in", json={"email": VIEWER.email})

    assert config.json() == {"development": False, "endpoint": "/graphql", "viewers": []}
    assert answer.status_code == 404


async def test_own_page_gets_a_token(portal: httpx.AsyncClient) -> None:
    """The gateway's own page, and a client that isn't a page, get a token that isn't cached."""
    body = {"email": VIEWER.email}
    answers = [
        await portal.post("/portal/sign-in", json=body, headers={"origin": HOST}),
        await portal.post("/portal/sign-in", json=body),
    ]

    assert [answer.json() for answer in answers] == [{"token": "a-token"}] * 2
    assert [answer.headers["cache-control"] for answer in answers] == ["no-store"] * 2


@pytest.mark.parametrize(
    ("base_url", "origin"),
    [
        (HOST, "https://evil.example"),
        (HOST, "http://127.0.0.1:9999"),
        (HOST, "null"),
        (HOST, "http://[::1"),
        ("http://evil.example:8000", "http://evil.example:8000"),
        ("http://127.0.0.1.evil.example", "http://127.0.0.1.evil.example"),
    ],
)
async def test_foreign_page_gets_no_token(dist: Path, base_url: str, origin: str) -> None:
    """Neither another origin nor a foreign host name that points here (DNS rebinding) gets a token."""
    async with client(dist, base_url=base_url) as portal:
        answer = await portal.post("/portal/sign-in", json={"email": VIEWER.email}, headers={"origin": origin})

    assert answer.status_code == 403
    assert list(answer.json()) == ["error"]


@pytest.mark.parametrize("host", ["localhost:8000", "app.localhost", "[::1]:8000", "192.168.1.20:8000"])
async def test_page_can_be_opened_by_any_name_without_dns(dist: Path, host: str) -> None:
    """localhost and IP addresses can't be rebound by another site."""
    async with client(dist, base_url=f"http://{host}") as portal:
        answer = await portal.post("/portal/sign-in", json={"email": VIEWER.email}, headers={"origin": f"http://{host}"})

    assert answer.status_code == 200


@pytest.mark.parametrize(
    "request_body",
    [
        {"content": b"email=admin@partner.example", "headers": {"content-type": "application/x-www-form-urlencoded"}},
        {"content": b'{"email": "admin@partner.example"}', "headers": {"content-type": "text/plain"}},
        {"content": b"{", "headers": {"content-type": "application/json"}},
        {"content": b"\xff", "headers": {"content-type": "application/json"}},
        {"json": ["admin@partner.example"]},
        {"json": {"email": 1}},
    ],
)
async def test_only_json_signs_in(portal: httpx.AsyncClient, request_body: dict[str, Any]) -> None:
    """A content type that a foreign page's form could send is refused, and so is a body without an email address."""
    answer = await portal.post("/portal/sign-in", **request_body)

    assert (answer.status_code, answer.json()) == (400, {"error": 'Send {"email": "..."} as application/json.'})


async def test_unknown_address_gets_no_token(portal: httpx.AsyncClient) -> None:
    """An email address without a user gets no token."""
    answer = await portal.post("/portal/sign-in", json={"email": "who@nowhere.example"})

    assert (answer.status_code, answer.json()) == (404, {"error": "No user has the email address who@nowhere.example."})


async def test_sign_in_is_never_a_link(portal: httpx.AsyncClient) -> None:
    """GET issues no token, because pages and browser histories repeat it on their own."""
    assert (await portal.get("/portal/sign-in")).status_code == 405
