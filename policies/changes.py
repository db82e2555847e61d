"""What a change of policy changes: the cells of the matrix that are not the same under two policies, shape by shape.

It looks at all shapes that either policy can tell apart, so that what is not reported is the same for every viewer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from policies.entity import Entity
from policies.matrix import READ, ROW, Cell, Cells, abilities, acting, actions_of, reading, rules_of
from policies.policy import Policy
from policies.predicate import FALSE, TRUE, Predicate, conj
from policies.prove.solver import differing as proven
from policies.shapes import mentioned, shapes_of
from policies.source import ABILITIES, Rule
from policies.viewer import Shape
from policies.viewer_classes import ViewerSet, describe_viewers

Differing: TypeAlias = Callable[[Predicate, Predicate, Entity, Shape], "object | None"]
"""What shows that two predicates are not true of the same rows, for viewers of a shape; None if they are proven to be."""
Flip: TypeAlias = "tuple[Cell | None, Cell | None, object | None]"
"""A cell before, and after, and what shows that they differ, if anything has to."""
Line: TypeAlias = "Mapping[Shape, tuple[Cell | None, Cell | None]]"
NEVER: Final = Cell(FALSE)  # of what a policy does not name


@dataclass(frozen=True, slots=True)
class Change:
    """Fields or actions that are not what they were, for these viewers."""

    title: str
    names: tuple[str, ...]
    viewers: ViewerSet
    before: Cell | None
    after: Cell | None
    shown_by: object | None


def changes(before: Policy, after: Policy, differing: Differing = proven) -> Iterator[Change]:
    """All changes, by type, and then those of abilities. Two policies without any are equivalent."""
    if before.version == after.version:
        return
    for entity in sorted(after.catalogue, key=lambda entity: entity.name):
        yield from _of_reading(entity, before, after, differing)
        yield from _of_acting(entity, before, after, differing)
    shapes = _shapes(before, after, lambda policy: [rule for rule in policy.rules if rule.name in ABILITIES])
    lines = _lines(shapes, abilities(before, shapes), abilities(after, shapes))
    yield from _grouped("Abilities", {name: {shape: (*cells, None) for shape, cells in line.items()} for name, line in lines})


def _of_reading(entity: Entity, before: Policy, after: Policy, differing: Differing) -> Iterator[Change]:
    shapes = _shapes(before, after, lambda policy: rules_of(policy, entity, READ))
    old, new = reading(before, entity, shapes), reading(after, entity, shapes)
    given = {shape: conj(cell.where for each in (old, new) if (cell := each[ROW][shape])) for shape in shapes}
    yield from _grouped(
        entity.name,
        {
            name: _flips(line, entity, dict.fromkeys(shapes, TRUE) if name == ROW else given, differing)
            for name, line in _lines(shapes, old, new)
        },
    )


def _of_acting(entity: Entity, before: Policy, after: Policy, differing: Differing) -> Iterator[Change]:
    actions = dict.fromkeys((*actions_of(before, entity), *actions_of(after, entity)))
    shapes = _shapes(before, after, lambda policy: [rule for each in actions for rule in rules_of(policy, entity, each)])
    lines = _lines(shapes, acting(before, entity, shapes), acting(after, entity, shapes))
    yield from _grouped(
        entity.name, {name: _flips(line, entity, dict.fromkeys(shapes, TRUE), differing) for name, line in lines}
    )


def _shapes(before: Policy, after: Policy, asked: Callable[[Policy], Iterable[Rule]]) -> tuple[Shape, ...]:
    """Shapes that stand for all others, as far as these rules of either policy can tell."""
    return shapes_of(mentioned([*asked(before), *asked(after)], (*before.rules, *after.rules)))


def _lines(shapes: Iterable[Shape], old: Mapping[str, Cells], new: Mapping[str, Cells]) -> Iterator[tuple[str, Line]]:
    """Each name of either policy, with its two cells by shape."""
    for name in dict.fromkeys((*old, *new)):
        before, after = old.get(name), new.get(name)
        yield name, {shape: (_cell(before, after, shape), _cell(after, before, shape)) for shape in shapes}


def _cell(cells: Cells | None, others: Cells | None, shape: Shape) -> Cell | None:
    """The cell of a shape. What is not named is for nobody, where there is a row of which that could be said."""
    if cells is not None:
        return cells[shape]
    return None if others is None or others[shape] is None else NEVER


def _flips(line: Line, entity: Entity, given: Mapping[Shape, Predicate], differing: Differing) -> dict[Shape, Flip]:
    """The cells of each shape, the same where they are proven to be, on rows of which the predicate that is given is true."""
    found: dict[Shape, Flip] = {}
    for shape, (one, other) in line.items():
        shown = None
        if one is not None and other is not None and one.where != other.where:
            shown = differing(conj((given[shape], one.where)), conj((given[shape], other.where)), entity, shape)
            if shown is None and one.reasons == other.reasons:
                one = other
        found[shape] = (one, other, shown)
    return found


def _grouped(title: str, lines: Mapping[str, Mapping[Shape, Flip]]) -> Iterator[Change]:
    """One change for all shapes, and for all names, that change in the same way."""
    found: dict[tuple[ViewerSet, Cell | None, Cell | None], tuple[list[str], object | None]] = {}
    for name, flips in lines.items():
        groups: dict[tuple[Cell | None, Cell | None], dict[Shape, object | None]] = {}
        for shape, (one, other, shown) in flips.items():
            if one != other:
                groups.setdefault((one, other), {})[shape] = shown
        for (one, other), shapes in groups.items():
            viewers = describe_viewers({shape: shape in shapes for shape in flips})
            found.setdefault((viewers, one, other), ([], next(iter(shapes.values()))))[0].append(name)
    for (viewers, one, other), (names, shown) in found.items():
        yield Change(title, tuple(names), viewers, one, other, shown)
