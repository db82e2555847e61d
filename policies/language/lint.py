"""Rejects rules that partial evaluation might compile incorrectly, and rules that name something unknown.

Oso's partial evaluation fails open where `not` touches the resource, and treats an error under `not` as false. So `not` can only
contain facts of the viewer, every name must be known, and every variable must be bound before it's used.
"""

from __future__ import annotations

from collections.abc import Iterator

from policies.entity import Catalogue
from policies.errors import PolicyError
from policies.language.scope import DATA, VIEWER, Scope, Type
from policies.language.source import ABILITIES, DECISIONS, EXEMPT, FIELD_RULES, NEVER_KIND, OF_VIEWERS, ROW_RULES, Rule
from policies.language.syntax import All, Any, Call, Comparison, Constant, Goal, Listing, Negation, Path, calls, paths
from policies.language.vocabulary import LiteralChecker
from policies.suggestions import hint
from policies.viewer import SETS

EXEMPTION = ('"TYPE"', '"FIELD"', '"KIND"')  # the arguments of an exemption
_ARITY = {"allow": 3, "deny": 3, "allow_field": 4, "deny_field": 4, "ability": 2, "deny_ability": 2, NEVER_KIND: 2}
_NEED_REASONS = ("deny_field", "deny_ability", NEVER_KIND)

_UNKNOWN_VALUES = (
    "This compares two values that are unknown at compile time, and Oso drops such a condition. "
    "Compare two columns of one row directly, as in `row.one = row.another`."
)


def find_problems(rules: tuple[Rule, ...], catalogue: Catalogue) -> Iterator[PolicyError]:
    """Yield all problems of the rules, each with file and line. The vocabulary is checked only once nothing else is wrong."""
    found = list(_structural_problems(rules, catalogue))
    yield from found or LiteralChecker(rules, catalogue).problems()


def _structural_problems(rules: tuple[Rule, ...], catalogue: Catalogue) -> Iterator[PolicyError]:
    bodies, called = _Bodies(rules, catalogue), _called_by_name(rules)
    for rule in rules:
        try:
            _check_head(rule, catalogue)
            if rule.body is not None:
                bodies.check(rule.body, Scope.of(rule, catalogue))
            _check_recursion(rule, called)
        except PolicyError as problem:
            yield problem


def lint(rules: tuple[Rule, ...], catalogue: Catalogue) -> None:
    """Raise PolicyError for the first problem."""
    for problem in find_problems(rules, catalogue):
        raise problem


def _check_head(rule: Rule, catalogue: Catalogue) -> None:
    if "__" in rule.name:
        raise PolicyError(
            f"{rule.place}: The name {rule.name} contains two underscores, which are reserved for the compiler. Rename it."
        )
    names = [argument.name for argument in rule.arguments if argument.name not in (None, "_")]
    if len(set(names)) != len(names):
        raise PolicyError(f"{rule.place}: Two arguments have the same name. Rename one of them.")
    for argument in rule.arguments:
        if argument.name is not None and argument.name[0].isupper():
            raise PolicyError(
                f"{rule.place}: The variable {argument.name} must start with a lowercase letter. Only types are capitalized."
            )
        if argument.type not in (None, "Viewer") and argument.type not in catalogue:
            known = hint(argument.type, ("Viewer", *(entity.name for entity in catalogue)))
            raise PolicyError(f"{rule.place}: {argument.type} is neither Viewer nor a type of the catalogue. {known}")
    if rule.name in _ARITY:
        _check_decision(rule, catalogue)
    if rule.name == EXEMPT:
        _check_exemption(rule)


def _check_decision(rule: Rule, catalogue: Catalogue) -> None:
    if len(rule.arguments) != _ARITY[rule.name]:
        raise PolicyError(f"{rule.place}: {rule.name} takes {_ARITY[rule.name]} arguments (got {len(rule.arguments)}).")
    if rule.arguments[0].type != "Viewer":
        raise PolicyError(f"{rule.place}: The first argument of {rule.name} must be `viewer: Viewer`.")
    if rule.name in _NEED_REASONS and rule.reason is None:
        raise PolicyError(f"{rule.place}: A {rule.name} rule needs `# @reason CODE` on the line above it.")
    if rule.name in OF_VIEWERS:
        if rule.arguments[1].literal is None:
            raise PolicyError(f'{rule.place}: The second argument of {rule.name} must be a literal, such as "quote".')
        return
    if rule.entity is None or rule.entity not in catalogue:
        raise PolicyError(
            f"{rule.place}: The third argument of {rule.name} must have a type of the catalogue, as in `port: Port`."
        )
    if rule.arguments[1].type is not None or (rule.name in FIELD_RULES and rule.arguments[3].type is not None):
        raise PolicyError(f"{rule.place}: Action and field arguments can't have a type. Write plain names or literals.")
    if rule.name in ROW_RULES and catalogue[rule.entity].part_of is not None:
        raise PolicyError(f"{rule.place}: {rule.entity} is a part and is read with its whole. Write field rules only.")


def _check_exemption(rule: Rule) -> None:
    literals = [argument.literal for argument in rule.arguments]
    if len(literals) != len(EXEMPTION) or None in literals or rule.body is not None:
        raise PolicyError(f"{rule.place}: Write the exemption as `exempt({', '.join(EXEMPTION)});`.")
    if not rule.comment:
        raise PolicyError(f"{rule.place}: An exemption needs a comment above it that gives the reason.")


