"""Mail headers: any text arrives unchanged in a single header, over a real mail server."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import replace
from email import message_from_bytes
from email.header import decode_header, make_header
from email.policy import compat32
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from resolvers.notifying.notifications import Message
from resolvers.notifying.outbox import MailRejected, Outgoing
from resolvers.values.text import is_line
from tests.decoding import decoded, headers_of
from tests.mailbox import Mailbox, mail_server
from tests.transport.test_smtp import MAIL, SENDER
from transport.smtp import SmtpMailer

NAMES: Final = [
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "Content-Type",
    "Content-Transfer-Encoding",
    "MIME-Version",
]
SMUGGLED: Final = "=?utf-8?q?x=0D=0AContent-Type:_text/html=0D=0A=0D=0A<a_href=3D//evil.example>Sign_in</a><!--?="
TEXTS: Final = (
    SMUGGLED,
    f"Inquiry about {SMUGGLED} from {SMUGGLED}",
    "=?utf-8?b?DQpCY2M6IGFAYi5leGFtcGxl?=",
    "=?iso-8859-1?q?=0ABcc:a@b.example?= =?utf-8?q??=",
    "a=?=?utf-8?q?b?=",
    "Côte d'Ivoire",
    "Renée Élysée",
    "Renée  Élysée ",
    " é é ",
    "北京电信 有限公司",
    "👩‍👩‍👧‍👦" * 20,
    "é" * 200,
    "x" * 200,
    "word " * 40,
    "trailing ",
    "",
    " ",
    "?=",
    "Subject: Bcc: a@b.example",
)
CHARACTERS: Final = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
ANY_TEXT: Final = st.text(st.one_of(CHARACTERS, st.sampled_from("=?_ \r\néx\u0085\u2028\u200d")), max_size=200)
ENCODED: Final = st.builds("{}=?utf-8?{}?{}?={}".format, ANY_TEXT, st.sampled_from("qQbB"), ANY_TEXT, ANY_TEXT)


async def deliver(mails: Sequence[Outgoing]) -> Mailbox:
    """Deliver emails over a real mail server and return its mailbox."""
    async with mail_server() as box:
        for mail in mails:
            await SmtpMailer(box.url, SENDER)(mail)
    return box


def canonical(text: str) -> str:
    """A body as a mail server delivers it: every line ends in CR LF, including the last."""
    lines = re.sub("\r\n?|\n", "\r\n", text)
    return lines if lines.endswith("\r\n") else lines + "\r\n"


def body_of(raw: bytes) -> str:
    """The text of a message, with its original line endings."""
    content = message_from_bytes(raw, policy=compat32).get_payload(decode=True)
    assert isinstance(content, bytes)
    return content.decode()


def assert_arrives_unchanged(texts: Sequence[tuple[str, str]]) -> None:
    """Assert that subjects and bodies arrive unchanged, with each header once."""
    mails = [replace(MAIL, subject=subject, body=body) for subject, body in texts]

    box = asyncio.run(deliver(mails))

    heads = [headers_of(raw) for raw in box.raw]
    assert [NAMES] * len(texts) == [[name for name, _ in head] for head in heads]
    assert [subject for subject, _ in texts] == [decoded(dict(head)["Subject"]) for head in heads]
    assert [canonical(body) for _, body in texts] == [canonical(body_of(raw)) for raw in box.raw]


def test_hostile_and_unusual_texts_arrive_unchanged() -> None:
    """Encoded words from the sender stay plain text, and spaces between words are preserved."""
    assert_arrives_unchanged([(text, text) for text in TEXTS if "\r" not in text])


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.one_of(ANY_TEXT, ENCODED), ANY_TEXT), min_size=1, max_size=15))
def test_any_text_arrives_unchanged_in_one_header(texts: list[tuple[str, str]]) -> None:
    """Any subject and body come out of the mail server unchanged, and every header is there once."""
    assert_arrives_unchanged(texts)


@pytest.mark.parametrize("text", [text for text in TEXTS if text.strip()])
def test_standard_library_decodes_the_same_subject(text: str) -> None:
    """The standard library's decoder reads the same text."""
    (raw,) = asyncio.run(deliver([replace(MAIL, subject=text)])).raw

    value = message_from_bytes(raw, policy=compat32)["Subject"]
    if value.startswith("=?utf-8?b?"):
        value = str(make_header(decode_header(value)))

    assert text == value


@pytest.mark.parametrize("address", ["=?utf-8?q?a=40b=2Eexample=0D=0ABcc:c=40d=2Eexample?=@e.example", "a+b'c@d.example"])
def test_address_is_never_decoded(address: str) -> None:
    """An address is sent exactly as written, or not at all."""
    try:
        box = asyncio.run(deliver([replace(MAIL, to_address=address)]))
    except MailRejected:
        assert ":" in address
    else:
        assert (f"<{address}>", [address]) == (dict(headers_of(box.raw[0]))["To"], box.to)


@given(ANY_TEXT)
def test_title_loses_only_line_breaks_and_direction_controls(text: str) -> None:
    """A notice's line is its title without line breaks and direction controls, cut to 200 characters."""
    line = Message(text, "").line

    assert is_line(line)
    assert len(line) <= 200
    if is_line(text) and len(text.strip()) <= 200:
        assert text.strip() == line
