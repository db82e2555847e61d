"""`GET /mails` and `/mails.json`: the emails of a development gateway, readable without a mail server.

Mail contains private data, such as links that confirm an address, so these routes must not exist outside development.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from html import escape
from http import HTTPStatus
from typing import Final, Protocol

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from transport.development import Development
from transport.http.plain_page import HEADERS, plain_page
from transport.refusal import Refusal

ARTICLE: Final = "<article><h2>{subject}</h2><p>to {address}, {time} ({status})</p><pre>{body}</pre></article>"


class ReadMail(Protocol):
    """The fields of an email that the page shows."""

    @property
    def to_address(self) -> str:
        """The recipient."""

    @property
    def subject(self) -> str:
        """The subject, in one line."""

    @property
    def body(self) -> str:
        """The body, as plain text."""

    @property
    def status(self) -> str:
        """The delivery status."""

    @property
    def created_at(self) -> datetime:
        """The time of writing."""


LoadMails = Callable[[], Awaitable[Sequence[ReadMail]]]


def mail_routes(*, development: Development, load_mails: LoadMails) -> list[BaseRoute]:
    """Return the routes of the page, or none outside development."""

    async def page(request: Request) -> Response:
        mails = "\n".join(_article(mail) for mail in await _loaded(request))
        explained = "<h1>Emails</h1>\n<p>Emails that this gateway wrote in development, newest first.</p>"
        return plain_page("Emails", f"{explained}\n{mails or '<p>No emails yet.</p>'}")

    async def listed(request: Request) -> Response:
        return JSONResponse([_facts(mail) for mail in await _loaded(request)], headers=HEADERS)

    async def _loaded(request: Request) -> Sequence[ReadMail]:
        reason = development.refusal(request)
        if reason is not None:
            raise Refusal(HTTPStatus.NOT_FOUND, "NOT_FOUND", reason)
        return await load_mails()

    return [Route("/mails", page), Route("/mails.json", listed)] if development.on else []


def _facts(mail: ReadMail) -> dict[str, str]:
    return {
        "to": mail.to_address,
        "subject": mail.subject,
        "body": mail.body,
        "status": mail.status,
        "createdAt": mail.created_at.isoformat(),
    }


def _article(mail: ReadMail) -> str:
    facts = {name: escape(value) for name, value in _facts(mail).items()}
    return ARTICLE.format(
        subject=facts["subject"], address=facts["to"], time=facts["createdAt"], status=facts["status"], body=facts["body"]
    )
