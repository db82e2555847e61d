"""Search vectors and queries agree for any text, and tolerate exactly one typo as documented."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncEngine

SCRIPTS: Final = ((0x20, 0x7E), (0x20, 0x7E), (0xA0, 0x24F), (0x300, 0x36F), (0x370, 0x52F), (0x5D0, 0xE7F), (0x2000, 0xFFFF))
SURROGATES: Final = range(0xD800, 0xE000)
LETTERS: Final = "abcdef"
NOT_FOUND: Final = """
    SELECT written FROM unnest(:texts) written
    WHERE search_words(written) <> '{}' AND search_vector(written, NULL) @@ search_query(written) IS NOT TRUE
"""
CHANGED: Final = """
    SELECT word FROM unnest(:texts) written, unnest(search_words(written)) word WHERE search_words(word) <> ARRAY[word]
"""
SHARED: Final = "SELECT search_vector(one, NULL) @@ search_query(other) FROM unnest(:ones, :others) pair (one, other)"


def text(chance: Random) -> str:
    """Return random characters of many scripts."""
    drawn = (chance.randint(*chance.choice(SCRIPTS)) for _ in range(chance.randrange(40)))
    return "".join(chr(code) for code in drawn if code not in SURROGATES)


def typo(chance: Random, word: str) -> str:
    """Return the word with one typo: a letter missing, added or wrong, or two letters swapped."""
    at, letter = chance.randrange(1, len(word) - 1), chance.choice(LETTERS)
    return chance.choice(
        (
            word[:at] + word[at + 1 :],
            word[:at] + letter + word[at:],
            word[:at] + letter + word[at + 1 :],
            word[:at] + word[at + 1] + word[at] + word[at + 2 :],
        )
    )


def forms(word: str) -> set[str]:
    """Return the word and its forms with one letter missing, if at least four letters remain."""
    return {form for form in (word, *(word[:at] + word[at + 1 :] for at in range(len(word)))) if len(form) >= 4}


async def test_every_text_finds_itself(engine: AsyncEngine) -> None:
    """A search for any text finds it, and splitting a word again gives the same word."""
    chance = Random(14)
    texts = [text(chance) for _ in range(3_000)]

    assert [] == await _scalars(engine, NOT_FOUND, texts=texts)
    assert [] == await _scalars(engine, CHANGED, texts=texts)


async def test_every_typo_is_tolerated(engine: AsyncEngine) -> None:
    """A word of five letters or more, up to the limit, is found by any word that is one typo away."""
    chance = Random(21)
    words = ["".join(chance.choices(LETTERS, k=chance.randint(5, 31))) for _ in range(2_000)]
    typos = [typo(chance, word) for word in words]

    found = await _scalars(engine, SHARED, ones=words, others=typos)

    assert [] == [pair for pair, matches in zip(zip(words, typos, strict=True), found, strict=True) if not matches]


async def test_nothing_else_is_tolerated(engine: AsyncEngine) -> None:
    """Two words match only if they share a form or one starts with the other."""
    chance = Random(27)
    pairs = [["".join(chance.choices("abc", k=chance.randint(1, 7))) for _ in range(2)] for _ in range(3_000)]
    ones, others = ([pair[n] for pair in pairs] for n in range(2))

    found = await _scalars(engine, SHARED, ones=ones, others=others)

    expected = [one.startswith(other) or bool(forms(one) & forms(other)) for one, other in pairs]
    assert expected == found
    assert 0 < sum(expected) < len(expected)


async def test_search_is_limited_to_sixteen_words(engine: AsyncEngine) -> None:
    """Words after the sixteenth are ignored."""
    words = " ".join(f"word{number}" for number in range(1_000))

    (query,) = await _scalars(engine, "SELECT search_query(unnest(:texts))::text", texts=[words])

    assert " & ".join(f"'word{number}':*" for number in range(16)) == query


async def test_search_works_without_a_search_path(engine: AsyncEngine) -> None:
    """Database dumps are restored with an empty search path."""
    async with engine.connect() as connection:
        await connection.execute(sa.text("SET search_path = ''"))
        found = await connection.scalar(sa.text("SELECT public.search_vector('Alpine', NULL) @@ public.search_query('alpin')"))
        await connection.execute(sa.text("RESET search_path"))

    assert found


async def _scalars(engine: AsyncEngine, query: str, **lists: Sequence[str]) -> list[Any]:
    typed = [sa.bindparam(name, list(values), type_=postgresql.ARRAY(sa.Text())) for name, values in lists.items()]
    async with engine.connect() as connection:
        return list((await connection.execute(sa.text(query).bindparams(*typed))).scalars())
