"""Text from callers: checks of what the database can store, and the normal forms that it stores."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from resolvers.values.errors import PublicError

BREAK_CATEGORIES: Final = {"Cc", "Zl", "Zp"}  # control characters, and separators of lines and paragraphs
# Characters that change the direction of the text after them.
DIRECTION_MARKS: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
LINE_BREAKERS: Final = "\x00-\x1f\x7f-\x9f\u2028\u2029" + "".join(sorted(DIRECTION_MARKS))
LINE_BREAK: Final = re.compile(rf"\s*[{LINE_BREAKERS}][\s{LINE_BREAKERS}]*")
SPACES: Final = re.compile("[ \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")  # white space within a line (Zs)
FILLERS: Final = "\u115f\u1160\u2065\u2800\u3164\uffa0\ufff0-\ufff8\U00013441\U00013442\U0001d159\U000e0000-\U000e0fff"
FILLER: Final = re.compile(f"[{FILLERS}]")  # letters and symbols without a visible glyph
INVISIBLE: Final = (
    "[\u00ad\u034f\u061c\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb"
    f"\U0001bca0-\U0001bca3\U0001d173-\U0001d17a{FILLERS}]"
)
INVISIBLE_CATEGORIES: Final = {"Cf", "Zs", "Zl", "Zp", "Mn", "Me", "Mc"}  # invisible, or invisible without another character
MAX_SHOWN_LENGTH: Final = 200  # characters of a value in a message
MAX_SEARCH_LENGTH: Final = 1_000  # characters of a search that count


class InvalidText(PublicError):
    """The text has a character that can't be stored."""

    code = "INVALID_TEXT"

    def __init__(self, argument: str) -> None:
        super().__init__(
            f"Argument '{argument}' contains a character that can't be stored (NUL or an unpaired surrogate).",
            argument=argument,
        )


def storable(text: str, argument: str) -> str:
    """Return the text if it can be stored. Raises InvalidText."""
    if not is_storable(text):
        raise InvalidText(argument)
    return text


def is_storable(text: str) -> bool:
    """Return whether a text can be stored: it has no NUL and no unpaired surrogate."""
    return "\0" not in text and (text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text))


def is_blank(text: str) -> bool:
    """Return whether a text shows nothing: it has only white space, invisible characters, and marks without a letter."""
    return all(
        character.isspace() or unicodedata.category(character) in INVISIBLE_CATEGORIES or FILLER.match(character)
        for character in text
    )


def composed(text: str) -> str:
    """Return a text in the form in which texts are stored: composed characters (NFC), without surrounding white space."""
    return unicodedata.normalize("NFC", text.strip())


def tidied(text: str) -> str:
    """Return a line as it is stored: composed, with each run of white space reduced to one space."""
    return SPACES.sub(" ", composed(text))


def one_line(text: str) -> str:
    """Return a text as one line: line breaks and direction marks become a space, and all other characters stay."""
    return LINE_BREAK.sub(" ", text).strip()


def is_line(text: str) -> bool:
    """Return whether a text is a single line without direction marks, so that it is safe in an email, a list or a page."""
    return not any(unicodedata.category(character) in BREAK_CATEGORIES or character in DIRECTION_MARKS for character in text)


def brief(value: str) -> str:
    """Return a value as messages show it: whole, or its beginning."""
    return value if len(value) <= MAX_SHOWN_LENGTH else f"{value[:MAX_SHOWN_LENGTH]}…"


def camel(name: str) -> str:
    """Convert a Python name to the schema's camel case."""
    head, *rest = name.split("_")
    return head + "".join(word.capitalize() for word in rest)
