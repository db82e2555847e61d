"""Text from callers, as the database can take it."""

from __future__ import annotations

import re
from typing import Final

from resolvers.errors import PublicError

WORD: Final = re.compile(r"\w+")
MOST_WORDS: Final = 16


class InvalidText(PublicError):
    """The text has a character that no stored text has."""

    code = "INVALID_TEXT"

    def __init__(self, argument: str) -> None:
        super().__init__(f"Argument '{argument}' has a character that text cannot have here.", argument=argument)


def storable(text: str, argument: str) -> str:
    """The text, if it could be stored: no NUL, no half of a surrogate pair. Raises InvalidText."""
    if "\0" in text or (not text.isascii() and any("\ud800" <= character <= "\udfff" for character in text)):
        raise InvalidText(argument)
    return text


def prefixes(text: str) -> str | None:
    """A query of full-text search for words that begin with the words of `text`; None for a text of white space."""
    if not text.strip():
        return None
    return " & ".join(f"{word}:*" for word in WORD.findall(text.casefold())[:MOST_WORDS])


def camel(name: str) -> str:
    """A name of ours as the schema has it."""
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)
