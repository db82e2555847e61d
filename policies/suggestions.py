"""Error messages for unknown words: the closest known word, and a list of all known words."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(word: str, known: Iterable[str]) -> str | None:
    """Return the known word closest to this one, ignoring case, or None."""
    folded = {each.casefold(): each for each in known}
    matches = get_close_matches(word.casefold(), folded, n=1, cutoff=0.6)
    return folded[matches[0]] if matches else None


def hint(word: str, known: Iterable[str]) -> str:
    """Return a suggestion for the intended word, and the list of known words."""
    words = tuple(dict.fromkeys(known))
    near = nearest(word, words)
    listed = f"Known: {', '.join(words)}." if words else "None are known."
    return listed if near is None else f'Did you mean "{near}"? {listed}'


def unknown_message(what: str, word: str, known: Iterable[str]) -> str:
    """Return the message that a word is unknown, with a suggestion and the known words."""
    return f'Unknown {what} "{word}". {hint(word, known)}'
