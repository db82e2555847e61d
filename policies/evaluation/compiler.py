"""Evaluation of rules by Oso: with an unknown row for compilation, and with known values for tests and explanations.

The only module that imports Oso. For compilation, each allow and deny rule gets a unique head, so each residual can be traced
to its rule. Denials are negated by our code, never by Polar.
"""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from oso import Oso
from polar import Variable
from polar.exceptions import OsoError
from polar.expression import Expression, Pattern

from policies.entity import Catalogue, Entity, Resource
from policies.errors import PolicyError
from policies.evaluation.residual import Atom, Operand, Reference, Tag, translate
from policies.facts import Facts, as_polar_value, concrete_facts
from policies.language.source import DECISIONS, FIELD_RULES, OF_VIEWERS, Argument, Rule, Text, policy_files
from policies.language.syntax import paths
from policies.predicates.predicate import FALSE, TRUE, Predicate, conj, disj
from policies.viewer import Viewer

_NOTED: Final = "noted__(_);"
_NO_WARNING: Final = "allow_request(_viewer, _request) if 1 = 2;"  # Polar warns about policies without an allow rule


class Compiler:
    """Compiles single rules into predicates, given the facts of a viewer's shape."""

    def __init__(self, texts: tuple[Text, ...], rules: tuple[Rule, ...], catalogue: Catalogue) -> None:
        """Load the texts, with a unique head for each decision rule."""
        self.catalogue = catalogue
        headed = DECISIONS | OF_VIEWERS
        self._heads = {rule: f"{rule.name}__{number}" for number, rule in enumerate(rules) if rule.name in headed}
        self._oso = _loaded(catalogue, [*(_numbered(text, self._heads) for text in texts), _NO_WARNING])

    def rows(self, rule: Rule, facts: Facts, action: str) -> Predicate:
        """Return the rows that an allow or deny rule matches."""
        return disj(residual for _, residual in self._evaluate(rule, facts, action, ()))

    def fields(self, rule: Rule, facts: Facts, action: str) -> dict[str | None, Predicate]:
        """Return the rows that an allow_field or deny_field rule matches, by field. None stands for every field."""
        found: dict[str | None, list[Predicate]] = {}
        for bindings, residual in self._evaluate(rule, facts, action, (Variable("field"),)):
            found.setdefault(_field(rule, bindings["field"]), []).append(residual)
        return {field: disj(residuals) for field, residuals in found.items()}

    def ability(self, rule: Rule, facts: Facts) -> bool:
        """Return whether a rule about viewers (an ability, its denial, a kind) matches the viewer. Only the shape matters."""
        return _query(self._oso, self._heads[rule], facts, rule.arguments[1].literal)

    def _evaluate(
        self, rule: Rule, facts: Facts, action: str, more: tuple[Variable, ...]
    ) -> Iterator[tuple[dict[str, Any], Predicate]]:
        arguments = (facts, action, Variable("resource"), *more)
        return _residuals(self._oso, self._heads[rule], rule, self.catalogue[rule.entity or ""], arguments)


