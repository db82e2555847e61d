"""The policy matrix: for each type, which rows, fields and actions are for which viewers, and for which rows of theirs.

It is read from the compiled policy over shapes that stand for all, and complete: no viewer is treated otherwise than its column says.
Columns are the classes of viewers between which the lines of a sheet do not tell; lines that would need too many have their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from policies.decision import FieldRule
from policies.entity import Entity
from policies.policy import Policy
from policies.predicate import (
    FALSE,
    TRUE,
    And,
    Compare,
    Exists,
    Not,
    Or,
    Parameter,
    Predicate,
    SetParameter,
    conj,
    disj,
    exists,
    implies,
    negate,
)
from policies.reason import Reason
from policies.shapes import mentioned, shapes_of
from policies.source import ABILITIES, DECISIONS, FIELD_RULES, ROW_RULES, Rule
from policies.viewer import Shape
from policies.viewer_classes import ViewerSet, describe_viewers

READ: Final = "read"
ROW: Final = "(row)"
WIDEST: Final = 6  # columns of a sheet, if a single line does not need more


@dataclass(frozen=True, slots=True)
class Cell:
    """Where something is allowed, as far as the row may be read, and for which reasons it is hidden elsewhere."""

    where: Predicate
    reasons: tuple[Reason, ...] = ()


Cells = Mapping[Shape, Cell | None]
"""The cell of each shape; None where it reads no row, so that there is nothing to be seen or hidden."""


@dataclass(frozen=True, slots=True)
class Line:
    """Fields or actions that are the same for everybody, and their cells by column."""

    names: tuple[str, ...]
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """Lines with the same columns: each the viewers of a class."""

    columns: tuple[ViewerSet, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """What there is of one type, or of abilities."""

    title: str
    reading: tuple[Sheet, ...]
    acting: tuple[Sheet, ...] = ()


def matrix(policy: Policy) -> tuple[Table, ...]:
    """The tables of all types, by name, and then that of abilities."""
    entities = sorted(policy.catalogue, key=lambda entity: entity.name)
    return (*(_table(policy, entity) for entity in entities), Table("Abilities", _sheets(abilities(policy))))


def _table(policy: Policy, entity: Entity) -> Table:
    return Table(entity.name, _sheets(reading(policy, entity)), _sheets(acting(policy, entity)))


def reading(policy: Policy, entity: Entity, shapes: Iterable[Shape] | None = None) -> dict[str, Cells]:
    """The cells of the row and of each field, given the row; over these shapes if any are given. A part is read with its whole."""
    shapes = shapes_told_by(policy, rules_of(policy, entity, READ)) if shapes is None else shapes
    found: dict[str, dict[Shape, Cell | None]] = {ROW: {}}
    for shape in shapes:
        rows = seen_by(shape, policy.decide(shape, entity.part_of or entity.name).rows)
        found[ROW][shape] = Cell(TRUE if entity.part_of and rows != FALSE else rows)
        for name, rule in policy.decide(shape, entity.name).fields.items():
            found.setdefault(name, {})[shape] = None if rows == FALSE else field_cell(shape, rule)
    return {**found}


def acting(policy: Policy, entity: Entity, shapes: Iterable[Shape] | None = None) -> dict[str, Cells]:
    """The cells of each further action; over these shapes if any are given."""
    actions = actions_of(policy, entity)
    asked = [rule for action in actions for rule in rules_of(policy, entity, action)]
    shapes = shapes_told_by(policy, asked) if shapes is None else tuple(shapes)
    return {
        action: {shape: Cell(seen_by(shape, policy.decide(shape, entity.name, action).rows)) for shape in shapes}
        for action in actions
    }


def abilities(policy: Policy, shapes: Iterable[Shape] | None = None) -> dict[str, Cells]:
    """The cells of each ability; over these shapes if any are given."""
    asked = [rule for rule in policy.rules if rule.name in ABILITIES]
    shapes = shapes_told_by(policy, asked) if shapes is None else tuple(shapes)
    return {name: {shape: _ability(policy, shape, name) for shape in shapes} for name in abilities_of(policy)}


def actions_of(policy: Policy, entity: Entity) -> tuple[str, ...]:
    """What else than reading rules name of a type, in their order."""
    return tuple(action for action in policy.actions(entity.name) if action != READ)


def abilities_of(policy: Policy) -> tuple[str, ...]:
    """All abilities, in the order of their rules."""
    named = [rule.arguments[1].literal for rule in policy.rules if rule.name in ABILITIES]
    return tuple(dict.fromkeys(name for name in named if name is not None))


def rules_of(policy: Policy, entity: Entity, action: str) -> list[Rule]:
    """The rules that decide of a type and an action, of a part's whole too: of fields only for reading."""
    heads = DECISIONS if action == READ else DECISIONS - FIELD_RULES
    found = [rule for rule in policy.rules if rule.name in heads and rule.concerns(entity.name, action)]
    if entity.part_of is None:
        return found
    return found + [rule for rule in policy.rules if rule.name in ROW_RULES and rule.concerns(entity.part_of, action)]


