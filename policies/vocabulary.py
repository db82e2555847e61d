"""Refuses a literal that nothing can ever equal: a misspelt action, ability, field, fact of the viewer or stored word.

A rule with such a literal never applies, so a denial with one denies nothing. Each literal is followed to whatever it is
compared with, also through variables and helper rules, and has to be among the words that can stand there. It relies on what
the other checks of lint hold: every call finds a rule, every variable is bound, and no rule calls itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final, TypeAlias

import sqlalchemy as sa

from models.company import AccountKind
from models.kinds import Kind
from models.managed_account import SupportedBy
from models.membership import MemberRole
from policies.entity import Catalogue, Entity, Link
from policies.errors import PolicyError
from policies.source import ABILITIES, DECISIONS, EXEMPT, FIELD_RULES, NEVER_KIND, OF_VIEWERS, Argument, Rule
from policies.suggestions import nearest, unknown
from policies.syntax import All, Any, Call, Comparison, Constant, Goal, Listing, Negation, Path, leaves, paths
from policies.viewer import PARAMETERS, SETS, Shape

Value: TypeAlias = str | int | bool | None
Row: TypeAlias = Entity | Link

FIELD_ACTIONS: Final = ("read",)
"""What is done to a field. Nothing asks a field rule for another action."""
_HEADS: Final = (*sorted(DECISIONS), *sorted(OF_VIEWERS), EXEMPT)


@dataclass(frozen=True, slots=True)
class Words:
    """What can stand in one place: `known` values, or any value of `kind` where `known` is None."""

    what: str
    known: tuple[Value, ...] | None = None
    kind: type | None = None
    longest: int | None = None
    nullable: bool = True

    def hold(self, value: Value) -> bool:
        """Whether the value can stand there."""
        if value is None:
            return self.nullable
        if self.known is not None:
            return any(value == each and type(value) is type(each) for each in self.known)
        fits = self.longest is None or not isinstance(value, str) or len(value) <= self.longest
        return type(value) is self.kind and fits

    def refuse(self, place: str, value: Value) -> PolicyError:
        """Say what is wrong with a value that cannot stand there."""
        if self.known is not None and isinstance(value, str) and (self.known or self.kind is str):
            return PolicyError(f"{place}: {unknown(self.what, value, (str(each) for each in self.known))}")
        return PolicyError(f"{place}: {self.what} is never {_written(value)}: {self._expected}")

    @property
    def _expected(self) -> str:
        if self.known is not None:
            words = ", ".join(_written(each) for each in self.known)
            return f"compare it with {words}" if words else "it cannot be compared with a literal"
        more = "" if self.longest is None else f" of at most {self.longest} characters"
        return f"compare it with a {'text' if self.kind is str else 'number'}{more}"


Choice: TypeAlias = tuple[Words, ...]
"""Alternatives: a value has to be in one of them."""

_KINDS: Final = (Shape().kind, *(kind.value for kind in AccountKind))
_KIND: Final = Words("kind of sensitive data", tuple(kind.value for kind in Kind), nullable=False)
_OF_VIEWER: Final = {
    "kind": Words("viewer.kind", _KINDS, nullable=False),
    "roles": Words("viewer.roles", tuple(role.value for role in MemberRole), nullable=False),
    "supported_by": Words("viewer.supported_by", tuple(each.value for each in SupportedBy)),
    **{name: Words(f"viewer.{name}", (), nullable=False) for name in PARAMETERS},
    **{name: Words(f"viewer.{name}", kind=str, nullable=False) for name in SETS},
}


def fact(name: str) -> Words:
    """The words of a fact of the viewer; a fact without words of its own is true or false."""
    return _OF_VIEWER.get(name, Words(f"viewer.{name}", (True, False), nullable=False))


def column(row: Row, name: str) -> Words:
    """What can be stored in a column. A literal is never equal to a key, a time or a document."""
    what, kind = f"{row.name}.{name}", row.table.c[name].type
    match kind:
        case sa.Enum():
            return Words(what, tuple(kind.enums))
        case sa.Boolean():
            return Words(what, (True, False))
        case sa.Integer() | sa.Numeric():
            return Words(what, kind=int)
        case sa.String():
            return Words(what, kind=str, longest=kind.length)
    return Words(what, ())


@dataclass(frozen=True, slots=True)
class _Closed:
    what: str
    known: tuple[Value, ...]


class Vocabulary:
    """What can stand in each place of a set of rules."""

    def __init__(self, rules: tuple[Rule, ...], catalogue: Catalogue) -> None:
        self._rules = rules
        self._catalogue = catalogue
        self._local: dict[tuple[int, str], list[Choice]] = {}

    def problems(self) -> Iterator[PolicyError]:
        """The first thing that is wrong with each rule."""
        for rule in self._rules:
            found = next(self._of(rule), None)
            if found is not None:
                yield found

    @cached_property
    def _helpers(self) -> dict[tuple[str, int], list[Rule]]:
        found: dict[tuple[str, int], list[Rule]] = {}
        for rule in self._rules:
            found.setdefault((rule.name, len(rule.arguments)), []).append(rule)
        return found

    @cached_property
    def _callers(self) -> dict[tuple[str, int], list[tuple[Rule, Call]]]:
        found: dict[tuple[str, int], list[tuple[Rule, Call]]] = {}
        for rule in self._rules:
            for goal in leaves(rule.body):
                if isinstance(goal, Call):
                    found.setdefault((goal.rule, len(goal.arguments)), []).append((rule, goal))
        return found

    @cached_property
    def _fields(self) -> dict[str, tuple[str, ...]]:
        """The fields of each type that may be read at all: what no rule allows needs no denial."""
        found: dict[str, dict[str, None]] = {}
        for rule in self._rules:
            if rule.name == "allow_field" and rule.entity is not None:
                found.setdefault(rule.entity, {}).update(dict.fromkeys(rule.fields or ()))
        return {entity: tuple(sorted(fields)) for entity, fields in found.items()}

    def _of(self, rule: Rule) -> Iterator[PolicyError]:
        yield from self._of_head(rule)
        for goal in leaves(rule.body):
            yield from self._of_attributes(rule, goal)
            yield from self._of_literals(rule, goal)
            yield from self._of_pairs(rule, goal)

    def _of_head(self, rule: Rule) -> Iterator[PolicyError]:
        for position, argument in enumerate(rule.arguments):
            if argument.literal is not None:
                yield from _refused(rule.place, argument.literal, self._given(rule, position))
        if rule.name not in _HEADS and not self._callers_of(rule) and _is_like_a_decision(rule):
            yield PolicyError(f"{rule.place}: {unknown('rule', rule.name, _HEADS)} No rule calls it, so it decides nothing.")

    def _of_attributes(self, rule: Rule, goal: Goal) -> Iterator[PolicyError]:
        """A helper that looks at an attribute which what it is called with does not have."""
        for path in paths(goal):
            if path.attribute is None or self._is_viewer(rule, path.variable):
                continue
            for row in self._rows(rule, path.variable):
                names = (*row.table.c.keys(), *(link.name for link in getattr(row, "links", ())))
                if path.attribute not in names:
                    yield PolicyError(f"{path.place}: {unknown(f'attribute of {row.name}', path.attribute, names)}")
            if self._is_value(rule, path.variable):
                yield PolicyError(f"{path.place}: {rule.name} is called with a single value, which has no attribute")

    def _of_literals(self, rule: Rule, goal: Goal) -> Iterator[PolicyError]:
        match goal:
            case Comparison(_, _, Constant() as left, Listing(_, items)):
                choices = [choice for item in items for choice in self._choices(rule, item)]
                yield from _refused(left.place, left.value, [_merged(choices)])
            case Comparison(_, _, left, Listing(_, items)):
                choices = self._choices(rule, left)
                for item in items:
                    if isinstance(item, Constant):
                        yield from _refused(item.place, item.value, choices)
            case Comparison(_, _, Constant() as literal, Path() as other) | Comparison(
                _, _, Path() as other, Constant() as literal
            ):
                yield from _refused(literal.place, literal.value, self._choices(rule, other))
            case Call(place, name, arguments):
                for position, argument in enumerate(arguments):
                    if isinstance(argument, Constant):
                        yield from _refused(place, argument.value, self._taken(name, len(arguments), position))

    def _of_pairs(self, rule: Rule, goal: Goal) -> Iterator[PolicyError]:
        """Two attributes that are compared though they have no word in common."""
        if not isinstance(goal, Comparison):
            return
        left, *others = (self._closed(rule, term) for term in _terms(goal))
        for other in others:
            if left and other and not {*left.known} & {*other.known}:
                yield PolicyError(f"{goal.place}: {left.what} and {other.what} have no word in common: they are never equal")

    def _closed(self, rule: Rule, term: Constant | Path) -> _Closed | None:
        """The words of an attribute, if they are a closed set."""
        if isinstance(term, Constant) or term.attribute is None:
            return None
        choice = self._attribute(rule, term)
        if not choice or not all(words.known for words in choice):
            return None
        return _Closed(
            " or ".join(words.what for words in choice), tuple(word for words in choice for word in words.known or ())
        )

    def _choices(self, rule: Rule, term: Constant | Path) -> list[Choice]:
        """What a value has to be among to equal a term: in each of the choices."""
        if isinstance(term, Constant):
            return []
        if term.attribute is not None:
            return [self._attribute(rule, term)]
        names = _same(rule, term.variable)
        inherited = [
            choice
            for position, argument in enumerate(rule.arguments)
            if argument.name in names
            for choice in self._given(rule, position)
        ]
        return [*inherited, *self._compared(rule, term.variable)]

    def _attribute(self, rule: Rule, path: Path) -> Choice:
        name = path.attribute or ""
        if self._is_viewer(rule, path.variable):
            return (fact(name),)
        return tuple(column(row, name) for row in self._rows(rule, path.variable) if name in row.table.c)

    def _given(self, rule: Rule, position: int) -> list[Choice]:
        """What an argument of a rule's head can be, by who asks the rule."""
        if rule.name in ABILITIES:
            return [(Words("ability", self._catalogue.abilities, str),)] if position == 1 else []
        if rule.name in DECISIONS:
            return self._decided(rule, position)
        if rule.name in (NEVER_KIND, EXEMPT):
            return [(_KIND,)] if position == len(rule.arguments) - 1 else []
        callers = self._callers_of(rule)
        return [_merged(choice for caller, call in callers for choice in self._choices(caller, call.arguments[position]))]

    def _decided(self, rule: Rule, position: int) -> list[Choice]:
        entity = rule.entity or ""
        if position == 1:
            known = FIELD_ACTIONS if rule.name in FIELD_RULES else self._catalogue.actions(entity)
            what = f"action on a field of {entity}" if rule.name in FIELD_RULES else f"action on {entity}"
            return [(Words(what, known, str),)]
        if position == 3:
            return [(Words(f"field of {entity}", self._fields.get(entity, ()), str),)]
        return []

    def _taken(self, name: str, arity: int, position: int) -> list[Choice]:
        """What the rules of a name take for an argument."""
        called = self._helpers[name, arity]
        heads = [rule.arguments[position] for rule in called]
        if all(head.literal is not None for head in heads):
            return [(Words(f"argument of {name}", tuple(head.literal for head in heads)),)]
        variables = [(rule, str(rule.arguments[position].name)) for rule in called if rule.arguments[position].name]
        return [_merged(choice for rule, variable in variables for choice in self._compared(rule, variable))]

    def _compared(self, rule: Rule, variable: str) -> list[Choice]:
        """What a variable is compared with in the body of its rule, and in the rules that this calls."""
        key = (id(rule), variable)
        if key not in self._local:
            self._local[key] = [] if rule.body is None else self._within(rule, rule.body, _same(rule, variable))
        return self._local[key]

    def _within(self, rule: Rule, goal: Goal, names: frozenset[str]) -> list[Choice]:
        match goal:
            case All(goals):
                return [choice for item in goals for choice in self._within(rule, item, names)]
            case Any(goals):
                return [_merged(choice for item in goals for choice in self._within(rule, item, names))]
            case Negation(_, item):
                return self._within(rule, item, names)
            case Call(_, name, arguments):
                places = [place for place, argument in enumerate(arguments) if _names(argument, names)]
                return [choice for place in places for choice in self._taken(name, len(arguments), place)]
            case Comparison(_, _, left, right):
                return self._beside(rule, left, right, names)
        return []

    def _beside(
        self, rule: Rule, left: Constant | Path, right: Constant | Path | Listing, names: frozenset[str]
    ) -> list[Choice]:
        """What stands on the other side of a comparison with a variable. Of a list, it may be any item."""
        items = right.items if isinstance(right, Listing) else (right,)
        if _names(left, names):
            stored = [item for item in items if isinstance(item, Path) and item.attribute is not None]
            return [_merged(self._attribute(rule, item) for item in stored)] if len(stored) == len(items) else []
        if any(_names(item, names) for item in items) and isinstance(left, Path) and left.attribute is not None:
            return [self._attribute(rule, left)]
        return []

    def _is_viewer(self, rule: Rule, variable: str) -> bool:
        return any(argument.name == variable and argument.type == "Viewer" for argument in rule.arguments)

    def _rows(self, rule: Rule, variable: str) -> tuple[Row, ...]:
        """The types of row that a variable stands for: its own, its link's, or those with which its rule is called."""
        for position, argument in enumerate(rule.arguments):
            if argument.name == variable:
                if argument.type is not None:
                    return (self._catalogue[argument.type],)
                return tuple(dict.fromkeys(self._passed(rule, position)))
        return tuple(dict.fromkeys(self._linked(rule, variable)))

    def _passed(self, rule: Rule, position: int) -> Iterator[Row]:
        for caller, call in self._callers_of(rule):
            term = call.arguments[position]
            if isinstance(term, Path) and term.attribute is None:
                yield from self._rows(caller, term.variable)

    def _is_value(self, rule: Rule, variable: str) -> bool:
        """Whether an argument of a rule stands for a literal or an attribute where the rule is called."""
        places = [place for place, argument in enumerate(rule.arguments) if argument.name == variable]
        terms = [call.arguments[place] for _, call in self._callers_of(rule) for place in places]
        return any(isinstance(term, Constant) or term.attribute is not None for term in terms)

    def _callers_of(self, rule: Rule) -> list[tuple[Rule, Call]]:
        return self._callers.get((rule.name, len(rule.arguments)), [])

    def _linked(self, rule: Rule, variable: str) -> Iterator[Row]:
        for goal in leaves(rule.body):
            match goal:
                case Comparison(_, "in", Path(_, name, None), Path(_, row, str(link))) if name == variable:
                    found = [each.link(link) for each in self._rows(rule, row) if isinstance(each, Entity)]
                    yield from (each for each in found if each is not None)


