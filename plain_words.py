"""Problems in plain words instead of a library's: pydantic's, which reads settings and options, and the operating system's."""

from __future__ import annotations

import re
from typing import Final

OUR_MESSAGE: Final = "Value error, "  # what pydantic puts in front of the message of a ValueError
REQUIREMENT: Final = re.compile(r"[A-Z]\w+ should ")
WORDS: Final = {"a valid integer": "a whole number", "a valid number": "a number", "a valid boolean": "true or false"}


def plain(message: str) -> str:
    """Return pydantic's message in plain words, such as "must be a whole number". Other messages stay as they are."""
    start = REQUIREMENT.match(message)
    if start is None:
        return message.removeprefix(OUR_MESSAGE)
    requirement, _, _ = message[start.end() :].partition(", unable to ")
    for theirs, ours in WORDS.items():
        requirement = requirement.replace(theirs, ours)
    return f"must {requirement}"


def refusal(error: OSError) -> str:
    """Say what the operating system refused, and for which file, without the number of its error."""
    reason = error.strerror or str(error)
    return reason if error.filename is None else f"{error.filename}: {reason[:1].lower()}{reason[1:]}"
