"""Proof that an embed session sees no row or field, and takes no action, that a member with its roles may not (V52).

To rules, an embed session is a member that isn't signed in as a person: it has a member's shape, user, company, partner and
markets, and none of the parameters in LACKED (`resolvers.reading.viewers.find_embed_viewer`). Abilities depend on the shape alone,
so they are the same. For everything else, this module proves for each type, action, field and shape of members that

    what is allowed without these parameters    is allowed with them too, whatever their values

So no rule gives an embed session anything because it lacks one of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Final

from policies.analysis.matrix import READ, distinguished_shapes, rules_of
from policies.entity import Entity
from policies.evaluation.decision import Decision
from policies.evaluation.policy import Policy
from policies.predicates.predicate import TRUE, And, Not, Predicate, without_parameters
from policies.prove.solver import solve
from policies.prove.witness import Witness
from policies.viewer import COMPANYLESS, Shape

LACKED: Final = ("signed_in_id", "api_key_id", "invitation_id")


@dataclass(frozen=True, slots=True)
class Excess:
    """What an embed session may and a member may not: an action on a row, or reading one of its fields."""

    entity: str
    action: str
    field: str | None
    shape: Shape
    witness: Witness


@dataclass(frozen=True, slots=True)
class EmbedProof:
    """The number of conditions that depend on LACKED parameters, over all shapes of members, and the first excess."""

    conditions: int
    excess: Excess | None


@dataclass(frozen=True, slots=True)
class _Condition:
    """The rows for which something is allowed. `whole` is the type whose rows are read first, for a part, with its condition."""

    entity: Entity
    action: str
    field: str | None
    shape: Shape
    allowed: Predicate
    whole: tuple[Entity, Predicate] | None = None


def compare_embed_sessions(policy: Policy) -> EmbedProof:
    """Check all types and actions. Raises Undecided if the solver gives up."""
    proven: set[tuple[str, str, Predicate, Predicate]] = set()
    for condition in _conditions(policy):
        embedded = without_parameters(condition.allowed, LACKED)
        key = (condition.shape.kind, condition.entity.name, condition.allowed, condition.whole[1] if condition.whole else TRUE)
        if embedded == condition.allowed or key in proven:
            continue
        claims = ((condition.entity, And((embedded, Not(condition.allowed)))), *_of_whole(condition))
        witness = solve(condition.shape, *claims)
        if witness is not None:
            excess = Excess(condition.entity.name, condition.action, condition.field, condition.shape, witness)
            return EmbedProof(len(proven), excess)
        proven.add(key)
    return EmbedProof(len(proven), None)


def _of_whole(condition: _Condition) -> tuple[tuple[Entity, Predicate], ...]:
    """Return the claim that an embed session can read a part's whole."""
    return () if condition.whole is None else ((condition.whole[0], without_parameters(condition.whole[1], LACKED)),)


def _conditions(policy: Policy) -> Iterator[_Condition]:
    """Yield the condition of each action and field for members, once for all shapes of a kind that share a decision."""
    for entity in policy.catalogue:
        for action in policy.catalogue.actions(entity.name):
            decided: dict[tuple[str, int, int], _Decided] = {}
            shapes = distinguished_shapes(policy, rules_of(policy, entity, action))
            for shape in (each for each in shapes if each.kind not in COMPANYLESS):
                found = _Decided.of(policy, entity, action, shape)
                decided.setdefault((shape.kind, id(found.decision), id(found.whole and found.whole[1])), found)
            yield from chain.from_iterable(each.conditions() for each in decided.values())


@dataclass(frozen=True, slots=True)
class _Decided:
    """A decision for a shape, and the decision on the whole of a part."""

    entity: Entity
    shape: Shape
    decision: Decision
    whole: tuple[Entity, Decision] | None

    @classmethod
    def of(cls, policy: Policy, entity: Entity, action: str, shape: Shape) -> _Decided:
        """Ask policy."""
        whole = None if entity.part_of is None else policy.catalogue[entity.part_of]
        of_whole = None if whole is None else (whole, policy.decide(shape, whole.name))
        return cls(entity, shape, policy.decide(shape, entity.name, action), of_whole)

    def conditions(self) -> Iterator[_Condition]:
        """Yield the conditions of the rows, and of the fields if they are read. A part is read with its whole."""
        action, rows = self.decision.action, self.decision.rows
        of_whole = None if self.whole is None else (self.whole[0], self.whole[1].rows)
        if of_whole is None:
            yield _Condition(self.entity, action, None, self.shape, rows)
        for field, rule in self.decision.fields.items() if action == READ else ():
            allowed = And((rows, rule.visible)) if of_whole is None else rule.visible
            yield _Condition(self.entity, action, field, self.shape, allowed, of_whole)
