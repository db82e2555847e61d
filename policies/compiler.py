"""Oso: rules evaluated with the row unknown, for compilation, and with everything known, for tests and explanations.

The only module that imports Oso. For compilation each allow and deny rule gets a head of its own, so that what is left
over is known to come from that rule; denials are negated by us and never by Polar.
"""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from oso import Oso
from polar import Variable
from polar.exceptions import OsoError
from polar.expression import Expression, Pattern

from policies.entity import Catalogue, Entity, Resource
from policies.errors import PolicyError
from policies.facts import Facts, concrete, presented
from policies.predicate import FALSE, TRUE, Predicate, conj, disj
from policies.residual import Atom, Operand, Reference, Tag, translate
from policies.source import DECISIONS, FIELD_RULES, OF_VIEWERS, Argument, Rule, Text, policy_files
from policies.syntax import paths
from policies.viewer import Viewer

_NOTED: Final = "noted__(_);"
_NO_WARNING: Final = "allow_request(_viewer, _request) if 1 = 2;"  # Polar warns of policies without an allow rule


class Compiler:
    """What single rules leave over once the facts of a viewer's shape are known."""

    def __init__(self, texts: tuple[Text, ...], rules: tuple[Rule, ...], catalogue: Catalogue) -> None:
        """Load the texts with a head of its own for each decision rule."""
        self.catalogue = catalogue
        headed = DECISIONS | OF_VIEWERS
        self._heads = {rule: f"{rule.name}__{number}" for number, rule in enumerate(rules) if rule.name in headed}
        self._oso = _loaded(catalogue, [*(_numbered(text, self._heads) for text in texts), _NO_WARNING])

    def rows(self, rule: Rule, facts: Facts, action: str) -> Predicate:
        """The rows of which an allow or deny rule is true."""
        return disj(residual for _, residual in self._evaluate(rule, facts, action, ()))

    def fields(self, rule: Rule, facts: Facts, action: str) -> dict[str | None, Predicate]:
        """For each field that an allow_field or deny_field rule is true of, the rows; None stands for every field."""
        found: dict[str | None, list[Predicate]] = {}
        for bindings, residual in self._evaluate(rule, facts, action, (Variable("field"),)):
            found.setdefault(_field(rule, bindings["field"]), []).append(residual)
        return {field: disj(residuals) for field, residuals in found.items()}

    def ability(self, rule: Rule, facts: Facts) -> bool:
        """Whether a rule about viewers (an ability, its denial, a kind) is true of the viewer. Its shape alone decides."""
        return _ask(self._oso, self._heads[rule], facts, rule.arguments[1].literal)

    def _evaluate(
        self, rule: Rule, facts: Facts, action: str, more: tuple[Variable, ...]
    ) -> Iterator[tuple[dict[str, Any], Predicate]]:
        arguments = (facts, action, Variable("resource"), *more)
        return _residuals(self._oso, self._heads[rule], rule, self.catalogue[rule.entity or ""], arguments)


class Prefixes:
    """What the first parts of a rule leave over: of all of them as few are asked at once as variables of theirs tie together."""

    def __init__(self, texts: tuple[Text, ...], rules: tuple[Rule, ...], catalogue: Catalogue) -> None:
        """Load the texts as they are, and beside them a rule for each part, with those before it that it is tied to."""
        self.catalogue = catalogue
        self._heads = {rule: f"{rule.name}__{number}" for number, rule in enumerate(rules)}
        pieces = [_piece(rule, head, n) for rule, head in self._heads.items() for n in range(len(rule.parts))]
        self._oso = _loaded(catalogue, [*(text.content for text in texts), *pieces, _NOTED, _NO_WARNING])

    def rows(self, rule: Rule, facts: Facts, action: str, field: str | None) -> tuple[Predicate, ...]:
        """For each part the rows of which it is true, and all parts before it: asked for one field, of a field rule.

        A rule of the viewer alone is true of every row, or of none.
        """
        upto: list[Predicate] = []
        for part in range(len(rule.parts)):
            if upto and upto[-1] == FALSE:
                upto.append(FALSE)
                continue
            first = _tied(rule, part)
            before = upto[first - 1] if first else TRUE
            upto.append(conj((before, self._piece(rule, part, facts, action, field))))
        return tuple(upto)

    def _piece(self, rule: Rule, part: int, facts: Facts, action: str, field: str | None) -> Predicate:
        head = f"{self._heads[rule]}__{part}"
        arguments = tuple(_given(each, facts, action if place == 1 else field) for place, each in enumerate(rule.arguments))
        types = [argument.type for argument in rule.arguments if argument.type not in (None, "Viewer")]
        if not types:
            return TRUE if _ask(self._oso, head, *arguments) else FALSE
        entity = self.catalogue[types[0] or ""]
        return disj(rest for _, rest in _residuals(self._oso, head, rule, entity, arguments))


class Oracle:
    """Oso's own verdict, of one viewer and one row: what the compiled policy is measured against. Slow."""

    def __init__(self, directory: Path, rules: tuple[Rule, ...], catalogue: Catalogue) -> None:
        """Load the policy files as they are."""
        self._oso = _oso(catalogue)
        self._names = {rule.name for rule in rules}
        try:
            self._oso.load_files([str(path) for path in policy_files(directory)])
        except OsoError as error:
            raise PolicyError(_first_line(error)) from error

    def allows(self, viewer: Viewer, action: str, row: Resource, *field: str) -> bool:
        """Whether a rule allows it (the row, or the field of a row) and none denies it."""
        allow, deny = ("allow_field", "deny_field") if field else ("allow", "deny")
        arguments = (concrete(viewer), action, _presented_row(row), *field)
        return self._says(allow, arguments) and not self._says(deny, arguments)

    def _says(self, name: str, arguments: tuple[Any, ...]) -> bool:
        return name in self._names and _ask(self._oso, name, *arguments)


