"""The gateway's policy: loaded and checked once, compiled once for each viewer shape, used by all other code.

Code that reads data uses `decide`; nothing else in the gateway decides who sees what. `allows` and `allows_field` return Oso's
own slow verdict, for tests and explanations.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeAlias

from policies.entity import Catalogue, Entity, Resource
from policies.errors import PolicyError
from policies.evaluation.compiler import Compiler, Oracle, Prefixes
from policies.evaluation.decision import Decision, FieldRule
from policies.evaluation.explanation import Explainer, Explanation
from policies.evaluation.shape_memo import ShapeMemo
from policies.evaluation.shapes import distinctions_of
from policies.facts import Facts
from policies.language.lint import lint
from policies.language.source import DECISIONS, FIELD_RULES, OF_VIEWERS, ROW_RULES, Rule, Text, digest, parse, read_texts
from policies.predicates.predicate import FALSE, TRUE, Predicate, assume, conj, disj, disjuncts, negate
from policies.reason import Reason
from policies.suggestions import hint, unknown_message
from policies.viewer import Shape, Viewer

__all__ = ["Decision", "FieldRule", "Policy"]

MatchingRows: TypeAlias = tuple[tuple[str | None, Predicate], ...]


class Policy:
    """The rules of one directory over one catalogue. Thread-safe."""

    version: str

    def __init__(self, directory: Path, catalogue: Catalogue, texts: tuple[Text, ...]) -> None:
        """Parse, lint and load the texts. Use `Policy.load` to read them from files."""
        self.catalogue = catalogue
        self.version = digest(texts)
        self._texts = texts
        self.rules = tuple(rule for text in texts for rule in parse(text))
        lint(self.rules, catalogue)
        self._oracle = Oracle(directory, texts, self.rules, catalogue)
        self._compiler = Compiler(texts, self.rules, catalogue)
        self._lock = threading.Lock()
        self._answers: dict[tuple[Any, ...], Any] = {}
        self._decisions: dict[tuple[Any, ...], Decision] = {}
        self._matching: dict[MatchingRows, MatchingRows] = {}
        self._shape_memo = ShapeMemo()
        self._distinguished_roles: dict[Rule, frozenset[str]] = {}
        self._default_reasons: dict[tuple[str, str], Reason] = {}
        self._relevant_shapes: dict[tuple[Shape, frozenset[str]], Shape] = {}
        self._rules_by_question: dict[tuple[str, str, str], list[Rule]] = {}

    @classmethod
    def load(cls, directory: Path, catalogue: Catalogue) -> Policy:
        """Load all `.polar` files of a directory. Raises PolicyError, with file and line, for anything that can't be trusted."""
        return cls(directory, catalogue, read_texts(directory))

    def decide(self, shape: Shape, entity: str, action: str = "read") -> Decision:
        """Return the compiled decision. All shapes that the rules don't distinguish share the same object."""
        decision: Decision = self._answer(shape, entity, action)
        return decision

    def can(self, shape: Shape, ability: str) -> bool:
        """Return True if viewers of this shape have an ability. Raises PolicyError for an ability that no rule names."""
        return self.denial_reason(shape, ability) is None

    def denial_reason(self, shape: Shape, ability: str) -> Reason | None:
        """Return why viewers of this shape lack an ability, or None. Raises PolicyError for an ability that no rule names."""
        if not any(rule.name == "ability" and rule.arguments[1].literal == ability for rule in self.rules):
            raise PolicyError(f"No rule names the ability {ability}.")
        reason: Reason | None = self._answer(shape, ability)
        return reason

    def allows(self, viewer: Viewer, action: str, entity: str, row: Resource) -> bool:
        """Return Oso's own verdict on one row. For a part, which is visible with its whole, it's always True."""
        return self.catalogue[entity].part_of is not None or self._oracle.allows(viewer, action, entity, row)

    def allows_field(self, viewer: Viewer, action: str, entity: str, row: Resource, field: str) -> bool:
        """Return Oso's own verdict on one field of a visible row."""
        if not isinstance(row, self.catalogue[entity].resource):
            raise PolicyError(f"The row isn't a {entity}.")
        return self._oracle.allows(viewer, action, entity, row, field)

    def explain(self, rule: Rule, shape: Shape, action: str, field: str | None = None) -> Predicate:
        """Return the rows that a single allow or deny rule matches for viewers of a shape, for one field if it's a field rule.

        A rule about viewers alone (an ability, a kind) matches every row or none.
        """
        with self._lock:
            if rule.name in OF_VIEWERS:
                return TRUE if self._applies(shape, rule) else FALSE
            matching = dict(self._matching_rows(shape, rule, action))
        return disj((matching.get(field, FALSE), matching.get(None, FALSE)))

    def explanation(self, shape: Shape, entity: str, action: str = "read", field: str | None = None) -> Explanation:
        """Return the rules that decide on a row, or on one of its fields, for viewers of a shape, part by part. Raises PolicyError.

        A field's explanation includes that of its row. A part is visible with its whole, so only its field is explained.
        """
        if field is not None and field not in self.fields(entity):
            raise PolicyError(f"No rule of {entity} names the field {field}.")
        with self._lock:
            return self._shape_memo.get(
                ("explanation", entity, action, field), shape, lambda viewer: self._explanation(viewer, entity, action, field)
            )

    def actions(self, entity: str) -> tuple[str, ...]:
        """Return the actions that rules name for a type, in rule order."""
        named = (rule.arguments[1].literal for rule in self.rules if rule.name in DECISIONS and rule.entity == entity)
        return tuple(dict.fromkeys(action for action in named if action is not None))

    def fields(self, entity: str) -> tuple[str, ...]:
        """Return the fields of a type that any rule names, sorted."""
        named = (rule.fields or () for rule in self.rules if rule.name in FIELD_RULES and rule.entity == entity)
        return tuple(sorted({field for fields in named for field in fields}))

    def check_fields(self, schema_fields: Mapping[str, Collection[str]]) -> None:
        """Raise PolicyError if a schema field has no allow_field rule, or if a rule names a field that the schema lacks."""
        problems = self.unmatched_fields(schema_fields)
        if problems:
            raise PolicyError("\n".join(problems))

    def unmatched_fields(self, schema_fields: Mapping[str, Collection[str]]) -> list[str]:
        """Return a message for each schema field without an allow_field rule and each unknown field that a rule names."""
        problems: list[str] = []
        for entity in self.catalogue:
            fields = schema_fields.get(entity.name, ())
            rules = [rule for rule in self.rules if rule.name in FIELD_RULES and rule.entity == entity.name]
            problems += _fields_without_rule(entity, fields, rules)
            problems += _unknown_fields(entity, fields, rules)
        return problems

    def _answer(self, shape: Shape, *question: str) -> Any:
        key = (shape, *question)
        if key not in self._answers:
            with self._lock:
                self._answers[key] = (
                    self._decide(shape, *question) if len(question) == 2 else self._ability_denial(shape, *question)
                )
        return self._answers[key]

    def _decide(self, shape: Shape, name: str, action: str) -> Decision:
        """Return one decision for all shapes that no rule distinguishes."""
        entity = self.catalogue[name]
        if action not in (known := self.catalogue.actions(name)):
            raise PolicyError(unknown_message(f"action on {name}", action, known))
        matching = tuple(
            self._matching_rows(shape, rule, action) for head in DECISIONS for rule in self._concerning(head, entity, action)
        )
        key = (name, action, *map(id, matching))
        if key not in self._decisions:
            rows = self._rows(shape, entity, action)
            fields = MappingProxyType(self._fields(shape, entity, action, rows))
            self._decisions[key] = Decision(name, action, rows, fields)
        return self._decisions[key]

    def _matching_rows(self, shape: Shape, rule: Rule, action: str) -> MatchingRows:
        """Return the rows that a rule matches: by field for a field rule, where None means every field, else under None.

        Equal answers are the same object.
        """

        def find(viewer: Facts) -> MatchingRows:
            rows = (
                tuple(self._compiler.fields(rule, viewer, action).items())
                if rule.name in FIELD_RULES
                else ((None, self._compiler.rows(rule, viewer, action)),)
            )
            return self._matching.setdefault(rows, rows)

        return self._shape_memo.get((rule.place, rule.start, action), self._relevant_shape(rule, shape), find)

    def _ability_denial(self, shape: Shape, ability: str) -> Reason | None:
        """Return the reason of the first rule that denies an ability. If none allows it, return the ability's default reason."""
        allow, deny = (
            [rule for rule in self.rules if rule.name == name and rule.arguments[1].literal == ability]
            for name in ("ability", "deny_ability")
        )
        denying = next((rule.reason for rule in deny if self._applies(shape, rule)), None)
        if denying is not None or any(self._applies(shape, rule) for rule in allow):
            return denying
        return next((rule.reason for rule in allow if rule.reason is not None), Reason.NOT_YOURS)

    @cached_property
    def _explainer(self) -> Explainer:
        """Loaded when something is first explained."""
        return Explainer(self.rules, Prefixes(self._texts, self.rules, self.catalogue))

    def _explanation(self, viewer: Facts, name: str, action: str, field: str | None) -> Explanation:
        entity = self.catalogue[name]
        row = self._explainer.stage(viewer, ROW_RULES, entity, action, None)
        stages = () if entity.part_of is not None else (row,)
        if field is None:
            return Explanation(stages)
        of_field = self._explainer.stage(viewer, FIELD_RULES, entity, action, self._default_reason(entity, field), field)
        return Explanation((*stages, of_field))

    def _applies(self, shape: Shape, rule: Rule) -> bool:
        matching = self._relevant_shape(rule, shape)
        return self._shape_memo.get((rule.place, rule.start), matching, lambda viewer: self._compiler.ability(rule, viewer))

    def _relevant_shape(self, rule: Rule, shape: Shape) -> Shape:
        """Return the shape with only those roles that a rule distinguishes, so that equivalent shapes share one evaluation."""
        if rule not in self._distinguished_roles:
            self._distinguished_roles[rule] = frozenset(distinctions_of([rule], self.rules).roles)
        key = (shape, self._distinguished_roles[rule])
        if key not in self._relevant_shapes:
            self._relevant_shapes[key] = replace(shape, roles=tuple(role for role in shape.roles if role in key[1]))
        return self._relevant_shapes[key]

    def _rows(self, shape: Shape, entity: Entity, action: str) -> Predicate:
        if entity.part_of is not None:
            return TRUE
        allowed, denied = (
            disj(
                rows for rule in self._concerning(name, entity, action) for _, rows in self._matching_rows(shape, rule, action)
            )
            for name in ("allow", "deny")
        )
        return disj(disjuncts(conj((allowed, negate(denied)))))

    def _fields(self, shape: Shape, entity: Entity, action: str, rows: Predicate) -> dict[str, FieldRule]:
        allow, deny = (
            [(rule, dict(self._matching_rows(shape, rule, action))) for rule in self._concerning(name, entity, action)]
            for name in ("allow_field", "deny_field")
        )
        named = self.fields(entity.name)
        return {field: _field_rule(field, rows, allow, deny, self._default_reason(entity, field)) for field in named}

    def _concerning(self, name: str, entity: Entity, action: str) -> list[Rule]:
        key = (name, entity.name, action)
        if key not in self._rules_by_question:
            self._rules_by_question[key] = [
                rule for rule in self.rules if rule.name == name and rule.concerns(entity.name, action)
            ]
        return self._rules_by_question[key]

    def _default_reason(self, entity: Entity, field: str) -> Reason:
        """Return the reason of the first allow_field rule that names the field and has a reason."""
        key = (entity.name, field)
        if key not in self._default_reasons:
            naming = (rule for rule in self.rules if rule.name == "allow_field" and rule.entity == entity.name)
            reasons = (rule.reason for rule in naming if rule.names(field) and rule.reason)
            self._default_reasons[key] = next(reasons, Reason.NOT_YOURS)
        return self._default_reasons[key]


