"""The documentation is in plain English, without phrases that make a reader stop.

To check other texts (schema descriptions, error messages, docstrings), add a function to `TEXTS` that returns each text by
name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

import pytest

from tests.docs.pages import PAGES, ROOT, name, prose

GENERATED: Final = {"docs/policy/policy-matrix.md", "docs/policy/sensitive-data.md"}  # generated from the comments in policies/
PHRASES: Final = (
    r"who(?:m|so)?ever",
    r"(?:of|to|by|as|with) whom",
    r"thereof|therein|thereto|thereby|whereby|wherein|whereof|whence|hence|hitherto|herein|hereby|hereof|henceforth",
    r"lest|albeit|whilst|amongst|nought|naught|ere|upon",
    r"be it|be they|be that as|so be it",
    r"(?:is|are|was|were|be|been) told",
    r"tells? (?:of|beforehand|whether)",
    r"there is no such|there are no such|such as there (?:is|are)",
    r"there is none|there are none|there is nothing|if there is one",
    r"that there (?:is|are) not",
    r"what (?:came|comes|became) of",
    r"what is (?:not )?(?:given|told|asked|there)",
    r"(?:is|are|was|were) asked",
    r"(?:is|are) no (?:id|e-mail|email|web|country|text|cursor|global|finite|error|picture|port)\b",
    r"may (?:not|neither|never|only|be|have|know|read|see|do|say|look|ask)",
    r"shall|ought|needs? not|has to be|have to be",
    r"somebody else(?:'s)?",
    r"beside(?! the point)",
    r"stands? (?:in|at|beside|below|above|with|no)",
    r"anew|beforehand|thereupon|of old",
    r"come(?:s)? by|comes? about|came about",
    r"holds? (?:good|true of)",
    r"one (?:also |too )?(?:looks|asks|sees|reads|may|has|does)",
    r"for (?:it|they|he|that) (?:is|are|has|was|would|does)",
    r"by whatever|in whatever|of whatever|whatever (?:it|they) (?:is|are|calls?)",
    r"has to be|is to be|are to be",
    r"mend(?:s|ed)?",
    r"some (?:two|three|ten|\d)",
)
BANNED: Final = re.compile(rf"\b(?:{'|'.join(PHRASES)})\b", re.IGNORECASE)


def pages() -> Mapping[str, str]:
    """The prose of each handwritten page."""
    return {name(page): prose(page) for page in PAGES if name(page) not in GENERATED}


def descriptions() -> Mapping[str, str]:
    """The descriptions of the schema."""
    return {"schema": "\n".join(re.findall(r'"""(.*?)"""', (ROOT / "schema" / "schema.graphql").read_text("utf-8"), re.DOTALL))}


def rules() -> Mapping[str, str]:
    """The comments above the policy rules, by file."""
    return {
        path.name: "\n".join(line for line in path.read_text("utf-8").splitlines() if line.startswith("#"))
        for path in (ROOT / "policies").rglob("*.polar")
    }


TEXTS: Final[dict[str, Callable[[], Mapping[str, str]]]] = {
    "documentation": pages,
    "descriptions": descriptions,
    "rules": rules,
}


@pytest.mark.parametrize("texts", TEXTS)
def test_english_is_plain(texts: str) -> None:
    """No text has a phrase that is archaic, inverted or vague."""
    found = {where: BANNED.findall(text) for where, text in TEXTS[texts]().items()}

    assert {} == {where: phrases for where, phrases in found.items() if phrases}


@pytest.mark.parametrize(
    "sentence",
    [
        "Whoever asks is told why.",
        "There is no such port.",
        "The company of whom it is asked.",
        "Its name stands in the place of an id.",
        "Nothing is kept, be it a price or a name.",
        "This is no e-mail address.",
    ],
)
def test_unplain_sentence_is_found(sentence: str) -> None:
    """The list finds the phrases that it is for."""
    assert BANNED.search(sentence)
