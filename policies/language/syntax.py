"""The body of a rule as a tree of goals: the small subset of Polar for which partial evaluation is proven sound.

Anything else doesn't parse, so it can't be loaded: arithmetic, methods, patterns, dictionaries and Polar's control flow.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NoReturn, TypeAlias

from policies.errors import PolicyError
from policies.language.tokens import Token

FORBIDDEN: Final = {
    "cut": "Each rule must stand by itself. State the condition in both rules, or write a `deny` rule.",
    "debug": "It stops the server.",
    "forall": "Partial evaluation doesn't preserve it. Write a `deny` rule for the rows that violate the condition.",
    "matches": "Declare the type in the rule's head.",
    "mod": "Compare a column.",
    "new": "Rules can only read existing objects.",
    "print": "Use `explain`.",
    "rem": "Compare a column.",
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
    """A variable, or an attribute of its value."""

    place: str
    variable: str
    attribute: str | None = None


@dataclass(frozen=True, slots=True)
class Listing:
    """A list of terms on the right of `in`."""

    place: str
    items: tuple[Constant | Path, ...]


@dataclass(frozen=True, slots=True)
class Call:
    """A call of another rule."""

    place: str
    rule: str
    arguments: tuple[Constant | Path, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two terms and the operator between them."""

    place: str
    operator: str
    left: Constant | Path
    right: Constant | Path | Listing


@dataclass(frozen=True, slots=True)
class Negation:
    """Holds if the goal fails."""

    place: str
    goal: Goal


@dataclass(frozen=True, slots=True)
class All:
    """Holds if every goal does, in this order."""

    goals: tuple[Goal, ...]


@dataclass(frozen=True, slots=True)
class Any:
    """Holds if one of the goals does."""

    goals: tuple[Goal, ...]


Goal: TypeAlias = Path | Call | Comparison | Negation | All | Any


class RuleReader:
    """Parses goals and terms from a list of tokens, from left to right."""

    def __init__(self, tokens: list[Token]) -> None:
        """Start at the first token. The tokens are those of one rule and end with `;` or the end of the file."""
        self.tokens = tokens
        self.position = 0

    @property
    def next(self) -> Token:
        """The next token."""
        return self.tokens[self.position]

    def take(self) -> Token:
        """Consume and return the next token."""
        token = self.next
        self.position += 1
        return token

    def skip(self, word: str) -> bool:
        """Consume the next token if it's this word. Return True if it was."""
        if self.next.kind == "string" or self.next.text != word:
            return False
        self.position += 1
        return True

    def expect(self, word: str) -> None:
        """Consume this word. Raises PolicyError if the next token is something else."""
        if not self.skip(word):
            self.fail(f"Expected `{word}`")

    def fail(self, what: str) -> NoReturn:
        """Raise PolicyError about the next token."""
        raise PolicyError(f"{self.next.place}: {what}, but found `{self.next.text}`.")

    def goal(self) -> Goal:
        """Parse alternatives. `or` binds weakest."""
        goals = [self._all()]
        while self.skip("or"):
            goals.append(self._all())
        return goals[0] if len(goals) == 1 else Any(tuple(goals))

    def terms(self, closing: str) -> tuple[Constant | Path, ...]:
        """Parse comma-separated terms up to the closing bracket."""
        if self.skip(closing):
            return ()
        items = [self.term()]
        while self.skip(","):
            items.append(self.term())
        self.expect(closing)
        return tuple(items)

    def term(self) -> Constant | Path:
        """Parse a literal, a variable or an attribute."""
        token = self.next
        if token.kind == "string":
            return Constant(token.place, self.take().text)
        if token.kind == "number":
            return Constant(token.place, int(self.take().text))
        if token.kind == "name" and token.text in LITERALS:
            return Constant(token.place, LITERALS[self.take().text])
        return self._path(self.name())

    def name(self) -> Token:
        """Parse a name that isn't reserved or forbidden."""
        token = self.next
        if token.kind == "name" and token.text in FORBIDDEN:
            raise PolicyError(f"{token.place}: `{token.text}` isn't allowed. {FORBIDDEN[token.text]}")
        if token.kind != "name" or token.text in RESERVED:
            self.fail("Expected a name")
        return self.take()

    def _path(self, variable: Token) -> Path:
        if not self.skip("."):
            return Path(variable.place, variable.text)
        if self.next.kind != "name":
            self.fail("Expected an attribute")
        attribute = self.take().text
        if any(self.next.text == word for word in (".", "(")):
            self.fail("Expected a column of a row or of a linked row, not a method or a path")
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
            self.fail("Expected `=`")
        if self.next.kind != "string" and self.next.text in OPERATORS:
            return self._right(place, self.take().text, left)
        if isinstance(left, Constant):
            self.fail("Expected a comparison")
        return left

    def _right(self, place: str, operator: str, left: Constant | Path) -> Comparison:
        bracket = self.next.place
        if operator == "in" and self.skip("["):
            return Comparison(place, operator, left, Listing(bracket, self.terms("]")))
        return Comparison(place, operator, left, self.term())


def paths(goal: Goal | Constant | Listing) -> Iterator[Path]:
    """Yield every variable and attribute in a goal."""
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
    """Yield every call in a goal."""
    match goal:
        case Call():
            yield goal
        case All(goals) | Any(goals):
            for item in goals:
                yield from calls(item)
        case Negation(_, item):
            yield from calls(item)


def leaves(goal: Goal | None) -> Iterator[Goal]:
    """Yield the goals of a body that contain no other goals."""
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