def _field_rule(
    field: str,
    rows: Predicate,
    allow: list[tuple[Rule, dict[str | None, Predicate]]],
    deny: list[tuple[Rule, dict[str | None, Predicate]]],
    default_reason: Reason,
) -> FieldRule:
    """Build the rule of one field of visible rows: what allows it, minus what denies it."""
    allowed = disj(fields.get(field, FALSE) for _, fields in allow)
    denied = [(rule, disj((fields.get(field, FALSE), fields.get(None, FALSE)))) for rule, fields in deny]
    visible = conj((allowed, negate(disj(predicate for _, predicate in denied))))
    given = TRUE if rows == FALSE else rows  # anything is true of no rows
    denials = tuple((assume(given, predicate), rule.reason) for rule, predicate in denied if rule.reason is not None)
    return FieldRule(
        visible=FALSE if rows == FALSE else assume(rows, visible),
        denials=tuple((predicate, reason) for predicate, reason in denials if predicate != FALSE),
        default_reason=default_reason,
    )


def _fields_without_rule(entity: Entity, fields: Collection[str], rules: list[Rule]) -> list[str]:
    named = {field for rule in rules if rule.name == "allow_field" for field in rule.fields or ()}
    return [
        f"{entity.name}.{field}: No allow_field rule names this field. Add one to say who can read it."
        for field in sorted(set(fields) - named)
    ]


def _unknown_fields(entity: Entity, fields: Collection[str], rules: list[Rule]) -> list[str]:
    return [
        f"{rule.place}: {entity.name} has no field {field}. {hint(field, sorted(fields))}"
        for rule in rules
        for field in rule.fields or ()
        if field not in fields
    ]
