"""Rejects literals that can never match: misspelt actions, abilities, fields, viewer facts and enum values.

A rule with such a literal never applies, so a denial with one denies nothing. Each literal is traced to whatever it's compared
with, also through variables and helper rules, and must be an allowed value there. This relies on lint's other checks: every call
finds a rule, every variable is bound, and no rule calls itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final, TypeAlias

import sqlalchemy as sa

from choices import MemberRole
from models.company import AccountKind
from models.kinds import Kind
from models.managed_account import SupportedBy
from policies.entity import Catalogue, Entity, Link
from policies.errors import PolicyError
from policies.language.source import ABILITIES, DECISIONS, EXEMPT, FIELD_RULES, NEVER_KIND, OF_VIEWERS, Argument, Rule
from policies.language.syntax import All, Any, Call, Comparison, Constant, Goal, Listing, Negation, Path, leaves, paths
from policies.suggestions import nearest, unknown_message
from policies.viewer import COMPANYLESS, PARAMETERS, SETS

Value: TypeAlias = str | int | bool | None
Row: TypeAlias = Entity | Link

FIELD_ACTIONS: Final = ("read",)
"""The actions on a field. No code asks field rules about any other action."""
_HEADS: Final = (*sorted(DECISIONS), *sorted(OF_VIEWERS), EXEMPT)


@dataclass(frozen=True, slots=True)
class AllowedValues:
    """The values allowed in one place: the `known` values, or any value of type `kind` if `known` is None."""

    what: str
    known: tuple[Value, ...] | None = None
    kind: type | None = None
    longest: int | None = None
    nullable: bool = True

    def accept(self, value: Value) -> bool:
        """Return True if the value is allowed."""
        if value is None:
            return self.nullable
        if self.known is not None:
            return any(value == each and type(value) is type(each) for each in self.known)
        fits = self.longest is None or not isinstance(value, str) or len(value) <= self.longest
        return type(value) is self.kind and fits

    def error(self, place: str, value: Value) -> PolicyError:
        """Return the error for a value that isn't allowed."""
        if self.known is not None and isinstance(value, str) and (self.known or self.kind is str):
            return PolicyError(f"{place}: {unknown_message(self.what, value, (str(each) for each in self.known))}")
        return PolicyError(f"{place}: {self.what} is never {_format_value(value)}. {self._expected}")

    @property
    def _expected(self) -> str:
        if self.known is not None:
            words = ", ".join(_format_value(each) for each in self.known)
            return f"Compare it with {words}." if words else "It can't be compared with a literal."
        more = "" if self.longest is None else f" of at most {self.longest} characters"
        return f"Compare it with a {'string' if self.kind is str else 'number'}{more}."


Choice: TypeAlias = tuple[AllowedValues, ...]
"""Alternatives: a value must be allowed by one of them."""

_KINDS: Final = (*COMPANYLESS, *(kind.value for kind in AccountKind))
_KIND: Final = AllowedValues("kind of sensitive data", tuple(kind.value for kind in Kind), nullable=False)
_OF_VIEWER: Final = {
    "kind": AllowedValues("viewer.kind", _KINDS, nullable=False),
    "roles": AllowedValues("viewer.roles", tuple(role.value for role in MemberRole), nullable=False),
    "supported_by": AllowedValues("viewer.supported_by", tuple(each.value for each in SupportedBy)),
    **{name: AllowedValues(f"viewer.{name}", (), nullable=False) for name in PARAMETERS},
    **{name: AllowedValues(f"viewer.{name}", kind=str, nullable=False) for name in SETS},
}


def fact(name: str) -> AllowedValues:
    """Return the allowed values of a viewer fact. A fact without its own list is a boolean."""
    return _OF_VIEWER.get(name, AllowedValues(f"viewer.{name}", (True, False), nullable=False))


def column(row: Row, name: str) -> AllowedValues:
    """Return the values that a column can hold. Literals never equal a key, a time or a document."""
    what, kind = f"{row.name}.{name}", row.table.c[name].type
    match kind:
        case sa.Enum():
            return AllowedValues(what, tuple(kind.enums))
        case sa.Boolean():
            return AllowedValues(what, (True, False))
        case sa.Integer() | sa.Numeric():
            return AllowedValues(what, kind=int)
        case sa.String():
            return AllowedValues(what, kind=str, longest=kind.length)
    return AllowedValues(what, ())


@dataclass(frozen=True, slots=True)
class _Enumerable:
    what: str
    known: tuple[Value, ...]


