"""The page of mails: in development alone, for this machine alone, and nothing in a mail is ever more than text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

import server
from settings import Settings
from transport.development import Development
from transport.http.captured_mails import STYLE, mail_routes


@dataclass(frozen=True)
class Sample:
    """A mail."""

    to_address: str = "user@sample.example"
    subject: str = "Sample"
    body: str = "Sample text."
    status: str = "KEPT"
    created_at: datetime = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


def client(*mails: Sample) -> httpx.AsyncClient:
    """A browser before a gateway in development that has these mails."""

    async def load_mails() -> Sequence[Sample]:
        return mails

    app = Starlette(routes=mail_routes(development=Development(on=True), load_mails=load_mails))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost:8000")


async def test_the_page_lists_mails_as_text() -> None:
    """Subject, recipient, time and text, none of which can be markup."""
    hostile = "<script>alert(1)</script>&\"'"
    async with client(Sample(), Sample(hostile, hostile, hostile)) as browser:
        answer = await browser.get("/mails")

    escaped = "&lt;script&gt;alert(1)&lt;/script&gt;&amp;&quot;&#x27;"
    time = "2026-11-21T09:30:00+00:00"
    assert 200 == answer.status_code
    assert f"<h2>Sample</h2><p>to user@sample.example, {time} (KEPT)</p><pre>Sample text.</pre>" in answer.text
    assert f"<h2>{escaped}</h2><p>to {escaped}, {time} (KEPT)</p><pre>{escaped}</pre>" in answer.text
    assert "<script" not in answer.text


async def test_the_page_allows_nothing_but_its_own_style() -> None:
    """Its Content-Security-Policy forbids scripts, frames, forms and everything from elsewhere; nothing keeps the page."""
    async with client() as browser:
        answer = await browser.get("/mails")

    policy = answer.headers["Content-Security-Policy"]
    assert f"<style>{STYLE}</style>" in answer.text
    assert "default-src 'none'; style-src 'sha256-" in policy
    assert "unsafe" not in policy
    assert "no-store" == answer.headers["Cache-Control"]


async def test_mails_come_as_json_too() -> None:
    """For scripts that follow a link of a mail."""
    async with client(Sample()) as browser:
        answer = await browser.get("/mails.json")

    known = {"to": "user@sample.example", "subject": "Sample", "body": "Sample text.", "status": "KEPT"}
    assert [{**known, "createdAt": "2026-11-21T09:30:00+00:00"}] == answer.json()


@pytest.mark.parametrize("path", ["/mails", "/mails.json"])
@pytest.mark.parametrize("development", [True, False])
async def test_there_are_mails_in_development_only(demo_url: str, tmp_path: Path, path: str, *, development: bool) -> None:
    """The gateway has the page in development, and outside it nothing is there."""
    app = server.build(Settings(data_dir=tmp_path, database_url=demo_url, development=development, log_level="ERROR"))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as browser:
        here, elsewhere = await browser.get(path), await browser.get(path, headers={"Host": "gateway.example"})
    await app.state.services.close()

    expected = [200, 404] if development else [404, 404]
    assert expected == [here.status_code, elsewhere.status_code]
