"""The account pages' routes, without a browser: what may run in them, and that none is stored or changes anything."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import httpx
import pytest
from starlette.applications import Starlette

from transport.http.account_pages import PAGES, account_routes

PORTAL: Final = Path(__file__).parents[2] / "portal"
INPUT: Final = re.compile(r"<input\b[^>]*>")
ATTRIBUTE: Final = re.compile(r'([\w-]+)="([^"]*)"')


def client(dist: Path) -> httpx.AsyncClient:
    """A client of a gateway with these pages alone."""
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(Starlette(routes=account_routes(dist=dist))), base_url="http://gateway"
    )


@pytest.fixture
async def pages(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """All pages, as if they were built."""
    (tmp_path / "account").mkdir()
    for name in PAGES:
        (tmp_path / "account" / f"{name}.html").write_text(f"<title>{name}</title>")
    async with client(tmp_path) as pages:
        yield pages


@pytest.mark.parametrize("name", PAGES)
async def test_page_runs_its_own_scripts_alone(pages: httpx.AsyncClient, name: str) -> None:
    """Neither inline code nor another host gets into a page, and no form leaves it without its script."""
    page = await pages.get(f"/account/{name}?token=K7Q2")

    policy = dict(part.split(" ", 1) for part in page.headers["content-security-policy"].split("; "))
    assert (page.status_code, page.text) == (200, f"<title>{name}</title>")
    assert {policy[part] for part in ("default-src", "base-uri", "form-action", "frame-ancestors")} == {"'none'"}
    assert {policy[part] for part in ("script-src", "style-src", "connect-src")} == {"'self'"}
    assert (policy["img-src"], policy["require-trusted-types-for"]) == ("data:", "'script'")


@pytest.mark.parametrize("name", PAGES)
async def test_code_in_the_link_is_not_passed_on(pages: httpx.AsyncClient, name: str) -> None:
    """The URL contains a code, so no cache keeps the page, and no other site learns its address."""
    headers = (await pages.get(f"/account/{name}?token=K7Q2")).headers

    assert (headers["cache-control"], headers["referrer-policy"]) == ("no-store", "no-referrer")


async def test_form_is_never_sent_to_the_page(pages: httpx.AsyncClient) -> None:
    """A page without its script, or an unknown page, does nothing."""
    assert [405, 404] == [
        (await pages.post("/account/sign-in", data={"password": "secret"})).status_code,
        (await pages.get("/account/index.html")).status_code,
    ]


async def test_missing_page_says_how_to_build_it(tmp_path: Path) -> None:
    """A gateway without web assets still runs."""
    async with client(tmp_path) as pages:
        page = await pages.get("/account/sign-in")

    assert (page.status_code, page.text) == (503, "The web assets are not built. Run `make assets`.")


def password_fields() -> list[dict[str, str]]:
    """Return the attributes of all password fields in the pages' sources."""
    sources = [(PORTAL / "account" / f"{name}.html").read_text("utf-8") for name in PAGES]
    fields = [dict(ATTRIBUTE.findall(tag)) for source in sources for tag in INPUT.findall(source)]
    return [field for field in fields if "password" in field["id"] or "password" in field["name"]]


def test_password_fields_hide_what_is_typed() -> None:
    """In each of the four pages, and in both forms of an invitation."""
    assert ["password"] * 5 == [field["type"] for field in password_fields()]


def test_password_managers_and_pasting_work() -> None:
    """Each field says which password it's for, and no script looks at what is pasted. Inline scripts don't run."""
    scripts = [path.read_text("utf-8") for path in (PORTAL / "src" / "account").glob("*.ts")]

    assert {"new-password", "current-password"} == {field["autocomplete"] for field in password_fields()}
    assert scripts
    assert [] == [script for script in scripts if re.search(r"paste|beforeinput|keydown", script)]