class Prefixes:
    """Compiles the prefixes of a rule's body, so that an explanation can say which part fails first.

    Each part is evaluated with only those earlier parts that share variables with it.
    """

    def __init__(self, texts: tuple[Text, ...], rules: tuple[Rule, ...], catalogue: Catalogue) -> None:
        """Load the texts unchanged, plus a rule for each part with the earlier parts that it shares variables with."""
        self.catalogue = catalogue
        self._heads = {rule: f"{rule.name}__{number}" for number, rule in enumerate(rules)}
        pieces = [_piece(rule, head, n) for rule, head in self._heads.items() for n in range(len(rule.parts))]
        self._oso = _loaded(catalogue, [*(text.content for text in texts), *pieces, _NOTED, _NO_WARNING])

    def rows(self, rule: Rule, facts: Facts, action: str, field: str | None) -> tuple[Predicate, ...]:
        """Return, for each part, the rows that match it and all parts before it. For a field rule, `field` selects the field.

        A rule about viewers alone matches every row or none.
        """
        prefixes: list[Predicate] = []
        for part in range(len(rule.parts)):
            if prefixes and prefixes[-1] == FALSE:
                prefixes.append(FALSE)
                continue
            first = _first_tied_part(rule, part)
            before = prefixes[first - 1] if first else TRUE
            prefixes.append(conj((before, self._piece(rule, part, facts, action, field))))
        return tuple(prefixes)

    def _piece(self, rule: Rule, part: int, facts: Facts, action: str, field: str | None) -> Predicate:
        head = f"{self._heads[rule]}__{part}"
        arguments = tuple(
            _argument_value(each, facts, action if place == 1 else field) for place, each in enumerate(rule.arguments)
        )
        types = [argument.type for argument in rule.arguments if argument.type not in (None, "Viewer")]
        if not types:
            return TRUE if _query(self._oso, head, *arguments) else FALSE
        entity = self.catalogue[types[0] or ""]
        return disj(rest for _, rest in _residuals(self._oso, head, rule, entity, arguments))


class Oracle:
    """Oso's own verdict for one viewer and one row. The compiled policy is tested against it.

    Oso takes time for each rule of a name, also for those about other types. So each decision rule is loaded under a name of its
    type: `allow__Port`. Nothing else of it changes.
    """

    def __init__(self, directory: Path, texts: tuple[Text, ...], rules: tuple[Rule, ...], catalogue: Catalogue) -> None:
        """Check the files as they are. Raises PolicyError with the file and line of what Oso refuses."""
        try:
            _oso(catalogue).load_files([str(path) for path in policy_files(directory)])
        except OsoError as error:
            raise PolicyError(_first_line(error)) from error
        self._heads = {rule: _of_type(rule.name, rule.entity) for rule in rules if rule.name in DECISIONS}
        self._names = frozenset(self._heads.values())
        self._texts, self._catalogue = texts, catalogue

    @cached_property
    def _oso(self) -> Any:
        """Loaded for the first verdict: a gateway never asks for one."""
        return _loaded(self._catalogue, [*(_numbered(text, self._heads) for text in self._texts), _NO_WARNING])

    def allows(self, viewer: Viewer, action: str, entity: str, row: Resource, *field: str) -> bool:
        """Return True if a rule allows the row (or the field of the row) and no rule denies it."""
        allow, deny = ("allow_field", "deny_field") if field else ("allow", "deny")
        arguments = (concrete_facts(viewer), action, _polar_row(row), *field)
        return self._matches(_of_type(allow, entity), arguments) and not self._matches(_of_type(deny, entity), arguments)

    def _matches(self, name: str, arguments: tuple[Any, ...]) -> bool:
        return name in self._names and _query(self._oso, name, *arguments)


def _of_type(name: str, entity: str | None) -> str:
    return f"{name}__{entity}"


def _oso(catalogue: Catalogue) -> Any:
    oso: Any = Oso()  # untyped methods
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
    """Yield the bindings and the residual predicate of each way through a rule. The third argument is the unknown row."""
    unknown = _expression("And", _expression("Isa", Variable("resource"), _pattern(entity.name)))
    results = oso.query_rule(head, *arguments, bindings={"resource": unknown}, accept_expression=True)
    try:
        for result in results:
            yield result["bindings"], translate(_atoms(result["bindings"]["resource"]), entity)
    except (OsoError, PolicyError) as error:
        raise PolicyError(f"{rule.place}: {arguments[1]} {entity.name}: {_first_line(error)}") from error


def _argument_value(argument: Argument, facts: Facts, word: str | None) -> Any:
    """Return the value to query a rule's argument with: the viewer, the unknown row, or `word`, an action or a field."""
    if argument.type is None:
        return word
    return facts if argument.type == "Viewer" else Variable("resource")


