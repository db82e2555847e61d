"""Text from callers, as the database can take it."""

from __future__ import annotations

from typing import Final

from resolvers.errors import PublicError

MOST_SEARCHED: Final = 1_000  # characters of a search


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
    """What is searched for, None for a text of white space. The database finds the words in it, as in what it has stored."""
    return text[:MOST_SEARCHED] if text.strip() else None


def camel(name: str) -> str:
    """A name of ours as the schema has it."""
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)
