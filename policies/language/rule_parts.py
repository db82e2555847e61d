"""Splits a rule's body into parts: the conditions joined by `and`, as written, so an explanation can say which one fails."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from policies.language.tokens import Token


def split_body(tokens: Sequence[Token]) -> tuple[str, ...]:
    """Return the text of each part of a body, on one line. A body with a top-level `or` is a single part."""
    while _is_enclosed(tokens):
        tokens = tokens[1:-1]
    found: list[list[Token]] = [[]]
    depth = 0
    for token in tokens:
        if depth == 0 and _is_word(token, "or"):
            return (_written(tokens),)
        if depth == 0 and _is_word(token, "and"):
            found.append([])
            continue
        depth += _step(token)
        found[-1].append(token)
    return tuple(map(_written, found))


def _is_enclosed(tokens: Sequence[Token]) -> bool:
    """Return True if one pair of brackets encloses all tokens."""
    if tokens[0].kind != "symbol" or tokens[0].text != "(":
        return False
    depth = 0
    for position, token in enumerate(tokens):
        depth += _step(token)
        if depth == 0:
            return position == len(tokens) - 1
    return False


def _is_word(token: Token, word: str) -> bool:
    return token.kind == "name" and token.text == word


def _step(token: Token) -> int:
    """Return how a token changes the bracket depth."""
    if token.kind != "symbol":
        return 0
    return {"(": 1, "[": 1, ")": -1, "]": -1}.get(token.text, 0)


def _written(tokens: Sequence[Token]) -> str:
    """Join the tokens as written, with whitespace collapsed to one space and removed inside brackets."""
    text = _spelled(tokens[0])
    for before, token in pairwise(tokens):
        apart = before.end < token.start and _step(before) != 1 and _step(token) != -1
        text += f" {_spelled(token)}" if apart else _spelled(token)
    return text


def _spelled(token: Token) -> str:
    return f'"{token.text}"' if token.kind == "string" else token.text
