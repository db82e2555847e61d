"""An independent reader of mail headers, as RFC 5322 and RFC 2047 have them. Strict: what a mail must not have fails the test."""

from __future__ import annotations

import re
from base64 import b64decode
from typing import Final

MAX_LINE_LENGTH: Final = 76  # characters of a line with encoded words
WORD: Final = re.compile(r"=\?utf-8\?b\?([A-Za-z0-9+/]*={0,2})\?=")
MAX_WORD_LENGTH: Final = 75


def headers_of(raw: bytes) -> list[tuple[str, str]]:
    """The headers of a message, unfolded, in their order."""
    head, _, _ = raw.partition(b"\r\n\r\n")
    lines = head.decode("ascii").split("\r\n")
    assert [] == [line for line in lines if "\r" in line or "\n" in line or len(line) > MAX_LINE_LENGTH]
    found: list[tuple[str, str]] = []
    for line in lines:
        if line[0] in " \t":
            name, value = found.pop()
            found.append((name, value + line))
        else:
            name, _, value = line.partition(":")
            found.append((name, value.removeprefix(" ")))
    return found


def decoded(value: str) -> str:
    """The text of an unstructured header. White space between two encoded words belongs to neither."""
    if "=?" not in value:
        return value
    words = value.split(" ")
    assert [] == [word for word in words if len(word) > MAX_WORD_LENGTH]
    return "".join(_word(word) for word in words)


def _word(word: str) -> str:
    """The text of one encoded word, which has to be whole characters."""
    match = WORD.fullmatch(word)
    assert match is not None
    return b64decode(match[1], validate=True).decode()