class LiteralChecker:
    """Checks the literals of a set of rules."""

    def __init__(self, rules: tuple[Rule, ...], catalogue: Catalogue) -> None:
        self._rules = rules
        self._catalogue = catalogue
        self._local: dict[tuple[int, str], list[Choice]] = {}

    def problems(self) -> Iterator[PolicyError]:
        """Yield the first problem of each rule."""
        for rule in self._rules:
            problem = next(self._rule_problems(rule), None)
            if problem is not None:
                yield problem

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
        """The fields of each type that some rule allows. A field that no rule allows needs no denial."""
        found: dict[str, dict[str, None]] = {}
        for rule in self._rules:
            if rule.name == "allow_field" and rule.entity is not None:
                found.setdefault(rule.entity, {}).update(dict.fromkeys(rule.fields or ()))
        return {entity: tuple(sorted(fields)) for entity, fields in found.items()}

    def _rule_problems(self, rule: Rule) -> Iterator[PolicyError]:
        yield from self._head_problems(rule)
        for goal in leaves(rule.body):
            yield from self._attribute_problems(rule, goal)
            yield from self._literal_problems(rule, goal)
            yield from self._pair_problems(rule, goal)

    def _head_problems(self, rule: Rule) -> Iterator[PolicyError]:
        for position, argument in enumerate(rule.arguments):
            if argument.literal is not None:
                yield from _rejections(rule.place, argument.literal, self._head_choices(rule, position))
        if rule.name not in _HEADS and not self._callers_of(rule) and _looks_like_decision(rule):
            yield PolicyError(
                f"{rule.place}: {unknown_message('rule', rule.name, _HEADS)} No rule calls it, so it has no effect."
            )

    def _attribute_problems(self, rule: Rule, goal: Goal) -> Iterator[PolicyError]:
        """Yield an error for each attribute that a helper reads but its callers' arguments lack."""
        for path in paths(goal):
            if path.attribute is None or self._is_viewer(rule, path.variable):
                continue
            for row in self._rows(rule, path.variable):
                names = (*row.table.c.keys(), *(link.name for link in getattr(row, "links", ())))
                if path.attribute not in names:
                    yield PolicyError(f"{path.place}: {unknown_message(f'attribute of {row.name}', path.attribute, names)}")
            if self._is_value(rule, path.variable):
                yield PolicyError(
                    f"{path.place}: {rule.name} is called with a single value, which has no attributes. Pass the row instead."
                )

    def _literal_problems(self, rule: Rule, goal: Goal) -> Iterator[PolicyError]:
        match goal:
            case Comparison(_, _, Constant() as left, Listing(_, items)):
                choices = [choice for item in items for choice in self._choices(rule, item)]
                yield from _rejections(left.place, left.value, [_union(choices)])
            case Comparison(_, _, left, Listing(_, items)):
                choices = self._choices(rule, left)
                for item in items:
                    if isinstance(item, Constant):
                        yield from _rejections(item.place, item.value, choices)
            case Comparison(_, _, Constant() as literal, Path() as other) | Comparison(
                _, _, Path() as other, Constant() as literal
            ):
                yield from _rejections(literal.place, literal.value, self._choices(rule, other))
            case Call(place, name, arguments):
                for position, argument in enumerate(arguments):
                    if isinstance(argument, Constant):
                        yield from _rejections(place, argument.value, self._helper_choices(name, len(arguments), position))

    def _pair_problems(self, rule: Rule, goal: Goal) -> Iterator[PolicyError]:
        """Yield an error for two attributes that are compared although they share no value."""
        if not isinstance(goal, Comparison):
            return
        left, *others = (self._enumerable(rule, term) for term in _terms(goal))
        for other in others:
            if left and other and not {*left.known} & {*other.known}:
                yield PolicyError(f"{goal.place}: {left.what} and {other.what} share no value, so they're never equal.")

    def _enumerable(self, rule: Rule, term: Constant | Path) -> _Enumerable | None:
        """Return the values of an attribute if they're a closed set."""
        if isinstance(term, Constant) or term.attribute is None:
            return None
        choice = self._attribute(rule, term)
        if not choice or not all(words.known for words in choice):
            return None
        return _Enumerable(
            " or ".join(words.what for words in choice), tuple(word for words in choice for word in words.known or ())
        )

    def _choices(self, rule: Rule, term: Constant | Path) -> list[Choice]:
        """Return the choices that a value must satisfy, all of them, to equal a term."""
        if isinstance(term, Constant):
            return []
        if term.attribute is not None:
            return [self._attribute(rule, term)]
        names = _aliases(rule, term.variable)
        inherited = [
            choice
            for position, argument in enumerate(rule.arguments)
            if argument.name in names
            for choice in self._head_choices(rule, position)
        ]
        return [*inherited, *self._comparison_choices(rule, term.variable)]

    def _attribute(self, rule: Rule, path: Path) -> Choice:
        name = path.attribute or ""
        if self._is_viewer(rule, path.variable):
            return (fact(name),)
        return tuple(column(row, name) for row in self._rows(rule, path.variable) if name in row.table.c)

    def _head_choices(self, rule: Rule, position: int) -> list[Choice]:
        """Return the choices for an argument of a rule's head, as determined by its callers."""
        if rule.name in ABILITIES:
            return [(AllowedValues("ability", self._catalogue.abilities, str),)] if position == 1 else []
        if rule.name in DECISIONS:
            return self._decision_choices(rule, position)
        if rule.name in (NEVER_KIND, EXEMPT):
            return [(_KIND,)] if position == len(rule.arguments) - 1 else []
        callers = self._callers_of(rule)
        return [_union(choice for caller, call in callers for choice in self._choices(caller, call.arguments[position]))]

    def _decision_choices(self, rule: Rule, position: int) -> list[Choice]:
        entity = rule.entity or ""
        if position == 1:
            known = FIELD_ACTIONS if rule.name in FIELD_RULES else self._catalogue.actions(entity)
            what = f"action on a field of {entity}" if rule.name in FIELD_RULES else f"action on {entity}"
            return [(AllowedValues(what, known, str),)]
        if position == 3:
            return [(AllowedValues(f"field of {entity}", self._fields.get(entity, ()), str),)]
        return []

    def _helper_choices(self, name: str, arity: int, position: int) -> list[Choice]:
        """Return the choices that the rules of this name accept for an argument."""
        called = self._helpers[name, arity]
        heads = [rule.arguments[position] for rule in called]
        if all(head.literal is not None for head in heads):
            return [(AllowedValues(f"argument of {name}", tuple(head.literal for head in heads)),)]
        variables = [(rule, str(rule.arguments[position].name)) for rule in called if rule.arguments[position].name]
        return [_union(choice for rule, variable in variables for choice in self._comparison_choices(rule, variable))]

    def _comparison_choices(self, rule: Rule, variable: str) -> list[Choice]:
        """Return the choices from what a variable is compared with in its rule's body and in the rules that it calls."""
        key = (id(rule), variable)
        if key not in self._local:
            self._local[key] = [] if rule.body is None else self._goal_choices(rule, rule.body, _aliases(rule, variable))
        return self._local[key]

    def _goal_choices(self, rule: Rule, goal: Goal, names: frozenset[str]) -> list[Choice]:
        match goal:
            case All(goals):
                return [choice for item in goals for choice in self._goal_choices(rule, item, names)]
            case Any(goals):
                return [_union(choice for item in goals for choice in self._goal_choices(rule, item, names))]
            case Negation(_, item):
                return self._goal_choices(rule, item, names)
            case Call(_, name, arguments):
                places = [place for place, argument in enumerate(arguments) if _names(argument, names)]
                return [choice for place in places for choice in self._helper_choices(name, len(arguments), place)]
            case Comparison(_, _, left, right):
                return self._other_side(rule, left, right, names)
        return []

    def _other_side(
        self, rule: Rule, left: Constant | Path, right: Constant | Path | Listing, names: frozenset[str]
    ) -> list[Choice]:
        """Return the choices from the other side of a comparison with a variable. For a list, any item will do."""
        items = right.items if isinstance(right, Listing) else (right,)
        if _names(left, names):
            stored = [item for item in items if isinstance(item, Path) and item.attribute is not None]
            return [_union(self._attribute(rule, item) for item in stored)] if len(stored) == len(items) else []
        if any(_names(item, names) for item in items) and isinstance(left, Path) and left.attribute is not None:
            return [self._attribute(rule, left)]
        return []

    def _is_viewer(self, rule: Rule, variable: str) -> bool:
        return any(argument.name == variable and argument.type == "Viewer" for argument in rule.arguments)

    def _rows(self, rule: Rule, variable: str) -> tuple[Row, ...]:
        """Return the row types of a variable: its declared type, its link's, or those that its rule is called with."""
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
        """Return True if some caller passes a literal or an attribute for this argument."""
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


