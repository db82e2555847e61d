"""No field without its row: what is enforced of a field is what single rules say of it and of the row that it stands in.

Both executors read the rows of `Decision.rows` and show of them the fields of which `FieldRule.visible` is true. Both
predicates are simplified by the compiler, and `visible` is given the row, so by itself it says little. Here the rules are put
together anew, each as it leaves the compiler and nothing simplified, and it is decided that

    rows                is true of the same viewers and rows as    some allow, and no deny
    rows and visible    is true of the same viewers and rows as    rows, and some allow_field, and no deny_field

for each type, field and shape. So no field is shown of a row that is denied, nor hidden or shown by a mistake of
simplification. Of a part the row rules are those of its whole, below which alone it is reached; a type that is readable by
nobody has no visible field at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, TypeAlias

from policies.entity import Entity
from policies.facts import symbolic
from policies.policy import Policy
from policies.predicate import FALSE, TRUE, And, Not, Or, Predicate
from policies.prove.invariants import Invariants
from policies.prove.solver import apart, solve
from policies.prove.witness import Witness
from policies.shapes import mentioned, shapes_of
from policies.source import DECISIONS, FIELD_RULES, Rule
from policies.viewer import Shape

READ: Final = "read"
_Said: TypeAlias = dict[str | None, Predicate]  # by field; that of None is of all fields, or of the row


@dataclass(frozen=True, slots=True)
class Stray:
    """A field of which something else is enforced than rules say, and for whom. None: of the row itself."""

    entity: str
    field: str | None
    shape: Shape
    witness: Witness | None


@dataclass(frozen=True, slots=True)
class Held:
    """How many shapes and fields were decided, and what was found."""

    shapes: int
    fields: int
    stray: Stray | None


def decide_fields(policy: Policy, invariants: Invariants) -> Held:
    """Decide it for all types. Raises Undecided where the solver gives up."""
    asking = _Asking(policy, invariants)
    shapes = fields = 0
    for entity in policy.catalogue:
        known = asking.shapes(entity)
        shapes += len(known)
        fields += len(policy.decide(known[0], entity.name).fields)
        stray = next((found for shape in known for found in asking.strays(entity, shape)), None)
        if stray is not None:
            return Held(shapes, fields, stray)
    return Held(shapes, fields, None)


class _Asking:
    """Rules by themselves, remembered by what they can tell viewers apart by, and what is already proven."""

    def __init__(self, policy: Policy, invariants: Invariants) -> None:
        self.policy = policy
        self._compiler = invariants.compiler
        self._reading = {
            (entity.name, name): [rule for rule in policy.rules if rule.name == name and rule.concerns(entity.name, READ)]
            for entity in policy.catalogue
            for name in DECISIONS
        }
        self._told = {
            (rule.file, rule.start): mentioned([rule], policy.rules) for rules in self._reading.values() for rule in rules
        }
        self._said: dict[tuple[object, ...], _Said] = {}
        self._proven: set[tuple[object, ...]] = set()

    def shapes(self, entity: Entity) -> tuple[Shape, ...]:
        """All shapes that rules of reading a type, or its whole, can tell apart."""
        names = {entity.name, entity.part_of}
        asked = [rule for rule in self.policy.rules if rule.entity in names and rule.concerns(rule.entity or "", READ)]
        return shapes_of(mentioned(asked, self.policy.rules))

    def strays(self, entity: Entity, shape: Shape) -> Iterator[Stray]:
        """Whatever is enforced for a shape and is not what rules say."""
        decision = self.policy.decide(shape, entity.name)
        whole = entity if entity.part_of is None else self.policy.catalogue[entity.part_of]
        rows = decision if whole is entity else self.policy.decide(shape, whole.name)
        stated = self._stated(whole, shape, None)
        yield from self._compared(whole, None, shape, (rows.rows, stated), (whole, TRUE))
        for field, rule in decision.fields.items():
            said = self._stated(entity, shape, field)
            if rows.rows == FALSE and whole is entity and rule.visible != FALSE:
                yield Stray(entity.name, field, shape, None)
            yield from self._compared(entity, field, shape, (rule.visible, said), (whole, rows.rows))

    def _compared(
        self,
        entity: Entity,
        field: str | None,
        shape: Shape,
        pair: tuple[Predicate, Predicate],
        given: tuple[Entity, Predicate],
    ) -> Iterator[Stray]:
        """Two predicates are to mean the same wherever what is given is true."""
        key = (shape.kind, entity.name, pair, given[1])
        if pair[0] == pair[1] or given[1] == FALSE or key in self._proven:
            return
        one, other = pair
        differs = apart(one, other)
        claims = [(entity, And((given[1], differs)))] if entity is given[0] else [(entity, differs), given]
        witness = solve(shape, *claims)
        if witness is None:
            self._proven.add(key)
        else:
            yield Stray(entity.name, field, shape, witness)

    def _stated(self, entity: Entity, shape: Shape, field: str | None) -> Predicate:
        """What the rules of a row, or of a field, say together."""
        allow, deny = ("allow", "deny") if field is None else ("allow_field", "deny_field")
        allowed, denied = (self._some(entity, shape, name, field) for name in (allow, deny))
        return allowed if denied == FALSE else And((allowed, Not(denied)))

    def _some(self, entity: Entity, shape: Shape, name: str, field: str | None) -> Predicate:
        """Where one of the rules of a kind is true."""
        rules = [rule for rule in self._reading[entity.name, name] if field is None or rule.names(field)]
        said = [self._alone(rule, shape) for rule in rules]
        true = tuple(each for found in said for key, each in found.items() if key in (field, None) and each != FALSE)
        return TRUE if TRUE in true else Or(true) if true else FALSE

    def _alone(self, rule: Rule, shape: Shape) -> _Said:
        """What a rule says by itself."""
        told = self._told[rule.file, rule.start]
        facts = tuple(getattr(shape, name) for name in told.facts if name != "roles")
        key = (rule.file, rule.start, *facts, *(role for role in shape.roles if role in told.roles))
        if key not in self._said:
            viewer = symbolic(shape)
            of_fields = rule.name in FIELD_RULES
            self._said[key] = (
                self._compiler.fields(rule, viewer, READ) if of_fields else {None: self._compiler.rows(rule, viewer, READ)}
            )
        return self._said[key]
