"""The policy for people, which a gateway in development serves to its own machine."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

import server
from tests import plain_http
from tests.conftest import Gateway
from transport.development import Development
from transport.http.policy_files import policy_routes

RULES = "/portal/policies/port.polar"
MATRIX = "/portal/policy-matrix"


async def fetch(url: str, path: str) -> httpx.Response:
    """Fetch a page of a gateway."""
    async with plain_http.client(base_url=url) as client:
        return await client.get(path)


async def test_rules_are_shown_with_anchors_of_their_lines(gateway: Gateway) -> None:
    """A link to a rule leads to its line. The page has no script."""
    page = await fetch(gateway.url, RULES)
    source = (server.POLICIES / "port.polar").read_text("utf-8").splitlines()

    assert (200, "text/html; charset=utf-8") == (page.status_code, page.headers["content-type"])
    assert f'id="L{len(source)}"' in page.text
    assert "script-src" not in page.headers["content-security-policy"]
    assert "default-src 'none'" in page.headers["content-security-policy"]


async def test_matrix_is_served(gateway: Gateway) -> None:
    """It's the file in the documentation."""
    page = await fetch(gateway.url, MATRIX)

    assert (200, server.MATRIX.read_text("utf-8")) == (page.status_code, page.text)


@pytest.mark.parametrize("name", ["nothing.polar", "..%2Fserver.py", "policy.py", "%2e%2e%2fsettings.py"])
async def test_only_policy_files_are_served(gateway: Gateway, name: str) -> None:
    """A name never becomes part of a path."""
    page = await fetch(gateway.url, f"/portal/policies/{name}")

    assert (404, "NOT_FOUND") == (page.status_code, page.json()["errors"][0]["extensions"]["code"])


def test_nothing_is_served_outside_development() -> None:
    """A production gateway has no such route."""
    assert [] == policy_routes(development=Development(on=False), policies=server.POLICIES, matrix=server.MATRIX)


async def test_other_machines_get_nothing() -> None:
    """Development features are for this machine only."""
    routes = policy_routes(development=Development(on=True), policies=Path(server.POLICIES), matrix=server.MATRIX)
    transport = httpx.ASGITransport(Starlette(routes=routes), client=("203.0.113.9", 1), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway.example") as client:
        statuses = [(await client.get(path)).status_code for path in (RULES, MATRIX)]

    assert 200 not in statuses