def _oso(catalogue: Catalogue) -> Any:
    oso: Any = Oso()  # its methods are not typed
    oso.register_class(Facts, name="Viewer", fields={})
    for entity in catalogue:
        oso.register_class(entity.resource, name=entity.name, fields={})
    return oso


def _loaded(catalogue: Catalogue, texts: Iterable[str]) -> Any:
    oso = _oso(catalogue)
    try:
        oso.load_str("\n".join(texts))
    except OsoError as error:
        raise PolicyError(_first_line(error)) from error
    return oso


def _residuals(
    oso: Any, head: str, rule: Rule, entity: Entity, arguments: tuple[Any, ...]
) -> Iterator[tuple[dict[str, Any], Predicate]]:
    """What is left over of a rule that has this head, for each way through it; the third argument is the unknown row."""
    unknown = _expression("And", _expression("Isa", Variable("resource"), _pattern(entity.name)))
    results = oso.query_rule(head, *arguments, bindings={"resource": unknown}, accept_expression=True)
    try:
        for result in results:
            yield result["bindings"], translate(_atoms(result["bindings"]["resource"]), entity)
    except (OsoError, PolicyError) as error:
        raise PolicyError(f"{rule.place}: {arguments[1]} {entity.name}: {_first_line(error)}") from error


def _given(argument: Argument, facts: Facts, word: str | None) -> Any:
    """What a rule is asked with in the place of an argument: the viewer, the unknown row, or the action or field that is meant."""
    if argument.type is None:
        return word
    return facts if argument.type == "Viewer" else Variable("resource")


def _piece(rule: Rule, head: str, part: int) -> str:
    """A rule of one part and those it is tied to. Variables that only others read are noted: Polar warns of unread ones."""
    first = _tied(rule, part)
    read = Counter(path.variable for goal in rule.goals[first : part + 1] for path in paths(goal))
    read.update(str(argument.name) for argument in rule.arguments if argument.name is not None)
    noted = [f"noted__({name})" for name, times in read.items() if times == 1 and not name.startswith("_")]
    arguments = ", ".join(map(str, rule.arguments))
    return f"{head}__{part}({arguments}) if {' and '.join([*rule.parts[first : part + 1], *noted])};"


def _tied(rule: Rule, part: int) -> int:
    """The first part from which on variables are bound that a part reads, other than those of the head; itself if there is none."""
    known = {argument.name for argument in rule.arguments} | {"_"}
    bound = [{path.variable for path in paths(goal)} - known for goal in rule.goals]
    first = part
    while True:
        here = set().union(*bound[first : part + 1])
        earlier = next((number for number in range(first) if bound[number] & here), first)
        if earlier == first:
            return first
        first = earlier


def _ask(oso: Any, name: str, *arguments: Any) -> bool:
    try:
        return bool(oso.query_rule_once(name, *arguments))
    except OsoError as error:
        raise PolicyError(f"{name}: {_first_line(error)}") from error


def _expression(operator: str, *operands: Any) -> Expression:
    return Expression(operator, list(operands))  # type: ignore[no-untyped-call]  # Oso's classes are not typed


def _pattern(tag: str) -> Pattern:
    return Pattern(tag, {})  # type: ignore[no-untyped-call]  # Oso's classes are not typed


def _numbered(text: Text, heads: dict[Rule, str]) -> str:
    """The text with each decision rule's head renamed, from the end so that places stay what they are."""
    content = text.content
    for rule in sorted((rule for rule in heads if rule.file == text.file), key=lambda rule: -rule.start):
        content = content[: rule.start] + heads[rule] + content[rule.start + len(rule.name) :]
    return content


def _field(rule: Rule, binding: Any) -> str | None:
    """The field of one result, which has to be one that the rule states."""
    if isinstance(binding, Variable) and rule.name == "deny_field" and rule.fields is None:
        return None
    if type(binding) is str and rule.name in FIELD_RULES and rule.fields is not None and binding in rule.fields:
        return binding
    raise PolicyError(
        f"{rule.place}: not every way through this rule names a field (it found {binding!r}): "
        "write `field in [...]` as its first condition, outside of any `or`"
    )


def _atoms(expression: Any) -> list[Atom]:
    """The terms of a conjunction. Only here does Polar's own form of them appear."""
    if not isinstance(expression, Expression):
        raise PolicyError(f"the row became {expression!r}: compare its columns")
    terms = expression.args if expression.operator == "And" else [expression]
    return [Atom(term.operator, tuple(_operand(operand) for operand in term.args)) for term in terms]


def _operand(operand: Any) -> Operand:
    if isinstance(operand, Variable):
        return Reference("".join(operand))  # its own str() is a repr
    if isinstance(operand, Pattern):
        if operand.fields:
            raise PolicyError(f"the pattern {operand.tag} has fields: compare columns")
        return Tag(operand.tag)
    if isinstance(operand, Expression) and operand.operator == "Dot":
        base = _operand(operand.args[0])
        if isinstance(base, Reference) and type(operand.args[1]) is str and len(operand.args) == 2:
            return Reference(base.variable, (*base.attributes, operand.args[1]))
    return operand


def _presented_row(row: Resource) -> Resource:
    """A row as rules see it: NULL as Null, enums by their values, and linked rows the same way."""
    shown = object.__new__(type(row))
    for name, value in vars(row).items():
        if name in row.links:
            shown.__dict__[name] = [_presented_row(linked) for linked in value]
        else:
            shown.__dict__[name] = presented(value.value if isinstance(value, enum.Enum) else value)
    return shown


def _first_line(error: Exception) -> str:
    return str(error).split("\n\tGet help", maxsplit=1)[0]
