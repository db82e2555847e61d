"""Whatever callers write: a clear error with a code of its own, or an answer, and never one that the gateway is broken."""

from __future__ import annotations

from typing import Any, Final

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolvers.text import MOST_WORDS, InvalidText, prefixes, storable
from tests.asking import ANONYMOUS, OPERATOR, PARTNER, Asking
from tests.schema import hostile
from tests.schema.hostile import Attack

PLACES: Final = hostile.places()
CLEAR: Final = {
    "BAD_USER_INPUT",
    "FORBIDDEN_FILTER",
    "GRAPHQL_VALIDATION_FAILED",
    "INVALID_AMOUNT",
    "INVALID_CURSOR",
    "INVALID_ID",
    "INVALID_PAGE",
    "INVALID_TEXT",
}
TEXTUAL: Final = [
    place for place, attacks in PLACES.items() if any(isinstance(_inner, str) for a in attacks for _inner in [a.value]) or "filter" in place
]


@pytest.mark.parametrize("place", PLACES)
async def test_a_hostile_value_is_answered_clearly(ask_demo: Asking, place: str) -> None:
    """Every argument and every field of every input takes any value at all: it has an answer, or an error that tells what is wrong."""
    unclear = []
    for attack in PLACES[place]:
        answer = await ask_demo(OPERATOR, attack.document, **await attack.variables())
        wrong = [code for code in answer.codes if code not in CLEAR]
        if wrong or answer.status not in (200, 400):
            unclear.append((repr(attack.value)[:80], answer.status, wrong))

    assert [] == unclear