def _piece(rule: Rule, head: str, part: int) -> str:
    """Return a rule of one part and the parts it is tied to. `noted__` reads each variable that would otherwise be read only once.

    Polar warns about such variables.
    """
    first = _first_tied_part(rule, part)
    read = Counter(path.variable for goal in rule.goals[first : part + 1] for path in paths(goal))
    read.update(str(argument.name) for argument in rule.arguments if argument.name is not None)
    noted = [f"noted__({name})" for name, times in read.items() if times == 1 and not name.startswith("_")]
    arguments = ", ".join(map(str, rule.arguments))
    return f"{head}__{part}({arguments}) if {' and '.join([*rule.parts[first : part + 1], *noted])};"


def _first_tied_part(rule: Rule, part: int) -> int:
    """Return the first part that binds variables which `part` reads, other than those of the head, or `part` itself."""
    known = {argument.name for argument in rule.arguments} | {"_"}
    bound = [{path.variable for path in paths(goal)} - known for goal in rule.goals]
    first = part
    while True:
        here = set().union(*bound[first : part + 1])
        earlier = next((number for number in range(first) if bound[number] & here), first)
        if earlier == first:
            return first
        first = earlier


def _query(oso: Any, name: str, *arguments: Any) -> bool:
    try:
        return bool(oso.query_rule_once(name, *arguments))
    except OsoError as error:
        raise PolicyError(f"{name}: {_first_line(error)}") from error


def _expression(operator: str, *operands: Any) -> Expression:
    return Expression(operator, list(operands))  # type: ignore[no-untyped-call]  # Oso's classes are not typed


def _pattern(tag: str) -> Pattern:
    return Pattern(tag, {})  # type: ignore[no-untyped-call]  # Oso's classes are not typed


def _numbered(text: Text, heads: dict[Rule, str]) -> str:
    """Rename each decision rule's head in the text. Works backwards from the end so that offsets stay valid."""
    content = text.content
    for rule in sorted((rule for rule in heads if rule.file == text.file), key=lambda rule: -rule.start):
        content = content[: rule.start] + heads[rule] + content[rule.start + len(rule.name) :]
    return content


def _field(rule: Rule, binding: Any) -> str | None:
    """Return the field of one result. It must be one that the rule names."""
    if isinstance(binding, Variable) and rule.name == "deny_field" and rule.fields is None:
        return None
    if type(binding) is str and rule.name in FIELD_RULES and rule.fields is not None and binding in rule.fields:
        return binding
    raise PolicyError(
        f"{rule.place}: Not every way through this rule names a field (got {binding!r}). "
        "Write `field in [...]` as the first condition, outside any `or`."
    )


def _atoms(expression: Any) -> list[Atom]:
    """Return the terms of a conjunction. Polar's own term classes appear only here and in `_operand`."""
    if not isinstance(expression, Expression):
        raise PolicyError(f"The row evaluates to {expression!r}. Compare its columns instead.")
    terms = expression.args if expression.operator == "And" else [expression]
    return [Atom(term.operator, tuple(_operand(operand) for operand in term.args)) for term in terms]


def _operand(operand: Any) -> Operand:
    if isinstance(operand, Variable):
        return Reference("".join(operand))  # str(operand) returns a repr
    if isinstance(operand, Pattern):
        if operand.fields:
            raise PolicyError(f"The pattern {operand.tag} has fields. Compare columns instead.")
        return Tag(operand.tag)
    if isinstance(operand, Expression) and operand.operator == "Dot":
        base = _operand(operand.args[0])
        if isinstance(base, Reference) and type(operand.args[1]) is str and len(operand.args) == 2:
            return Reference(base.variable, (*base.attributes, operand.args[1]))
    return operand


def _polar_row(row: Resource) -> Resource:
    """Return a copy of the row as rules see it: NULL as Null, enums as their values, and linked rows likewise."""
    shown = object.__new__(type(row))
    for name, value in vars(row).items():
        if name in row.links:
            shown.__dict__[name] = [_polar_row(linked) for linked in value]
        else:
            shown.__dict__[name] = as_polar_value(value.value if isinstance(value, enum.Enum) else value)
    return shown


def _first_line(error: Exception) -> str:
    return str(error).split("\n\tGet help", maxsplit=1)[0]
