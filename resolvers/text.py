"""Text from callers, as the database can take it."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from resolvers.errors import PublicError

WORD: Final = re.compile(r"[^\W_]+")
MOST_WORDS: Final = 16
LONGEST_WORD: Final = 64  # characters


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


def searchable(text: str) -> str | None:
    """The words of a search, as many as one may have; None for a text of white space. The database folds them (migration 0008)."""
    if not text.strip():
        return None
    words = WORD.findall(unicodedata.normalize("NFKC", text))[:MOST_WORDS]
    return " ".join(word[:LONGEST_WORD] for word in words)