def _looks_like_decision(rule: Rule) -> bool:
    """Return True if a helper looks like a misnamed decision: by its name, or by its viewer, action and type arguments."""
    second, third = [*rule.arguments[1:], Argument(), Argument()][:2]
    is_literal, is_action = second.literal is not None, second.type is None and third.type is not None
    return nearest(rule.name, _HEADS) is not None or is_literal or is_action


def _rejections(place: str, value: Value, choices: Iterable[Choice]) -> Iterator[PolicyError]:
    """Yield an error for each choice that doesn't allow the value. A choice without alternatives allows anything."""
    for choice in choices:
        if choice and not any(words.accept(value) for words in choice):
            yield choice[0].error(place, value)


def _terms(comparison: Comparison) -> tuple[Constant | Path, ...]:
    right = comparison.right
    return (comparison.left, *(right.items if isinstance(right, Listing) else (right,)))


def _union(choices: Iterable[Choice]) -> Choice:
    return tuple(dict.fromkeys(words for choice in choices for words in choice))


def _names(term: Constant | Path, names: frozenset[str]) -> bool:
    return isinstance(term, Path) and term.attribute is None and term.variable in names


def _aliases(rule: Rule, variable: str) -> frozenset[str]:
    """Return the variable and all variables that the rule compares it with, directly or through others."""
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


def _format_value(value: Value) -> str:
    """Format a value as rules write it."""
    if isinstance(value, str):
        return f'"{value}"'
    return "nil" if value is None else str(value).lower()