def _is_like_a_decision(rule: Rule) -> bool:
    """Whether a helper looks as if it was to decide: by its name, or by its viewer, action and type."""
    second, third = [*rule.arguments[1:], Argument(), Argument()][:2]
    is_literal, is_action = second.literal is not None, second.type is None and third.type is not None
    return nearest(rule.name, _HEADS) is not None or is_literal or is_action


def _refused(place: str, value: Value, choices: Iterable[Choice]) -> Iterator[PolicyError]:
    """A value that is in none of the alternatives of a choice; of no alternatives nothing is known."""
    for choice in choices:
        if choice and not any(words.hold(value) for words in choice):
            yield choice[0].refuse(place, value)


def _terms(comparison: Comparison) -> tuple[Constant | Path, ...]:
    right = comparison.right
    return (comparison.left, *(right.items if isinstance(right, Listing) else (right,)))


def _merged(choices: Iterable[Choice]) -> Choice:
    return tuple(dict.fromkeys(words for choice in choices for words in choice))


def _names(term: Constant | Path, names: frozenset[str]) -> bool:
    return isinstance(term, Path) and term.attribute is None and term.variable in names


def _same(rule: Rule, variable: str) -> frozenset[str]:
    """The variables that a rule compares with this one, directly or through others, and itself."""
    pairs = [
        {goal.left.variable, goal.right.variable}
        for goal in leaves(rule.body)
        if isinstance(goal, Comparison) and _is_plain(goal.left) and _is_plain(goal.right)
        if isinstance(goal.left, Path) and isinstance(goal.right, Path)
    ]
    found = {variable}
    while more := {name for pair in pairs if pair & found for name in pair} - found:
        found |= more
    return frozenset(found)


def _is_plain(term: Constant | Path | Listing) -> bool:
    return isinstance(term, Path) and term.attribute is None


def _written(value: Value) -> str:
    """A value as rules write it."""
    if isinstance(value, str):
        return f'"{value}"'
    return "nil" if value is None else str(value).lower()
