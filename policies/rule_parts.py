"""The parts of a body: the conditions that it joins by `and`, as they are written, so that a decision can say which of them fails."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from policies.tokens import Token


def split_body(tokens: Sequence[Token]) -> tuple[str, ...]:
    """The text of each part of a body, on one line; the whole of a body that is alternatives is its only part."""
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
    """Whether one pair of brackets holds all of them."""
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
    """How a token changes the depth of brackets."""
    if token.kind != "symbol":
        return 0
    return {"(": 1, "[": 1, ")": -1, "]": -1}.get(token.text, 0)


def _written(tokens: Sequence[Token]) -> str:
    """The tokens as they stand in the file, with one space where there is any, and none inside of brackets."""
    text = _spelled(tokens[0])
    for before, token in pairwise(tokens):
        apart = before.end < token.start and _step(before) != 1 and _step(token) != -1
        text += f" {_spelled(token)}" if apart else _spelled(token)
    return text


def _spelled(token: Token) -> str:
    return f'"{token.text}"' if token.kind == "string" else token.text