class _Bodies:
    """Checks bodies: the goals of each from left to right, with what is known about each variable."""

    def __init__(self, rules: tuple[Rule, ...], catalogue: Catalogue) -> None:
        self.rules = rules
        self.callees: dict[tuple[str, int], list[Rule]] = {}
        for rule in rules:
            self.callees.setdefault((rule.name, len(rule.arguments)), []).append(rule)
        self.catalogue = catalogue

    def check(self, goal: Goal, scope: Scope) -> None:
        match goal:
            case All(goals):
                for item in goals:
                    self.check(item, scope)
            case Any(goals):
                for item in goals:
                    self.check(item, scope.copy())
            case Negation():
                self._negation(goal, scope)
            case Call():
                self._call(goal, scope)
            case Comparison(_, "in"):
                self._membership(goal, scope)
            case Comparison():
                self._comparison(goal, scope)
            case Path():
                scope.check_flag(goal)

    def _negation(self, negation: Negation, scope: Scope) -> None:
        for path in paths(negation.goal):
            if scope.types.get(path.variable) != VIEWER:
                raise PolicyError(
                    f"{path.place}: `not` can't be applied to `{path.variable}`, only to facts of the head's `viewer: Viewer`. "
                    "Write a `deny` rule, or use `!=`."
                )
        self.check(negation.goal, scope.copy())

    def _comparison(self, comparison: Comparison, scope: Scope) -> None:
        left, right = comparison.left, comparison.right
        if isinstance(right, Listing):
            raise PolicyError(f"{right.place}: Use `in` to compare with a list.")
        for term in (left, right):
            if isinstance(term, Path):
                scope.check_value(term)
        if scope.is_open(left) and scope.is_open(right) and not _are_columns_of_one_row(left, right):
            raise PolicyError(f"{comparison.place}: {_UNKNOWN_VALUES}")

    def _membership(self, comparison: Comparison, scope: Scope) -> None:
        left, right = comparison.left, comparison.right
        if isinstance(right, Constant):
            raise PolicyError(f"{right.place}: `in` needs a list, a link, or a viewer fact with several values on its right.")
        is_new = isinstance(left, Path) and left.attribute is None and left.variable not in scope.types
        if isinstance(right, Listing):
            self._elements(right, is_new or scope.is_open(left), scope)
        element = DATA if isinstance(right, Listing) else scope.check_many(right)
        if is_new and isinstance(left, Path):
            self._bind(left, right, element, scope)
        elif element != DATA:
            raise PolicyError(f"{comparison.place}: The left side of `in` with a link must be a new variable.")
        elif isinstance(left, Path):
            scope.check_value(left)

    def _elements(self, listing: Listing, has_open: bool, scope: Scope) -> None:
        for item in listing.items:
            if isinstance(item, Path):
                scope.check_value(item)
            if has_open and scope.is_open(item):
                raise PolicyError(f"{item.place}: {_UNKNOWN_VALUES}")

    def _bind(self, left: Path, right: Listing | Path, element: Type, scope: Scope) -> None:
        if left.variable[0].isupper():
            raise PolicyError(f"{left.place}: The free variable {left.variable} must start with a lowercase letter.")
        if isinstance(right, Path) and scope.types[right.variable] == VIEWER and right.attribute in SETS:
            raise PolicyError(
                f"{left.place}: {left.variable} is a free variable. Write `row.column in viewer.{right.attribute}`."
            )
        if left.variable != "_":  # each `_` is a separate variable
            scope.types[left.variable] = element

    def _call(self, call: Call, scope: Scope) -> None:
        if call.rule in DECISIONS | OF_VIEWERS:
            raise PolicyError(
                f"{call.place}: A rule can't call {call.rule}, because its denials apply too. Move the condition to a helper rule."
            )
        callees = self.callees.get((call.rule, len(call.arguments)), ())
        if not callees:
            known = hint(call.rule, (rule.name for rule in self.rules if rule.name not in DECISIONS | ABILITIES))
            raise PolicyError(f"{call.place}: No rule {call.rule} takes {len(call.arguments)} arguments. {known}")
        for position, term in enumerate(call.arguments):
            given = scope.check_argument(term)
            for callee in callees:
                self._check_passed(call, given, callee.arguments[position].type)

    def _check_passed(self, call: Call, given: Type, wanted: str | None) -> None:
        if (given == VIEWER) != (wanted == "Viewer"):
            raise PolicyError(f"{call.place}: {call.rule} takes the viewer only where its rules declare `: Viewer`.")
        if wanted not in (None, "Viewer") and given != self.catalogue[wanted or ""]:
            raise PolicyError(f"{call.place}: {call.rule} takes a {wanted} as this argument.")


def _are_columns_of_one_row(left: Constant | Path, right: Constant | Path) -> bool:
    if not isinstance(left, Path) or not isinstance(right, Path) or None in (left.attribute, right.attribute):
        return False
    return left.variable == right.variable and left.attribute != right.attribute


def _called_by_name(rules: tuple[Rule, ...]) -> dict[str, set[str]]:
    """Return the names that the rules of each name call."""
    called: dict[str, set[str]] = {}
    for rule in rules:
        called.setdefault(rule.name, set()).update(call.rule for call in calls(rule.body))
    return called


def _check_recursion(rule: Rule, called: dict[str, set[str]]) -> None:
    """Raise PolicyError if a rule calls itself, directly or through other rules."""
    reached: set[str] = set()
    ahead = {call.rule for call in calls(rule.body)}
    while ahead:
        reached |= ahead
        ahead = {name for each in ahead for name in called.get(each, ())} - reached
    if rule.name in reached:
        raise PolicyError(
            f"{rule.place}: {rule.name} calls itself. Recursive rules can't be proven to end; remove the recursion."
        )
