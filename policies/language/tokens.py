"""Tokenizer for rule texts. Anything outside our subset of Polar is rejected here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from policies.errors import PolicyError

Kind: TypeAlias = Literal["comment", "string", "number", "name", "symbol", "end"]

_WORD: Final = re.compile(
    r'(?P<comment>#[^\n]*)|(?P<string>"[^"\\\n]*")|(?P<number>\d+(?![\w.]))|(?P<name>[A-Za-z_]\w*(?!\w|::))'
    r"|(?P<symbol>!=|<=|>=|==|\?=|:=|[=<>.,:;()\[\]])|(?P<space>\s+)"
)


@dataclass(frozen=True, slots=True)
class Token:
    """One token. `text` excludes the quotes of a string and the `#` of a comment."""

    kind: Kind
    text: str
    file: str
    line: int
    start: int

    @property
    def place(self) -> str:
        """The location of the token, as FILE:LINE."""
        return f"{self.file}:{self.line}"

    @property
    def end(self) -> int:
        """The offset of the character after the token."""
        return self.start + len(self.text) + (2 if self.kind == "string" else 0)


def tokenize(text: str, file: str) -> list[Token]:
    """Return all tokens of a text, including comments, ending with one of kind `end`."""
    tokens: list[Token] = []
    start, line = 0, 1
    while start < len(text):
        match = _WORD.match(text, start)
        if match is None:
            raise PolicyError(f"{file}:{line}: Unexpected character {text[start]!r}: it isn't part of the rule language.")
        kind: str = match.lastgroup or ""
        if kind != "space":
            word = match[0].strip('"') if kind == "string" else match[0].lstrip("# ") if kind == "comment" else match[0]
            tokens.append(Token(kind, word, file, line, start))  # type: ignore[arg-type]  # a group of _WORD
        line += match[0].count("\n")
        start = match.end()
    return [*tokens, Token("end", "the end of the file", file, line, start)]
