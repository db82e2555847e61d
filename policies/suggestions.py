"""Messages about a word that is not known: the nearest known word, and all of them."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that is most like this one, whatever its case, or None if none is."""
    folded = {each.casefold(): each for each in known}
    found = get_close_matches(word.casefold(), folded, n=1, cutoff=0.6)
    return folded[found[0]] if found else None


def hint(word: str, known: Iterable[str]) -> str:
    """The word that may be meant in place of this one, and all that are known."""
    words = tuple(dict.fromkeys(known))
    near = nearest(word, words)
    listed = f"Known: {', '.join(words)}." if words else "There are none."
    return listed if near is None else f'Did you mean "{near}"? {listed}'


def unknown(what: str, word: str, known: Iterable[str]) -> str:
    """Say that a word is not one of the known ones, which one may be meant, and which there are."""
    return f'unknown {what} "{word}". {hint(word, known)}'