def shapes_told_by(policy: Policy, asked: Iterable[Rule]) -> tuple[Shape, ...]:
    """Shapes that stand for all others, as far as these rules can tell."""
    return shapes_of(mentioned(asked, policy.rules))


def _ability(policy: Policy, shape: Shape, name: str) -> Cell:
    reason = policy.denial_reason(shape, name)
    return Cell(TRUE) if reason is None else Cell(FALSE, (reason,))


def field_cell(shape: Shape, rule: FieldRule) -> Cell:
    """The cell of a field of rows that may be read."""
    where = seen_by(shape, rule.visible)
    return Cell(where, tuple(dict.fromkeys(_reasons(shape, rule, negate(where)))) if where != TRUE else ())


def _reasons(shape: Shape, rule: FieldRule, hidden: Predicate) -> Iterator[Reason]:
    for predicate, reason in rule.denials:
        denied = seen_by(shape, predicate)
        if denied != FALSE:
            yield reason
        if implies(hidden, denied):
            return
    yield rule.otherwise


def seen_by(shape: Shape, predicate: Predicate) -> Predicate:
    """A predicate for viewers of a shape: visitors have no ids, which equal nothing and differ from everything."""
    return predicate if shape.kind != Shape().kind else _of_nobody(predicate)


def _of_nobody(predicate: Predicate) -> Predicate:
    match predicate:
        case Compare(operator, _, Parameter() | SetParameter()):
            return TRUE if operator == "!=" else FALSE
        case Exists(link, condition):
            return exists(link, _of_nobody(condition))
        case Not(item):
            return negate(_of_nobody(item))
        case And(items):
            return conj(map(_of_nobody, items))
        case Or(items):
            return disj(map(_of_nobody, items))
    return predicate


def _sheets(lines: Mapping[str, Cells]) -> tuple[Sheet, ...]:
    """Lines that are the same made one, and each on the first sheet with which it takes no more words than apart from it."""
    same: dict[tuple[Cell | None, ...], list[str]] = {}
    for name, cells in lines.items():
        same.setdefault(tuple(cells.values()), []).append(name)
    sheets: list[Sheet] = []
    for names in same.values():
        alone = _sheet(lines, [tuple(names)])
        together = (_sheet(lines, [*(line.names for line in sheet.lines), tuple(names)]) for sheet in sheets)
        fitting = (at for at, both in enumerate(together) if _fits(both, sheets[at], alone))
        at = next(fitting, len(sheets))
        before = [line.names for sheet in sheets[at : at + 1] for line in sheet.lines]
        sheets[at : at + 1] = [_sheet(lines, [*before, tuple(names)])]
    return tuple(sheets)


def _fits(both: Sheet, one: Sheet, other: Sheet) -> bool:
    return len(both.columns) <= WIDEST and _words(both) <= _words(one) + _words(other)


def _words(sheet: Sheet) -> int:
    """How much is said in the heads of a sheet."""
    return sum(1 + len(part.conditions) for column in sheet.columns for part in column.parts)


def _sheet(lines: Mapping[str, Cells], names: list[tuple[str, ...]]) -> Sheet:
    found = classes([lines[each[0]] for each in names])
    shapes = [shape for members in found.values() for shape in members]
    columns = tuple(describe_viewers({shape: shape in members for shape in shapes}) for members in found.values())
    return Sheet(columns, tuple(Line(each, tuple(vector[at] for vector in found)) for at, each in enumerate(names)))


def classes(lines: list[Cells]) -> dict[tuple[Cell | None, ...], frozenset[Shape]]:
    """Shapes by what all lines have for them, in the order in which they come first."""
    found: dict[tuple[Cell | None, ...], list[Shape]] = {}
    for shape in lines[0]:
        found.setdefault(tuple(line[shape] for line in lines), []).append(shape)
    return {vector: frozenset(members) for vector, members in found.items()}
