"""Proof that no field is shown without its row: what is enforced for a field equals what the field's rules and the
row's rules say together.

Both executors read the rows of `Decision.rows` and show the fields of those rows that match `FieldRule.visible`. The compiler
simplifies both predicates, and `visible` assumes a visible row, so on its own it says little. This module combines the single
rules again, each as compiled and without simplification, and proves for each type, field and shape that

    rows                matches the same viewers and rows as    some allow, and no deny
    rows and visible    matches the same viewers and rows as    rows, and some allow_field, and no deny_field

So no field of a denied row is shown, and simplification never hides or shows a field by mistake. The row rules of a part are those
of its whole, because it's reached only through the whole. A type that nobody can read has no visible fields.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from policies.catalogue import CATALOGUE
from policies.entity import Entity
from policies.evaluation.policy import Policy
from policies.evaluation.shapes import distinctions_of, shapes_of
from policies.facts import symbolic_facts
from policies.language.source import DECISIONS, FIELD_RULES, Rule
from policies.predicates.predicate import FALSE, TRUE, And, Not, Or, Predicate
from policies.prove.invariants import Invariants
from policies.prove.solver import exactly_one_of, solve
from policies.prove.witness import Witness
from policies.viewer import Shape

READ: Final = "read"
_ByField: TypeAlias = dict[str | None, Predicate]  # None stands for all fields, or for the row


@dataclass(frozen=True, slots=True)
class FieldMismatch:
    """A field for which something else is enforced than the rules say, and for whom. `field` is None for the row itself."""

    entity: str
    field: str | None
    shape: Shape
    witness: Witness | None


@dataclass(frozen=True, slots=True)
class FieldProof:
    """The number of shapes and fields that were checked, and the first mismatch."""

    shapes: int
    fields: int
    mismatch: FieldMismatch | None


def decide_fields(policy: Policy, invariants: Invariants, entities: Iterable[Entity] = CATALOGUE) -> FieldProof:
    """Check all types, or these. Raises Undecided if the solver gives up."""
    checker = _FieldChecker(policy, invariants)
    shapes = fields = 0
    for entity in entities:
        known = checker.shapes(entity)
        shapes += len(known)
        fields += len(policy.decide(known[0], entity.name).fields)
        mismatch = next((found for shape in known for found in checker.mismatches(entity, shape)), None)
        if mismatch is not None:
            return FieldProof(shapes, fields, mismatch)
    return FieldProof(shapes, fields, None)


class _FieldChecker:
    """Compares decisions with single rules. Caches compiled rules by what they distinguish, and what's already proven."""

    def __init__(self, policy: Policy, invariants: Invariants) -> None:
        self.policy = policy
        self._compiler = invariants.compiler
        self._reading = {
            (entity.name, name): [rule for rule in policy.rules if rule.name == name and rule.concerns(entity.name, READ)]
            for entity in policy.catalogue
            for name in DECISIONS
        }
        self._distinctions = {
            (rule.file, rule.start): distinctions_of([rule], policy.rules) for rules in self._reading.values() for rule in rules
        }
        self._compiled: dict[tuple[object, ...], _ByField] = {}
        self._proven: set[tuple[object, ...]] = set()

    def shapes(self, entity: Entity) -> tuple[Shape, ...]:
        """Return all shapes that the read rules of a type, or of its whole, can distinguish."""
        names = {entity.name, entity.part_of}
        rules = [rule for rule in self.policy.rules if rule.entity in names and rule.concerns(rule.entity or "", READ)]
        return shapes_of(distinctions_of(rules, self.policy.rules))

    def mismatches(self, entity: Entity, shape: Shape) -> Iterator[FieldMismatch]:
        """Yield each difference between what's enforced for a shape and what the rules say."""
        decision = self.policy.decide(shape, entity.name)
        whole = entity if entity.part_of is None else self.policy.catalogue[entity.part_of]
        rows = decision if whole is entity else self.policy.decide(shape, whole.name)
        stated = self._combined_rules(whole, shape, None)
        yield from self._differences(whole, None, shape, (rows.rows, stated), (whole, TRUE))
        for field, rule in decision.fields.items():
            said = self._combined_rules(entity, shape, field)
            if rows.rows == FALSE and whole is entity and rule.visible != FALSE:
                yield FieldMismatch(entity.name, field, shape, None)
            yield from self._differences(entity, field, shape, (rule.visible, said), (whole, rows.rows))

    def _differences(
        self,
        entity: Entity,
        field: str | None,
        shape: Shape,
        pair: tuple[Predicate, Predicate],
        given: tuple[Entity, Predicate],
    ) -> Iterator[FieldMismatch]:
        """Yield a mismatch if two predicates differ on rows that match `given`."""
        key = (shape.kind, entity.name, pair, given[1])
        if pair[0] == pair[1] or given[1] == FALSE or key in self._proven:
            return
        one, other = pair
        differs = exactly_one_of(one, other)
        claims = [(entity, And((given[1], differs)))] if entity is given[0] else [(entity, differs), given]
        witness = solve(shape, *claims)
        if witness is None:
            self._proven.add(key)
        else:
            yield FieldMismatch(entity.name, field, shape, witness)

    def _combined_rules(self, entity: Entity, shape: Shape, field: str | None) -> Predicate:
        """Return the combined predicate of the rules of a row, or of a field."""
        allow, deny = ("allow", "deny") if field is None else ("allow_field", "deny_field")
        allowed, denied = (self._any_rule(entity, shape, name, field) for name in (allow, deny))
        return allowed if denied == FALSE else And((allowed, Not(denied)))

    def _any_rule(self, entity: Entity, shape: Shape, name: str, field: str | None) -> Predicate:
        """Return the predicate that any of the rules with this name matches."""
        rules = [rule for rule in self._reading[entity.name, name] if field is None or rule.names(field)]
        predicates = [self._single_rule(rule, shape) for rule in rules]
        true = tuple(
            each for by_field in predicates for key, each in by_field.items() if key in (field, None) and each != FALSE
        )
        return TRUE if TRUE in true else Or(true) if true else FALSE

    def _single_rule(self, rule: Rule, shape: Shape) -> _ByField:
        """Return the predicates of a single rule."""
        distinctions = self._distinctions[rule.file, rule.start]
        facts = tuple(getattr(shape, name) for name in distinctions.facts if name != "roles")
        key = (rule.file, rule.start, *facts, *(role for role in shape.roles if role in distinctions.roles))
        if key not in self._compiled:
            viewer = symbolic_facts(shape)
            of_fields = rule.name in FIELD_RULES
            self._compiled[key] = (
                self._compiler.fields(rule, viewer, READ) if of_fields else {None: self._compiler.rows(rule, viewer, READ)}
            )
        return self._compiled[key]
