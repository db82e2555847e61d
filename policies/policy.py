"""The policy of the gateway: loaded and checked once, compiled once for each viewer shape, asked by everybody else.

Whoever reads data takes `decide`; nothing else in the gateway decides who sees what. `allows` and `allows_field` are
Oso's own slow verdict, for tests and explanations.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any

from policies.compiler import Compiler, Oracle, Prefixes
from policies.decision import Decision, FieldRule
from policies.entity import Catalogue, Entity, Resource
from policies.errors import PolicyError
from policies.explanation import Explainer, Explanation
from policies.facts import Facts
from policies.lint import lint
from policies.predicate import FALSE, TRUE, Predicate, assume, conj, disj, disjuncts, negate
from policies.reason import Reason
from policies.shape_memo import ShapeMemo
from policies.shapes import mentioned
from policies.source import DECISIONS, FIELD_RULES, OF_VIEWERS, ROW_RULES, Rule, Text, digest, parse, read_texts
from policies.suggestions import hint, unknown
from policies.viewer import Shape, Viewer

__all__ = ["Decision", "FieldRule", "Policy"]


class Policy:
    """The rules of one directory over one catalogue. Safe to use from several threads."""

    version: str

    def __init__(self, directory: Path, catalogue: Catalogue, texts: tuple[Text, ...]) -> None:
        """Parse, lint and load; `Policy.load` reads the texts."""
        self.catalogue = catalogue
        self.version = digest(texts)
        self._texts = texts
        self.rules = tuple(rule for text in texts for rule in parse(text))
        lint(self.rules, catalogue)
        self._oracle = Oracle(directory, self.rules, catalogue)
        self._compiler = Compiler(texts, self.rules, catalogue)
        self._lock = threading.Lock()
        self._memo: dict[tuple[Any, ...], Any] = {}
        self._made: dict[tuple[Any, ...], Decision] = {}
        self._known = ShapeMemo()
        self._told_roles: dict[Rule, frozenset[str]] = {}
        self._concerned: dict[tuple[str, str, str], list[Rule]] = {}

    @classmethod
    def load(cls, directory: Path, catalogue: Catalogue) -> Policy:
        """Load all `.polar` files of a directory. Raises PolicyError, with file and line, for whatever cannot be trusted."""
        return cls(directory, catalogue, read_texts(directory))

    def decide(self, shape: Shape, entity: str, action: str = "read") -> Decision:
        """The compiled decision: the same object for all shapes between which the rules do not tell."""
        decision: Decision = self._remembered(shape, entity, action)
        return decision

    def can(self, shape: Shape, ability: str) -> bool:
        """Whether viewers of this shape have an ability; an ability that no rule names is an error."""
        return self.denial_reason(shape, ability) is None

    def denial_reason(self, shape: Shape, ability: str) -> Reason | None:
        """Why viewers of this shape do not have an ability, None if they have it; one that no rule names is an error."""
        if not any(rule.name == "ability" and rule.arguments[1].literal == ability for rule in self.rules):
            raise PolicyError(f"no rule names the ability {ability}")
        reason: Reason | None = self._remembered(shape, ability)
        return reason

    def allows(self, viewer: Viewer, action: str, entity: str, row: Resource) -> bool:
        """Oso's own verdict of one row. A part is visible with its whole, so always by itself."""
        return self.catalogue[entity].part_of is not None or self._oracle.allows(viewer, action, row)

    def allows_field(self, viewer: Viewer, action: str, entity: str, row: Resource, field: str) -> bool:
        """Oso's own verdict of one field, of a row that is visible."""
        if not isinstance(row, self.catalogue[entity].resource):
            raise PolicyError(f"the row is no {entity}")
        return self._oracle.allows(viewer, action, row, field)

    def explain(self, rule: Rule, shape: Shape, action: str, field: str | None = None) -> Predicate:
        """The rows of which a single allow or deny rule is true, for viewers of a shape: for one field of a field rule.

        A rule about viewers alone (an ability, a kind) is true of every row, or of none.
        """
        with self._lock:
            if rule.name in OF_VIEWERS:
                return TRUE if self._has(shape, rule) else FALSE
            told = dict(self._told(shape, rule, action))
        return disj((told.get(field, FALSE), told.get(None, FALSE)))

    def explanation(self, shape: Shape, entity: str, action: str = "read", field: str | None = None) -> Explanation:
        """The rules that decide of a row for viewers of a shape, or of a field of it, part by part. Raises PolicyError.

        A field is decided on a row that may be read; of a part, which is visible with its whole, there is only its field to decide.
        """
        if field is not None and field not in self.fields(entity):
            raise PolicyError(f"no rule of {entity} names the field {field}")
        with self._lock:
            return self._known.of(
                ("explanation", entity, action, field), shape, lambda viewer: self._explanation(viewer, entity, action, field)
            )

    def actions(self, entity: str) -> tuple[str, ...]:
        """What the rules of a type speak of doing to its rows, in their order."""
        named = (rule.arguments[1].literal for rule in self.rules if rule.name in DECISIONS and rule.entity == entity)
        return tuple(dict.fromkeys(action for action in named if action is not None))

    def fields(self, entity: str) -> tuple[str, ...]:
        """The fields of a type that any rule names, in their order."""
        named = (rule.fields or () for rule in self.rules if rule.name in FIELD_RULES and rule.entity == entity)
        return tuple(sorted({field for fields in named for field in fields}))

    def check_fields(self, schema_fields: Mapping[str, Collection[str]]) -> None:
        """Refuse a schema field that no allow_field rule names, and a rule that names no schema field."""
        problems = self.unmatched_fields(schema_fields)
        if problems:
            raise PolicyError("\n".join(problems))

    def unmatched_fields(self, schema_fields: Mapping[str, Collection[str]]) -> list[str]:
        """Each schema field that no allow_field rule names, and each rule that names no schema field, by entity."""
        problems: list[str] = []
        for entity in self.catalogue:
            fields = schema_fields.get(entity.name, ())
            rules = [rule for rule in self.rules if rule.name in FIELD_RULES and rule.entity == entity.name]
            problems += _unnamed(entity, fields, rules)
            problems += _unknown(entity, fields, rules)
        return problems

    def _remembered(self, shape: Shape, *question: str) -> Any:
        key = (shape, *question)
        if key not in self._memo:
            with self._lock:
                self._memo[key] = self._decide(shape, *question) if len(question) == 2 else self._withheld(shape, *question)
        return self._memo[key]

    def _decide(self, shape: Shape, name: str, action: str) -> Decision:
        """One decision for all shapes of which no rule tells anything else."""
        entity = self.catalogue[name]
        if action not in (known := self.catalogue.actions(name)):
            raise PolicyError(unknown(f"action on {name}", action, known))
        told = tuple(self._told(shape, rule, action) for head in DECISIONS for rule in self._concerning(head, entity, action))
        if (name, action, told) not in self._made:
            rows = self._rows(shape, entity, action)
            fields = MappingProxyType(self._fields(shape, entity, action, rows))
            self._made[name, action, told] = Decision(name, action, rows, fields)
        return self._made[name, action, told]

    def _told(self, shape: Shape, rule: Rule, action: str) -> tuple[tuple[str | None, Predicate], ...]:
        """The rows of which a rule is true, of a field rule for each field; under None for every field, or for the row."""

        def find(viewer: Facts) -> tuple[tuple[str | None, Predicate], ...]:
            if rule.name in FIELD_RULES:
                return tuple(self._compiler.fields(rule, viewer, action).items())
            return ((None, self._compiler.rows(rule, viewer, action)),)

        return self._known.of((rule.place, rule.start, action), self._as_told_by(rule, shape), find)

    def _withheld(self, shape: Shape, ability: str) -> Reason | None:
        """The reason of the first rule that denies an ability; where none does and none allows it, that of the ability."""
        allow, deny = (
            [rule for rule in self.rules if rule.name == name and rule.arguments[1].literal == ability]
            for name in ("ability", "deny_ability")
        )
        denying = next((rule.reason for rule in deny if self._has(shape, rule)), None)
        if denying is not None or any(self._has(shape, rule) for rule in allow):
            return denying
        return next((rule.reason for rule in allow if rule.reason is not None), Reason.NOT_YOURS)

    @cached_property
    def _explainer(self) -> Explainer:
        """Loaded when something is explained for the first time."""
        return Explainer(self.rules, Prefixes(self._texts, self.rules, self.catalogue))

    def _explanation(self, viewer: Facts, name: str, action: str, field: str | None) -> Explanation:
        entity = self.catalogue[name]
        row = self._explainer.stage(viewer, ROW_RULES, entity, action, None)
        stages = () if entity.part_of is not None else (row,)
        if field is None:
            return Explanation(stages)
        of_field = self._explainer.stage(viewer, FIELD_RULES, entity, action, self._otherwise(entity, field), field)
        return Explanation((*stages, of_field))

    def _has(self, shape: Shape, rule: Rule) -> bool:
        told = self._as_told_by(rule, shape)
        return self._known.of((rule.place, rule.start), told, lambda viewer: self._compiler.ability(rule, viewer))

    def _as_told_by(self, rule: Rule, shape: Shape) -> Shape:
        """The shape with only the roles that a rule can tell apart, so that a rule is evaluated once for all that it takes as one."""
        if rule not in self._told_roles:
            self._told_roles[rule] = frozenset(mentioned([rule], self.rules).roles)
        roles = self._told_roles[rule]
        return replace(shape, roles=tuple([role for role in shape.roles if role in roles]))

    def _rows(self, shape: Shape, entity: Entity, action: str) -> Predicate:
        if entity.part_of is not None:
            return TRUE
        allowed, denied = (
            disj(rows for rule in self._concerning(name, entity, action) for _, rows in self._told(shape, rule, action))
            for name in ("allow", "deny")
        )
        return disj(disjuncts(conj((allowed, negate(denied)))))

    def _fields(self, shape: Shape, entity: Entity, action: str, rows: Predicate) -> dict[str, FieldRule]:
        allow, deny = (
            [(rule, dict(self._told(shape, rule, action))) for rule in self._concerning(name, entity, action)]
            for name in ("allow_field", "deny_field")
        )
        named = self.fields(entity.name)
        return {field: _field_rule(field, rows, allow, deny, self._otherwise(entity, field)) for field in named}

    def _concerning(self, name: str, entity: Entity, action: str) -> list[Rule]:
        key = (name, entity.name, action)
        if key not in self._concerned:
            self._concerned[key] = [rule for rule in self.rules if rule.name == name and rule.concerns(entity.name, action)]
        return self._concerned[key]

    def _otherwise(self, entity: Entity, field: str) -> Reason:
        """The reason of the first allow_field rule that names the field and has one."""
        for rule in self.rules:
            if rule.name == "allow_field" and rule.entity == entity.name and rule.names(field) and rule.reason:
                return rule.reason
        return Reason.NOT_YOURS


