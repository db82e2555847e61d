"""The policy matrix: for each type, which viewers can access which rows, fields and actions.

The matrix is computed from the compiled policy over all distinguishable shapes, so it's complete: every viewer is treated as its
column says. Columns are the viewer classes that the lines of a sheet distinguish. Lines that need too many get their own sheet.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from policies.analysis.viewer_classes import ViewerSet, describe_viewers
from policies.entity import Entity
from policies.evaluation.decision import FieldRule
from policies.evaluation.policy import Policy
from policies.evaluation.reachability import absent_parameters
from policies.evaluation.shapes import distinctions_of, shapes_of
from policies.language.source import ABILITIES, DECISIONS, FIELD_RULES, ROW_RULES, Rule
from policies.predicates.predicate import (
    FALSE,
    TRUE,
    Predicate,
    implies,
    negate,
    without_parameters,
)
from policies.reason import Reason
from policies.viewer import COMPANYLESS, Shape

READ: Final = "read"
ROW: Final = "(row)"
MAX_SHEET_COLUMNS: Final = 6  # unless a single line needs more


@dataclass(frozen=True, slots=True)
class Cell:
    """The readable rows on which something is allowed, and the reasons for which it's hidden on the others."""

    where: Predicate
    reasons: tuple[Reason, ...] = ()


Cells = Mapping[Shape, Cell | None]
"""The cell of each shape, or None if the shape can read no row."""


