"""The difference between two policies: the matrix cells that differ, shape by shape.

All shapes that either policy can distinguish are compared, so anything not reported is the same for every viewer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from policies.analysis.matrix import READ, ROW, Cell, Cells, abilities, acting, actions_of, reading, rules_of
from policies.analysis.viewer_classes import ViewerSet, describe_viewers
from policies.entity import Entity
from policies.evaluation.policy import Policy
from policies.evaluation.shapes import distinctions_of, shapes_of
from policies.language.source import ABILITIES, DECISIONS, Rule
from policies.predicates.predicate import FALSE, TRUE, Predicate, conj
from policies.prove.solver import find_difference as proven
from policies.reason import Reason
from policies.viewer import Shape

DifferenceFinder: TypeAlias = Callable[[Predicate, Predicate, Entity, Shape], "object | None"]
"""Returns evidence that two predicates match different rows for viewers of a shape, or None if they're proven equivalent."""
RelevantRules: TypeAlias = Callable[[Policy], Iterable[Rule]]
"""Returns the rules of a policy that decide on what is compared."""
Flip: TypeAlias = "tuple[Cell | None, Cell | None, object | None]"
"""A cell before and after the change, and evidence of the difference, if it had to be proven."""
Line: TypeAlias = "Mapping[Shape, tuple[Cell | None, Cell | None]]"
NEVER: Final = Cell(FALSE)  # the cell of anything that a policy doesn't name


@dataclass(frozen=True, slots=True)
class Change:
    """Fields or actions that changed in the same way for the same viewers."""

    title: str
    names: tuple[str, ...]
    viewers: ViewerSet
    before: Cell | None
    after: Cell | None
    witness: object | None


def changes(before: Policy, after: Policy, find_difference_between: DifferenceFinder = proven) -> Iterator[Change]:
    """Yield all changes by type, then those of abilities. Equivalent policies yield none."""
    if before.version == after.version:
        return
    for entity in sorted(after.catalogue, key=lambda entity: entity.name):
        yield from _read_changes(entity, before, after, find_difference_between)
        yield from _action_changes(entity, before, after, find_difference_between)
    if _decide_alike(before, after, _ability_rules):
        return
    shapes = _distinguished_shapes(before, after, _ability_rules)
    lines = _lines(shapes, abilities(before, shapes), abilities(after, shapes))
    yield from _group("Abilities", {name: {shape: (*cells, None) for shape, cells in line.items()} for name, line in lines})


def _ability_rules(policy: Policy) -> list[Rule]:
    return [rule for rule in policy.rules if rule.name in ABILITIES]


def _decide_alike(before: Policy, after: Policy, relevant_rules: RelevantRules) -> bool:
    """Return True if both policies have the same relevant rules and the same helpers, so that all their decisions are the same."""

    def helpers(policy: Policy) -> list[Rule]:
        return [rule for rule in policy.rules if rule.name not in DECISIONS | ABILITIES]

    return all(_texts(rules(before)) == _texts(rules(after)) for rules in (relevant_rules, helpers))


def _texts(rules: Iterable[Rule]) -> list[tuple[str, Reason | None]]:
    return [(rule.text, rule.reason) for rule in rules]


def _read_changes(entity: Entity, before: Policy, after: Policy, find_difference_between: DifferenceFinder) -> Iterator[Change]:
    if _decide_alike(before, after, lambda policy: rules_of(policy, entity, READ)):
        return
    shapes = _distinguished_shapes(before, after, lambda policy: rules_of(policy, entity, READ))
    old, new = reading(before, entity, shapes), reading(after, entity, shapes)
    given = {shape: conj(cell.where for each in (old, new) if (cell := each[ROW][shape])) for shape in shapes}
    yield from _group(
        entity.name,
        {
            name: _flips(line, entity, dict.fromkeys(shapes, TRUE) if name == ROW else given, find_difference_between)
            for name, line in _lines(shapes, old, new)
        },
    )


def _action_changes(
    entity: Entity, before: Policy, after: Policy, find_difference_between: DifferenceFinder
) -> Iterator[Change]:
    actions = dict.fromkeys((*actions_of(before, entity), *actions_of(after, entity)))

    def relevant_rules(policy: Policy) -> list[Rule]:
        return [rule for action in actions for rule in rules_of(policy, entity, action)]

    if _decide_alike(before, after, relevant_rules):
        return
    shapes = _distinguished_shapes(before, after, relevant_rules)
    lines = _lines(shapes, acting(before, entity, shapes), acting(after, entity, shapes))
    yield from _group(
        entity.name, {name: _flips(line, entity, dict.fromkeys(shapes, TRUE), find_difference_between) for name, line in lines}
    )


def _distinguished_shapes(before: Policy, after: Policy, relevant_rules: RelevantRules) -> tuple[Shape, ...]:
    """Return the shapes that the relevant rules of either policy can distinguish."""
    return shapes_of(distinctions_of([*relevant_rules(before), *relevant_rules(after)], (*before.rules, *after.rules)))


def _lines(shapes: Iterable[Shape], old: Mapping[str, Cells], new: Mapping[str, Cells]) -> Iterator[tuple[str, Line]]:
    """Yield each name that either policy has, with its two cells by shape."""
    for name in dict.fromkeys((*old, *new)):
        before, after = old.get(name), new.get(name)
        yield name, {shape: (_cell(before, after, shape), _cell(after, before, shape)) for shape in shapes}


def _cell(cells: Cells | None, others: Cells | None, shape: Shape) -> Cell | None:
    """Return the cell of a shape. A name that this policy lacks gets NEVER if the other policy has a cell for the shape."""
    if cells is not None:
        return cells[shape]
    return None if others is None or others[shape] is None else NEVER


def _flips(
    line: Line, entity: Entity, given: Mapping[Shape, Predicate], find_difference_between: DifferenceFinder
) -> dict[Shape, Flip]:
    """Return both cells of each shape, made equal if they're proven equal on all rows that match the `given` predicate."""
    flips: dict[Shape, Flip] = {}
    for shape, (one, other) in line.items():
        witness = None
        if one is not None and other is not None and one.where != other.where:
            witness = find_difference_between(conj((given[shape], one.where)), conj((given[shape], other.where)), entity, shape)
            if witness is None and one.reasons == other.reasons:
                one = other
        flips[shape] = (one, other, witness)
    return flips


def _group(title: str, lines: Mapping[str, Mapping[Shape, Flip]]) -> Iterator[Change]:
    """Yield one change for all shapes and names that change in the same way."""
    changed: dict[tuple[ViewerSet, Cell | None, Cell | None], tuple[list[str], object | None]] = {}
    for name, flips in lines.items():
        groups: dict[tuple[Cell | None, Cell | None], dict[Shape, object | None]] = {}
        for shape, (one, other, witness) in flips.items():
            if one != other:
                groups.setdefault((one, other), {})[shape] = witness
        for (one, other), shapes in groups.items():
            viewers = describe_viewers({shape: shape in shapes for shape in flips})
            changed.setdefault((viewers, one, other), ([], next(iter(shapes.values()))))[0].append(name)
    for (viewers, one, other), (names, witness) in changed.items():
        yield Change(title, tuple(names), viewers, one, other, witness)
