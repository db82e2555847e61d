"""The captured mail page: only in development, only for this machine, and mail content is always text, never markup."""

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
from transport.http.captured_mails import mail_routes
from transport.http.plain_page import STYLE


@dataclass(frozen=True)
class SampleMail:
    """A captured mail."""

    to_address: str = "user@sample.example"
    subject: str = "Sample"
    body: str = "Sample text."
    status: str = "KEPT"
    created_at: datetime = datetime(2026, 11, 21, 9, 30, tzinfo=UTC)


def client(*mails: SampleMail) -> httpx.AsyncClient:
    """A browser of a gateway in development that has captured these emails."""

    async def load_mails() -> Sequence[SampleMail]:
        return mails

    app = Starlette(routes=mail_routes(development=Development(on=True), load_mails=load_mails))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost:8000")


async def test_page_lists_mails_as_text() -> None:
    """The page shows subject, recipient, time and body, and escapes markup in all of them."""
    hostile = "<script>alert(1)</script>&\"'"
    async with client(SampleMail(), SampleMail(hostile, hostile, hostile)) as browser:
        answer = await browser.get("/mails")

    escaped = "&lt;script&gt;alert(1)&lt;/script&gt;&amp;&quot;&#x27;"
    time = "2026-11-21T09:30:00+00:00"
    assert 200 == answer.status_code
    assert f"<h2>Sample</h2><p>to user@sample.example, {time} (KEPT)</p><pre>Sample text.</pre>" in answer.text
    assert f"<h2>{escaped}</h2><p>to {escaped}, {time} (KEPT)</p><pre>{escaped}</pre>" in answer.text
    assert "<script" not in answer.text


async def test_page_allows_only_its_own_style() -> None:
    """The Content-Security-Policy forbids scripts, frames, forms and anything external, and the page isn't cached."""
    async with client() as browser:
        answer = await browser.get("/mails")

    policy = answer.headers["Content-Security-Policy"]
    assert f"<style>{STYLE}</style>" in answer.text
    assert "default-src 'none'; style-src 'sha256-" in policy
    assert "unsafe" not in policy
    assert "no-store" == answer.headers["Cache-Control"]


async def test_mails_are_available_as_json() -> None:
    """Scripts can read the emails as JSON, to follow a link in one."""
    async with client(SampleMail()) as browser:
        answer = await browser.get("/mails.json")

    mail = {"to": "user@sample.example", "subject": "Sample", "body": "Sample text.", "status": "KEPT"}
    assert [{**mail, "createdAt": "2026-11-21T09:30:00+00:00"}] == answer.json()


@pytest.mark.parametrize("path", ["/mails", "/mails.json"])
@pytest.mark.parametrize("development", [True, False])
async def test_mail_page_exists_in_development_only(demo_url: str, tmp_path: Path, path: str, *, development: bool) -> None:
    """The gateway serves the page in development and answers 404 otherwise."""
    app = server.build(Settings(data_dir=tmp_path, database_url=demo_url, development=development, log_level="ERROR"))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as browser:
        local, remote = await browser.get(path), await browser.get(path, headers={"Host": "gateway.example"})
    await app.state.services.close()

    expected = [200, 404] if development else [404, 404]
    assert expected == [local.status_code, remote.status_code]
