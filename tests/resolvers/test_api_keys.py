"""The text of API keys: a mark, a public prefix, a random secret and a checksum."""

from __future__ import annotations

import re

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from resolvers.values.api_keys import ALPHABET, InvalidApiKey, generate, parse

KEY = generate()[0]


def test_generated_key_parses_to_what_is_stored_V51() -> None:
    """A key's text gives the prefix and the hash that are stored, and no two keys are the same."""
    text, credential = generate()

    assert re.fullmatch(r"cgk_\w{10}_\w{38}", text, re.ASCII)
    assert credential == parse(text)
    assert text.startswith(f"cgk_{credential.prefix}_")
    assert text not in repr(credential)
    assert text != generate()[0]


@given(place=st.integers(0, len(KEY) - 1), letter=st.sampled_from(ALPHABET + "-_é\n "))
def test_mistyped_key_is_recognised_V51(place: int, letter: str) -> None:
    """The checksum finds every single wrong character without asking the database."""
    assume(KEY[place] != letter)

    with pytest.raises(InvalidApiKey):
        parse(KEY[:place] + letter + KEY[place + 1 :])


@given(text=st.text() | st.text(ALPHABET).map("cgk_".__add__))
def test_any_other_text_is_no_key_V51(text: str) -> None:
    """Any text is refused without breaking anything."""
    with pytest.raises(InvalidApiKey):
        parse(text)
