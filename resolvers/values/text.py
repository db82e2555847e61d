"""Text from callers, as the database can take it."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from resolvers.values.errors import PublicError

BREAKS: Final = {"Cc", "Zl", "Zp"}  # control characters, and separators of lines and paragraphs
TURNS: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")  # change the direction of what follows
BREAKERS: Final = "\x00-\x1f\x7f-\x9f\u2028\u2029" + "".join(sorted(TURNS))
BROKEN: Final = re.compile(rf"\s*[{BREAKERS}][\s{BREAKERS}]*")
SPACES: Final = re.compile("[ \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")  # the white space that stays in a line (Zs)
FILLERS: Final = "\u115f\u1160\u2065\u2800\u3164\uffa0\ufff0-\ufff8\U00013441\U00013442\U0001d159\U000e0000-\U000e0fff"
FILLER: Final = re.compile(f"[{FILLERS}]")  # letters and signs that show nothing
INVISIBLE: Final = (
    "[\u00ad\u034f\u061c\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb"
    f"\U0001bca0-\U0001bca3\U0001d173-\U0001d17a{FILLERS}]"
)
UNSEEN: Final = {"Cf", "Zs", "Zl", "Zp", "Mn", "Me", "Mc"}  # show nothing, or nothing without another character
MAX_SHOWN_LENGTH: Final = 200  # characters of a value in a message
MAX_SEARCH_LENGTH: Final = 1_000  # characters of a search


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
    """Whether nothing can be read in a text: it has only white space, invisible characters and marks without a letter."""
    return all(
        character.isspace() or unicodedata.category(character) in UNSEEN or FILLER.match(character) for character in text
    )


def composed(text: str) -> str:
    """A text without white space around it, in the form in which texts are stored: composed characters (NFC)."""
    return unicodedata.normalize("NFC", text.strip())


def tidied(text: str) -> str:
    """A line as it is stored: composed, and with one space where there is a run of white space."""
    return SPACES.sub(" ", composed(text))


def one_line(text: str) -> str:
    """A text as one line: a space for whatever breaks or turns a line, and all other characters as they are."""
    return BROKEN.sub(" ", text).strip()


def is_line(text: str) -> bool:
    """Whether it is one line in which each character stays in its place, wherever the text is put: in a mail, a list, a page."""
    return not any(unicodedata.category(character) in BREAKS or character in TURNS for character in text)


def brief(value: str) -> str:
    """A value as messages show it: whole, or its beginning."""
    return value if len(value) <= MAX_SHOWN_LENGTH else f"{value[:MAX_SHOWN_LENGTH]}…"


def searchable(text: str) -> str | None:
    """What is searched for, None for a text of white space. The database finds the words in it, as in what it has stored."""
    return text[:MAX_SEARCH_LENGTH] if text.strip() else None


def camel(name: str) -> str:
    """A name of ours as the schema has it."""
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)
