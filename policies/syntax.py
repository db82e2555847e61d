"""The body of a rule as a tree of goals: a small part of Polar, of which partial evaluation is proven to be sound.

What cannot be parsed cannot be loaded: arithmetic, methods, patterns, dictionaries and Polar's control flow have no place.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NoReturn, TypeAlias

from policies.errors import PolicyError
from policies.tokens import Token

FORBIDDEN: Final = {
    "cut": "each rule has to stand by itself: state the condition in both rules, or write a `deny` rule",
    "debug": "it stops the server",
    "forall": "partial evaluation does not keep it: write a `deny` rule for the rows that break it",
    "matches": "state the type in the rule's head",
    "mod": "compare a column",
    "new": "rules only look at what exists",
    "print": "use `explain`",
    "rem": "compare a column",
}
LITERALS: Final[dict[str, bool | None]] = {"true": True, "false": False, "nil": None}
RESERVED: Final = frozenset(("and", "if", "in", "not", "or", "_this", *LITERALS))
OPERATORS: Final = frozenset(("=", "!=", "<", "<=", ">", ">=", "in"))


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal: a string, a number, true, false or nil."""

    place: str
    value: str | int | bool | None


@dataclass(frozen=True, slots=True)
class Path:
    """A variable, or an attribute of what it stands for."""

    place: str
    variable: str
    attribute: str | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """A list of terms, to the right of `in`."""

    place: str
    items: tuple[Constant | Path, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """Another rule is asked."""

    place: str
    rule: str
    arguments: tuple[Constant | Path, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two terms and what is between them."""

    place: str
    operator: str
    left: Constant | Path
    right: Constant | Path | Listing


@dataclass(frozen=True, slots=True)
class Negation:
    """The goal fails."""

    place: str
    goal: Goal


@dataclass(frozen=True, slots=True)
class All:
    """Every goal, in this order."""

    goals: tuple[Goal, ...]


@dataclass(frozen=True, slots=True)
class Any:
    """One of the goals."""

    goals: tuple[Goal, ...]


Goal: TypeAlias = Path | Call | Comparison | Negation | All | Any


class Reader:
    """Reads goals and terms off a list of tokens, from left to right."""

    def __init__(self, tokens: list[Token]) -> None:
        """Take the tokens of one rule, closed by a `;` or the end."""
        self.tokens = tokens
        self.position = 0

    @property
    def next(self) -> Token:
        """The word that comes next."""
        return self.tokens[self.position]

    def take(self) -> Token:
        """Read the next word."""
        token = self.next
        self.position += 1
        return token

    def skip(self, word: str) -> bool:
        """Read the next word if it is this one."""
        if self.next.kind == "string" or self.next.text != word:
            return False
        self.position += 1
        return True

    def expect(self, word: str) -> None:
        """Read this word, and no other."""
        if not self.skip(word):
            self.refuse(f"expected `{word}`")

    def refuse(self, what: str) -> NoReturn:
        """Say what is wrong with the next word."""
        raise PolicyError(f"{self.next.place}: {what}, found `{self.next.text}`")

    def goal(self) -> Goal:
        """Alternatives: the weakest binding."""
        goals = [self._all()]
        while self.skip("or"):
            goals.append(self._all())
        return goals[0] if len(goals) == 1 else Any(tuple(goals))

    def terms(self, closing: str) -> tuple[Constant | Path, ...]:
        """Terms with commas between them, up to the closing bracket."""
        if self.skip(closing):
            return ()
        items = [self.term()]
        while self.skip(","):
            items.append(self.term())
        self.expect(closing)
        return tuple(items)

    def term(self) -> Constant | Path:
        """A literal, a variable or an attribute."""
        token = self.next
        if token.kind == "string":
            return Constant(token.place, self.take().text)
        if token.kind == "number":
            return Constant(token.place, int(self.take().text))
        if token.kind == "name" and token.text in LITERALS:
            return Constant(token.place, LITERALS[self.take().text])
        return self._path(self.name())

    def name(self) -> Token:
        """A name that means nothing else."""
        token = self.next
        if token.kind == "name" and token.text in FORBIDDEN:
            raise PolicyError(f"{token.place}: `{token.text}` is not allowed: {FORBIDDEN[token.text]}")
        if token.kind != "name" or token.text in RESERVED:
            self.refuse("expected a name")
        return self.take()

    def _path(self, variable: Token) -> Path:
        if not self.skip("."):
            return Path(variable.place, variable.text)
        if self.next.kind != "name":
            self.refuse("expected an attribute")
        attribute = self.take().text
        if any(self.next.text == word for word in (".", "(")):
            self.refuse("rules compare columns of a row or of a linked row: no method and no path")
        return Path(variable.place, variable.text, attribute)

    def _all(self) -> Goal:
        goals = [self._one()]
        while self.skip("and"):
            goals.append(self._one())
        return goals[0] if len(goals) == 1 else All(tuple(goals))

    def _one(self) -> Goal:
        place = self.next.place
        if self.skip("not"):
            return Negation(place, self._one())
        if self.skip("("):
            goal = self.goal()
            self.expect(")")
            return goal
        return self._comparison()

    def _comparison(self) -> Goal:
        place = self.next.place
        left = self.term()
        if isinstance(left, Path) and left.attribute is None and self.skip("("):
            return Call(place, left.variable, self.terms(")"))
        if self.next.kind == "symbol" and self.next.text in ("==", "?=", ":="):
            self.refuse("write `=`")
        if self.next.kind != "string" and self.next.text in OPERATORS:
            return self._right(place, self.take().text, left)
        if isinstance(left, Constant):
            self.refuse("expected a comparison")
        return left

    def _right(self, place: str, operator: str, left: Constant | Path) -> Comparison:
        bracket = self.next.place
        if operator == "in" and self.skip("["):
            return Comparison(place, operator, left, Listing(bracket, self.terms("]")))
        return Comparison(place, operator, left, self.term())


def paths(goal: Goal | Constant | Listing) -> Iterator[Path]:
    """Every variable and attribute that occurs in a goal."""
    match goal:
        case Path():
            yield goal
        case All(items) | Any(items) | Listing(_, items) | Call(_, _, items):
            for item in items:
                yield from paths(item)
        case Negation(_, item):
            yield from paths(item)
        case Comparison(_, _, left, right):
            yield from paths(left)
            yield from paths(right)


def calls(goal: Goal | None) -> Iterator[Call]:
    """Every rule that a goal asks."""
    match goal:
        case Call():
            yield goal
        case All(goals) | Any(goals):
            for item in goals:
                yield from calls(item)
        case Negation(_, item):
            yield from calls(item)


def leaves(goal: Goal | None) -> Iterator[Goal]:
    """The goals of a body that are made of no others."""
    match goal:
        case All(goals) | Any(goals):
            for item in goals:
                yield from leaves(item)
        case Negation(_, item):
            yield from leaves(item)
        case None:
            return
        case _:
            yield goal
