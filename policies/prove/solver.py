"""Queries to the solver: whether any viewer of a shape and any row match a predicate, or distinguish two predicates.

A result of None is a proof that no such viewer and row exist. If the solver gives up, it raises Undecided.
"""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import z3

from policies.analysis.verdicts import comparable_type
from policies.entity import Entity
from policies.errors import PolicyError
from policies.predicates.predicate import FALSE, And, Not, Or, Predicate, parameters
from policies.prove.assumptions import can_have_set_elements, of_row, of_viewer, viewer_cells
from policies.prove.columns import Cell, LiteralNumbers, UnknownRow, decoded
from policies.prove.encoding import Formulas, pool_sizes
from policies.prove.witness import Witness, WitnessRow
from policies.viewer import SETS, Shape, Viewer

SOLVER_TIMEOUT_MS: Final = 10_000  # per query; those of the gateway's policy take a few milliseconds


class Undecided(PolicyError):
    """The solver could neither prove nor refute the claim."""


def find_match(predicate: Predicate, entity: Entity, shape: Shape) -> Witness | None:
    """Find a viewer of the shape and a row that match the predicate. None proves that there are none. Raises Undecided."""
    return solve(shape, (entity, predicate))


def find_difference(one: Predicate, other: Predicate, entity: Entity, shape: Shape) -> Witness | None:
    """Find a viewer and a row that match exactly one predicate. None proves that they're equivalent. Raises Undecided."""
    return find_match(exactly_one_of(one, other), entity, shape)


def exactly_one_of(one: Predicate, other: Predicate) -> Predicate:
    """Return the exclusive or of two predicates, unsimplified: a proof must not rely on the simplification that it checks."""
    return Or((And((one, Not(other))), And((other, Not(one)))))


def solve(shape: Shape, *claims: tuple[Entity, Predicate]) -> Witness | None:
    """Find a viewer, and a row that matches each claim. Rows of different claims are independent. None proves there are none."""
    if any(predicate == FALSE for _, predicate in claims):
        return None
    question = _Question(shape, claims)
    answer = question.solver.check()
    if answer == z3.unsat:
        return None
    if answer != z3.sat:
        raise Undecided(f"The solver gives up on {claims[0][0].name}: {question.solver.reason_unknown()}")
    return question.witness()


class _Question:
    """Unknown rows, an unknown viewer, and the constraints on them."""

    def __init__(self, shape: Shape, claims: tuple[tuple[Entity, Predicate], ...]) -> None:
        self.shape = shape
        self.parameters = frozenset().union(*(parameters(predicate) for _, predicate in claims))
        self.words = LiteralNumbers()
        self.viewer: dict[str, Cell] = viewer_cells(shape)
        self.sets: dict[str, Any] = {name: z3.Function(f"viewer.{name}", z3.IntSort(), z3.BoolSort()) for name in SETS}
        self.pools = {
            name: [UnknownRow(table, f"{name} {number}", self.words) for number in range(size)]
            for name, (table, size) in pool_sizes(claims).items()
        }
        self.rows = [
            (entity, UnknownRow(entity.table, f"{entity.name} {place}", self.words)) for place, (entity, _) in enumerate(claims)
        ]
        formulas = Formulas(self.words, self.viewer, self.sets if can_have_set_elements(shape) else None)
        constraints = [
            formulas.formula(predicate, row, entity.links, self.pools)
            for (entity, predicate), (_, row) in zip(claims, self.rows, strict=True)
        ]
        self.relevant_columns = {id(row): tuple(row.cells) for row in self._unknown_rows()}
        self.solver = z3.Solver()
        self.solver.set("timeout", SOLVER_TIMEOUT_MS)
        self.solver.add(*constraints, *of_viewer(shape, self.viewer))
        for row in self._unknown_rows():
            self.solver.add(*of_row(row, self.words))
            self.solver.add(*row.facts)

    def witness(self) -> Witness:
        """Convert the solver's model to a viewer and rows."""
        model = self.solver.model()
        linked = {name: tuple(row.values(model) for row in pool) for name, pool in self.pools.items()}
        rows = tuple(WitnessRow(entity, row.values(model), self.relevant_columns[id(row)]) for entity, row in self.rows)
        relevant_linked_columns = {
            name: tuple(dict.fromkeys(key for row in pool for key in self.relevant_columns[id(row)]))
            for name, pool in self.pools.items()
        }
        return Witness(self._viewer(model), rows, linked, relevant_linked_columns, self.parameters)

    def _unknown_rows(self) -> list[UnknownRow]:
        return [*(row for _, row in self.rows), *(row for pool in self.pools.values() for row in pool)]

    def _viewer(self, model: Any) -> Viewer:
        values: dict[str, Any] = {
            name: None if z3.is_true(cell.null) else decoded(UUID, model.eval(cell.value, model_completion=True), self.words)
            for name, cell in self.viewer.items()
        }
        values |= {name: self._members(name, model) for name in SETS}
        return Viewer(shape=self.shape, **values)

    def _members(self, name: str, model: Any) -> frozenset[str]:
        """Return the string values of the rows that are in the viewer's set. Other elements of the set don't matter."""
        if not can_have_set_elements(self.shape):
            return frozenset()
        return frozenset(
            self.words.word(model.eval(cell.value, model_completion=True).as_long())
            for row in self._unknown_rows()
            for column, cell in row.cells.items()
            if comparable_type(row.table.c[column]) is str
            and z3.is_true(model.eval(z3.And(z3.Not(cell.null), self.sets[name](cell.value)), model_completion=True))
        )
