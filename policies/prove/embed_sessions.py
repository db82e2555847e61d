"""Proof that an embed session sees no row or field, takes no action and has no ability that the member it stands for hasn't (V52).

To rules, an embed session is a member that isn't signed in as a person: it has a member's user, company, partner and markets, roles
that are no more than its key's, an old sign-in, and none of the parameters in LACKED (`resolvers.reading.viewers.find_embed_viewer`).
So this module proves, for each type, action, field, ability and shape of members, that a viewer is allowed nothing for

    having none of these parameters, an older sign-in, or a role less

Each is a step from what a member is allowed to what an embed session is, and together they lead from any member to its sessions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from policies.analysis.matrix import READ, abilities, distinguished_shapes, rules_of
from policies.entity import Entity
from policies.evaluation.policy import Policy
from policies.predicates.predicate import And, Not, Predicate, without_parameters
from policies.prove.solver import solve
from policies.prove.witness import Witness
from policies.viewer import COMPANYLESS, Shape

LACKED: Final = frozenset({"signed_in_id", "api_key_id", "invitation_id"})


@dataclass(frozen=True, slots=True)
class Excess:
    """What `narrower` may and a member of `shape` may not: an action on a row, reading one of its fields, or an ability.

    Both shapes are equal if the embed session gains by what it lacks. Abilities have no type and no witness.
    """

    entity: str | None
    action: str
    field: str | None
    shape: Shape
    narrower: Shape
    witness: Witness | None = None


@dataclass(frozen=True, slots=True)
class EmbedProof:
    """The number of different conditions that were compared, over all shapes of members, and the first excess."""

    conditions: int
    excess: Excess | None


@dataclass(frozen=True, slots=True)
class _Condition:
    """The rows for which a shape is allowed something. `whole` is the type whose rows are read first, for a part."""

    field: str | None
    allowed: Predicate
    whole: tuple[Entity, Predicate] | None


def compare_embed_sessions(policy: Policy, entities: Iterable[Entity] | None = None) -> EmbedProof:
    """Check abilities, and all actions on these types or on all. Raises Undecided if the solver gives up."""
    excess = next(_excessive_abilities(policy), None)
    proven: set[tuple[object, ...]] = set()
    for entity in policy.catalogue if entities is None else entities:
        for action in policy.catalogue.actions(entity.name):
            excess = excess or next(_excessive_rows(policy, entity, action, proven), None)
    return EmbedProof(len(proven), excess)


def _excessive_abilities(policy: Policy) -> Iterator[Excess]:
    """Yield each ability that a narrower shape has and its member hasn't."""
    for name, cells in abilities(policy).items():
        for shape, narrower in _steps(cells):
            if policy.can(narrower, name) and not policy.can(shape, name):
                yield Excess(None, name, None, shape, narrower)


def _excessive_rows(policy: Policy, entity: Entity, action: str, proven: set[tuple[object, ...]]) -> Iterator[Excess]:
    """Yield what a narrower shape may of a type and its member may not. Adds the pairs of conditions that hold to `proven`."""
    shapes = distinguished_shapes(policy, rules_of(policy, entity, action))
    conditions = {shape: tuple(_conditions(policy, entity, action, shape)) for shape in shapes if shape.kind not in COMPANYLESS}
    for shape, narrower in _steps(conditions):
        for more, less in zip(conditions[shape], conditions[narrower], strict=True):
            embedded = less if shape != narrower else _without_lacked(less)
            key = (shape.kind, entity.name, more.allowed, embedded.allowed, embedded.whole and embedded.whole[1])
            if embedded.allowed == more.allowed or key in proven:
                continue
            claims = ((entity, And((embedded.allowed, Not(more.allowed)))), *((embedded.whole,) if embedded.whole else ()))
            witness = solve(shape, *claims)
            if witness is not None:
                yield Excess(entity.name, action, more.field, shape, narrower, witness)
            proven.add(key)


def _steps(shapes: Iterable[Shape]) -> Iterator[tuple[Shape, Shape]]:
    """Yield each member's shape with those that are a step narrower: itself without LACKED, an older sign-in, a role less."""
    known = {*shapes}
    for shape in (each for each in shapes if each.kind not in COMPANYLESS):
        fewer = (replace(shape, roles=tuple(each for each in shape.roles if each != role)) for role in shape.roles)
        yield from ((shape, each) for each in (shape, replace(shape, sign_in_stale=True), *fewer) if each in known)


def _conditions(policy: Policy, entity: Entity, action: str, shape: Shape) -> Iterator[_Condition]:
    """Yield the conditions of a type's rows, and of the fields if they are read. A part is read with its whole."""
    decision = policy.decide(shape, entity.name, action)
    whole = None
    if entity.part_of is None:
        yield _Condition(None, decision.rows, None)
    else:
        whole = (policy.catalogue[entity.part_of], policy.decide(shape, entity.part_of).rows)
    for field, rule in decision.fields.items() if action == READ else ():
        yield _Condition(field, rule.visible if whole else And((decision.rows, rule.visible)), whole)


def _without_lacked(condition: _Condition) -> _Condition:
    """Return the condition as it is for a viewer without the parameters."""
    whole = condition.whole and (condition.whole[0], without_parameters(condition.whole[1], LACKED))
    return replace(condition, allowed=without_parameters(condition.allowed, LACKED), whole=whole)
