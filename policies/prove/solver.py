"""Questions to the solver: whether any viewer of a shape, and any row, satisfy a predicate, or tell two of them apart.

None is a proof that there are none. A question that the solver gives up is an error, never an answer.
"""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import z3

from policies.entity import Entity
from policies.errors import PolicyError
from policies.predicate import FALSE, And, Not, Or, Predicate, parameters
from policies.prove.assumptions import has_sets, of_row, of_viewer, viewer_cells
from policies.prove.columns import Cell, Unknown, Words, decoded
from policies.prove.encoding import Formulas, pool_sizes
from policies.prove.witness import Found, Witness
from policies.verdicts import kind
from policies.viewer import SETS, Shape, Viewer

PATIENCE: Final = 10_000  # milliseconds for a question; those of the gateway's policy take a few


class Undecided(PolicyError):
    """The solver has neither proven nor refuted it."""


def satisfying(predicate: Predicate, entity: Entity, shape: Shape) -> Witness | None:
    """A viewer of the shape and a row of which the predicate is true; None is proof that there are none. Raises Undecided."""
    return solve(shape, (entity, predicate))


def differing(one: Predicate, other: Predicate, entity: Entity, shape: Shape) -> Witness | None:
    """A viewer and a row of which just one of the two is true; None is proof that they mean the same. Raises Undecided."""
    return satisfying(apart(one, other), entity, shape)


def apart(one: Predicate, other: Predicate) -> Predicate:
    """Just one of the two: built as it is, for what is to be proven is not simplified by what is to be trusted."""
    return Or((And((one, Not(other))), And((other, Not(one)))))


def solve(shape: Shape, *claims: tuple[Entity, Predicate]) -> Witness | None:
    """A viewer, and a row for each claim of which it is true. Rows of two claims have nothing to do with each other."""
    if any(predicate == FALSE for _, predicate in claims):
        return None
    question = _Question(shape, claims)
    answer = question.solver.check()
    if answer == z3.unsat:
        return None
    if answer != z3.sat:
        raise Undecided(f"the solver gives up on {claims[0][0].name}: {question.solver.reason_unknown()}")
    return question.witness()


class _Question:
    """Unknown rows and an unknown viewer, and what is to be true of them."""

    def __init__(self, shape: Shape, claims: tuple[tuple[Entity, Predicate], ...]) -> None:
        self.shape = shape
        self.parameters = frozenset().union(*(parameters(predicate) for _, predicate in claims))
        self.words = Words()
        self.viewer: dict[str, Cell] = viewer_cells(shape)
        self.sets: dict[str, Any] = {name: z3.Function(f"viewer.{name}", z3.IntSort(), z3.BoolSort()) for name in SETS}
        self.pools = {
            name: [Unknown(table, f"{name} {number}", self.words) for number in range(size)]
            for name, (table, size) in pool_sizes(claims).items()
        }
        self.rows = [
            (entity, Unknown(entity.table, f"{entity.name} {place}", self.words)) for place, (entity, _) in enumerate(claims)
        ]
        formulas = Formulas(self.words, self.viewer, self.sets if has_sets(shape) else None)
        asked = [
            formulas.formula(predicate, row, entity.links, self.pools)
            for (entity, predicate), (_, row) in zip(claims, self.rows, strict=True)
        ]
        self.mattering = {id(row): tuple(row.cells) for row in self._unknown()}
        self.solver = z3.Solver()
        self.solver.set("timeout", PATIENCE)
        self.solver.add(*asked, *of_viewer(shape, self.viewer))
        for row in self._unknown():
            self.solver.add(*of_row(row, self.words))
            self.solver.add(*row.facts)

    def witness(self) -> Witness:
        """The model that the solver has found, as rows."""
        model = self.solver.model()
        linked = {name: tuple(row.values(model) for row in pool) for name, pool in self.pools.items()}
        found = tuple(Found(entity, row.values(model), self.mattering[id(row)]) for entity, row in self.rows)
        mattering = {
            name: tuple(dict.fromkeys(key for row in pool for key in self.mattering[id(row)]))
            for name, pool in self.pools.items()
        }
        return Witness(self._viewer(model), found, linked, mattering, self.parameters)

    def _unknown(self) -> list[Unknown]:
        return [*(row for _, row in self.rows), *(row for pool in self.pools.values() for row in pool)]

    def _viewer(self, model: Any) -> Viewer:
        values: dict[str, Any] = {
            name: None if z3.is_true(cell.null) else decoded(UUID, model.eval(cell.value, model_completion=True), self.words)
            for name, cell in self.viewer.items()
        }
        values |= {name: self._members(name, model) for name in SETS}
        return Viewer(shape=self.shape, **values)

    def _members(self, name: str, model: Any) -> frozenset[str]:
        """Those of the texts of all rows that are in the viewer's set; what else is in it, nobody asks."""
        if not has_sets(self.shape):
            return frozenset()
        return frozenset(
            self.words.word(model.eval(cell.value, model_completion=True).as_long())
            for row in self._unknown()
            for column, cell in row.cells.items()
            if kind(row.table.c[column]) is str
            and z3.is_true(model.eval(z3.And(z3.Not(cell.null), self.sets[name](cell.value)), model_completion=True))
        )
