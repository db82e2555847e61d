"""The framed pages' headers: who can frame them, what runs in them, and that nothing of them is kept."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import httpx
import pytest
from starlette.applications import Starlette

from transport.http.frames import ELEMENTS, frame_routes

KIT: Final = Path(__file__).parents[2] / "portal" / "kit"
SITES: Final = {"ours": ("https://portal.partner.example", "https://b.example:8443")}


@pytest.fixture
async def pages() -> AsyncIterator[httpx.AsyncClient]:
    """A client of a gateway with these pages alone. One company has origins."""
    app = Starlette(routes=frame_routes(lambda company: SITES.get(company, ())))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as client:
        yield client


def policy_of(page: httpx.Response) -> dict[str, str]:
    """Return the page's security policy, by directive."""
    return {
        name: rest for name, _, rest in (part.partition(" ") for part in page.headers["content-security-policy"].split("; "))
    }


@pytest.mark.parametrize("element", ELEMENTS)
async def test_page_shows_its_element_and_runs_the_gateways_scripts_alone(pages: httpx.AsyncClient, element: str) -> None:
    """Neither inline code nor another host gets into a page."""
    page = await pages.get(f"/kit/v1/frame/{element}?company=ours")

    policy = policy_of(page)
    assert f"<body><crossgate-{element}></crossgate-{element}></body>" in page.text
    assert "'none'" == policy["default-src"] == policy["base-uri"] == policy["form-action"]
    assert "'self'" == policy["script-src"] == policy["style-src"] == policy["connect-src"]
    assert ("'script'", "lit-html") == (policy["require-trusted-types-for"], policy["trusted-types"])


async def test_only_the_companys_origins_can_frame_it(pages: httpx.AsyncClient) -> None:
    """They are in the policy and, for the page's script, in the page."""
    ours, other = [await pages.get(f"/kit/v1/frame/ports?company={company}") for company in ("ours", "other")]

    assert ["https://portal.partner.example https://b.example:8443", "'none'"] == [
        policy_of(page)["frame-ancestors"] for page in (ours, other)
    ]
    assert ["https://portal.partner.example https://b.example:8443", ""] == [
        match[1] for page in (ours, other) if (match := re.search('data-framing="([^"]*)"', page.text))
    ]


@pytest.mark.parametrize("query", ["", "?company=", "?company=%22%3E%3Cscript%3E", "?company=ours&company=other", "?locale=de"])
async def test_nobody_can_frame_a_page_without_a_known_company(pages: httpx.AsyncClient, query: str) -> None:
    """Status and page are those of a company without origins. Nothing of the query gets into the page."""
    unknown, page = await pages.get("/kit/v1/frame/ports?company=x"), await pages.get(f"/kit/v1/frame/ports{query}")

    assert (unknown.status_code, unknown.text, unknown.headers) == (page.status_code, page.text, page.headers)
    assert "'none'" == policy_of(page)["frame-ancestors"]


async def test_page_is_not_kept_and_tells_no_other_site(pages: httpx.AsyncClient) -> None:
    """An origin that is removed frames nothing more, and requests of the page don't name it."""
    headers = (await pages.get("/kit/v1/frame/ports?company=ours")).headers

    assert ("no-store", "no-referrer", "nosniff") == (
        headers["cache-control"],
        headers["referrer-policy"],
        headers["x-content-type-options"],
    )


@pytest.mark.parametrize("element", ["portal", "PORTS", "ports%22", "..%2Fkit.js", ""])
async def test_unknown_element_has_no_page(pages: httpx.AsyncClient, element: str) -> None:
    """Only elements of the kit have one."""
    assert 404 == (await pages.get(f"/kit/v1/frame/{element}")).status_code


def test_each_element_of_the_kit_has_a_page() -> None:
    """The list follows the kit's build."""
    manifest = json.loads((KIT / "dist" / "custom-elements.json").read_text("utf-8"))

    assert {f"crossgate-{name}" for name in ELEMENTS} == {each["tagName"] for each in manifest["modules"][0]["declarations"]}