def _field_rule(
    field: str,
    rows: Predicate,
    allow: list[tuple[Rule, dict[str | None, Predicate]]],
    deny: list[tuple[Rule, dict[str | None, Predicate]]],
    otherwise: Reason,
) -> FieldRule:
    """One field: what allows it, less what denies it, of rows that are visible."""
    allowed = disj(fields.get(field, FALSE) for _, fields in allow)
    denied = [(rule, disj((fields.get(field, FALSE), fields.get(None, FALSE)))) for rule, fields in deny]
    visible = conj((allowed, negate(disj(predicate for _, predicate in denied))))
    given = TRUE if rows == FALSE else rows  # of no row everything is true
    denials = tuple((assume(given, predicate), rule.reason) for rule, predicate in denied if rule.reason is not None)
    return FieldRule(
        visible=FALSE if rows == FALSE else assume(rows, visible),
        denials=tuple((predicate, reason) for predicate, reason in denials if predicate != FALSE),
        otherwise=otherwise,
    )


def _unnamed(entity: Entity, fields: Collection[str], rules: list[Rule]) -> list[str]:
    named = {field for rule in rules if rule.name == "allow_field" for field in rule.fields or ()}
    return [f"{entity.name}.{field}: no allow_field rule names it" for field in sorted(set(fields) - named)]


def _unknown(entity: Entity, fields: Collection[str], rules: list[Rule]) -> list[str]:
    return [
        f"{rule.place}: {entity.name} has no field {field}. {hint(field, sorted(fields))}"
        for rule in rules
        for field in rule.fields or ()
        if field not in fields
    ]