@dataclass(frozen=True, slots=True)
class Line:
    """Fields or actions that are treated the same for every viewer, and their cells by column."""

    names: tuple[str, ...]
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """Lines that share the same columns. Each column is a class of viewers."""

    columns: tuple[ViewerSet, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """The sheets of one type, or of abilities."""

    title: str
    reading: tuple[Sheet, ...]
    acting: tuple[Sheet, ...] = ()


def matrix(policy: Policy) -> tuple[Table, ...]:
    """Return the tables of all types, by name, followed by that of abilities."""
    entities = sorted(policy.catalogue, key=lambda entity: entity.name)
    return (*(_table(policy, entity) for entity in entities), Table("Abilities", _sheets(abilities(policy))))


def _table(policy: Policy, entity: Entity) -> Table:
    return Table(entity.name, _sheets(reading(policy, entity)), _sheets(acting(policy, entity)))


def reading(policy: Policy, entity: Entity, shapes: Iterable[Shape] | None = None) -> dict[str, Cells]:
    """Return the cells of the row and of each field of readable rows, for these shapes or all. A part is read with its whole."""
    shapes = distinguished_shapes(policy, rules_of(policy, entity, READ)) if shapes is None else shapes
    cells: dict[str, dict[Shape, Cell | None]] = {ROW: {}}
    for shape in shapes:
        rows = simplify_for_shape(shape, policy.decide(shape, entity.part_of or entity.name).rows)
        cells[ROW][shape] = Cell(TRUE if entity.part_of and rows != FALSE else rows)
        for name, rule in policy.decide(shape, entity.name).fields.items():
            cells.setdefault(name, {})[shape] = None if rows == FALSE else field_cell(shape, rule)
    return {**cells}


def acting(policy: Policy, entity: Entity, shapes: Iterable[Shape] | None = None) -> dict[str, Cells]:
    """Return the cells of each action other than reading, for these shapes or all."""
    actions = actions_of(policy, entity)
    rules = [rule for action in actions for rule in rules_of(policy, entity, action)]
    shapes = distinguished_shapes(policy, rules) if shapes is None else tuple(shapes)
    return {action: action_cells(policy, entity, action, shapes) for action in actions}


def action_cells(policy: Policy, entity: Entity, action: str, shapes: Iterable[Shape] | None = None) -> Cells:
    """Return the cells of one action, for these shapes or for those that its own rules distinguish."""
    shapes = distinguished_shapes(policy, rules_of(policy, entity, action)) if shapes is None else shapes
    return {shape: Cell(simplify_for_shape(shape, policy.decide(shape, entity.name, action).rows)) for shape in shapes}


def abilities(policy: Policy, shapes: Iterable[Shape] | None = None) -> dict[str, Cells]:
    """Return the cells of each ability, for these shapes or all."""
    rules = [rule for rule in policy.rules if rule.name in ABILITIES]
    shapes = distinguished_shapes(policy, rules) if shapes is None else tuple(shapes)
    return {name: {shape: _ability(policy, shape, name) for shape in shapes} for name in abilities_of(policy)}


def actions_of(policy: Policy, entity: Entity) -> tuple[str, ...]:
    """Return the actions other than reading that rules name for a type, in rule order."""
    return tuple(action for action in policy.actions(entity.name) if action != READ)


def abilities_of(policy: Policy) -> tuple[str, ...]:
    """Return all abilities in rule order."""
    named = [rule.arguments[1].literal for rule in policy.rules if rule.name in ABILITIES]
    return tuple(dict.fromkeys(name for name in named if name is not None))


def rules_of(policy: Policy, entity: Entity, action: str) -> list[Rule]:
    """Return the rules that decide on a type and an action, including those of a part's whole. Field rules only for reading."""
    heads = DECISIONS if action == READ else DECISIONS - FIELD_RULES
    rules = [rule for rule in policy.rules if rule.name in heads and rule.concerns(entity.name, action)]
    if entity.part_of is None:
        return rules
    return rules + [rule for rule in policy.rules if rule.name in ROW_RULES and rule.concerns(entity.part_of, action)]


def distinguished_shapes(policy: Policy, rules: Iterable[Rule]) -> tuple[Shape, ...]:
    """Return the shapes that these rules can distinguish."""
    return shapes_of(distinctions_of(rules, policy.rules))


def _ability(policy: Policy, shape: Shape, name: str) -> Cell:
    reason = policy.denial_reason(shape, name)
    return Cell(TRUE) if reason is None else Cell(FALSE, (reason,))


def field_cell(shape: Shape, rule: FieldRule) -> Cell:
    """Return the cell of a field of readable rows."""
    where = simplify_for_shape(shape, rule.visible)
    return Cell(where, tuple(dict.fromkeys(_reasons(shape, rule, negate(where)))) if where != TRUE else ())


def _reasons(shape: Shape, rule: FieldRule, hidden: Predicate) -> Iterator[Reason]:
    for predicate, reason in rule.denials:
        denied = simplify_for_shape(shape, predicate)
        if denied != FALSE:
            yield reason
        if implies(hidden, denied):
            return
    yield rule.default_reason


def simplify_for_shape(shape: Shape, predicate: Predicate) -> Predicate:
    """Simplify a predicate for viewers of a shape: without a company they have fewer ids. A missing one differs from everything."""
    return without_parameters(predicate, absent_parameters(shape.kind)) if shape.kind in COMPANYLESS else predicate


def _sheets(lines: Mapping[str, Cells]) -> tuple[Sheet, ...]:
    """Merge equal lines, and put each on the first sheet where its columns take no more words than on its own sheet."""
    same: dict[tuple[Cell | None, ...], list[str]] = {}
    for name, cells in lines.items():
        same.setdefault(tuple(cells.values()), []).append(name)
    sheets: list[Sheet] = []
    for names in same.values():
        alone = _sheet(lines, [tuple(names)])
        for at, sheet in enumerate(sheets):
            both = _sheet(lines, [*(line.names for line in sheet.lines), tuple(names)])
            if _fits(both, sheet, alone):
                sheets[at] = both
                break
        else:
            sheets.append(alone)
    return tuple(sheets)


def _fits(both: Sheet, one: Sheet, other: Sheet) -> bool:
    terms = _count_header_terms(one) + _count_header_terms(other)
    return len(both.columns) <= MAX_SHEET_COLUMNS and _count_header_terms(both) <= terms


def _count_header_terms(sheet: Sheet) -> int:
    """Count the terms in the column headers of a sheet."""
    return sum(1 + len(part.conditions) for column in sheet.columns for part in column.parts)


def _sheet(lines: Mapping[str, Cells], names: list[tuple[str, ...]]) -> Sheet:
    groups = group_shapes([lines[each[0]] for each in names])
    shapes = [shape for members in groups.values() for shape in members]
    columns = tuple(describe_viewers({shape: shape in members for shape in shapes}) for members in groups.values())
    return Sheet(columns, tuple(Line(each, tuple(vector[at] for vector in groups)) for at, each in enumerate(names)))


def group_shapes(lines: list[Cells]) -> dict[tuple[Cell | None, ...], frozenset[Shape]]:
    """Group shapes by their cells in all lines, in order of first appearance."""
    groups: dict[tuple[Cell | None, ...], list[Shape]] = {}
    for shape in lines[0]:
        groups.setdefault(tuple(line[shape] for line in lines), []).append(shape)
    return {vector: frozenset(members) for vector, members in groups.items()}
