"""Text from callers, as the database can take it."""

from __future__ import annotations

import unicodedata
from typing import Final

from resolvers.errors import PublicError

BREAKS: Final = {"Cc", "Zl", "Zp"}  # control characters, and separators of lines and paragraphs
TURNS: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")  # change the direction of what follows
MOST_SEARCHED: Final = 1_000  # characters of a search


class InvalidText(PublicError):
    """The text has a character that no stored text has."""

    code = "INVALID_TEXT"

    def __init__(self, argument: str) -> None:
        super().__init__(f"Argument '{argument}' has a character that text cannot have here.", argument=argument)


def storable(text: str, argument: str) -> str:
    """The text, if it could be stored. Raises InvalidText."""
    if not is_storable(text):
        raise InvalidText(argument)
    return text


def is_storable(text: str) -> bool:
    """Whether a text could be stored: it has no NUL and no half of a surrogate pair."""
    return "\0" not in text and (text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text))


def is_blank(text: str) -> bool:
    """Whether nothing of it is to be seen: white space, and marks that only tell how others are written."""
    return all(character.isspace() or unicodedata.category(character) == "Cf" for character in text)


def is_line(text: str) -> bool:
    """Whether it is one line in which each character stays in its place, wherever the text is put: in a mail, a list, a page."""
    return not any(unicodedata.category(character) in BREAKS or character in TURNS for character in text)


def searchable(text: str) -> str | None:
    """What is searched for, None for a text of white space. The database finds the words in it, as in what it has stored."""
    return text[:MOST_SEARCHED] if text.strip() else None


def camel(name: str) -> str:
    """A name of ours as the schema has it."""
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)
