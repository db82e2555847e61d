"""Rows as a plan reads them: generated code names columns, and the statement selects just these."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from policies.catalogue import CATALOGUE
from policies.evaluation.policy import Decision
from policies.predicates.masks import expression, is_local
from policies.predicates.predicate import TRUE, Predicate, conj, narrow
from resolvers.execution.codegen import NotJoinable, NotPlannable
from resolvers.reading.field_sources import ToOne
from resolvers.reading.masks import mask_of
from resolvers.reading.records import Record
from resolvers.reading.statements import Joined, Source, readable


class Objects:
    """Objects that aren't rows; generated code reads their attributes from `variable`."""

    def __init__(self, variable: str = "o") -> None:
        self.target = variable

    def read(self, column: str) -> str:
        """Return the code of an attribute."""
        return f"{self.target}.{column}"

    def position(self, variable: str) -> int:  # noqa: ARG002
        """Refuse: objects have no columns. Raises NotPlannable."""
        raise NotPlannable("a column of an object that isn't a row")

    def parents(self, objects: Sequence[Any]) -> Sequence[Any]:
        """Return the parents for batch resolvers: the objects themselves."""
        return objects


class JoinedRow:
    """A row that is joined to the one that references it, in one statement. `rows` is the condition that it still has to match."""

    def __init__(
        self, row: ToOne, decision: Decision, rows: Predicate, label: str, referenced_by: str, siblings: dict[ToOne, JoinedRow]
    ) -> None:
        self.entity = row.entity
        self.decision = decision
        self._row = row
        self._rows = rows
        self._label = label
        self._referenced_by = referenced_by
        self._siblings = siblings
        self._columns: dict[str, None] = {}
        self._joins: dict[ToOne, JoinedRow] = {}

    @property
    def is_always_there(self) -> bool:
        """Whether every reference has its row: a foreign key ensures it, and there is no condition left."""
        reference = CATALOGUE[self._referenced_by].table.c[self._row.column]
        return self._rows == TRUE and self._row.by == "id" and not reference.nullable

    @property
    def by(self) -> str:
        """The unique column that is referenced. Every row has a value in it."""
        return self._row.by

    def read(self, column: str) -> str:
        """Return the variable of a column."""
        self._columns[column] = None
        return f"r_{self._label}_{column}"

    def holds(self, predicate: Predicate) -> str:
        """Return the code of a policy predicate over the row. Raises NotJoinable if the predicate needs linked rows."""
        if not is_local(predicate):
            raise NotJoinable("a mask over linked rows")
        return expression(predicate, self.read)

    def computed(self, _label: str, _predicate: Predicate) -> str:
        """Refuse to compute a predicate in the database. Raises NotJoinable."""
        raise NotJoinable("an action that linked rows decide")

    def join(self, row: ToOne, decision: Decision, rows: Predicate) -> JoinedRow:
        """Return the row that a column references. It is joined in the same statement once `keep` is called."""
        label = f"{self._label}x{len(self._joins)}"
        return self._joins.get(row) or JoinedRow(row, decision, rows, label, self.entity, self._joins)

    def keep(self) -> None:
        """Include the row in the statement."""
        self._siblings[self._row] = self

    @property
    def labels(self) -> list[str]:
        """The labels of the row's columns in the statement, in its order."""
        own = [f"{self._label}_{column}" for column in self._columns]
        return own + [label for join in self._joins.values() for label in join.labels]

    @property
    def joined(self) -> Joined:
        """The description of the join for the statement."""
        inner = tuple(join.joined for join in self._joins.values())
        row = self._row
        return Joined(self._label, row.entity, row.column, row.by, self._rows, tuple(self._columns), inner)


class Rows:
    """Rows of a type under policy. Each column that is read is a variable of the generated code."""

    def __init__(
        self,
        entity: str,
        decision: Decision,
        required: Sequence[str] = (),
        *,
        below: bool = False,
        joinable: bool = True,
        facts: Predicate = TRUE,
    ) -> None:
        """`required` columns are read in any case. With `below`, the parent's position is the first column.

        `facts` are true of the rows because of the visible rows that lead to them.
        """
        self.entity = entity
        self.decision = decision
        self._told = facts
        self._below = below
        self._joinable = joinable
        self._columns = dict.fromkeys(required)
        self._masks: dict[str, Predicate] = {}
        self._joins: dict[ToOne, JoinedRow] = {}

    def read(self, column: str) -> str:
        """Return the variable of a column."""
        self._columns[column] = None
        return f"r_{column}"

    def read_all(self) -> None:
        """Read every column, for resolvers that don't declare which they need."""
        self._columns.update(dict.fromkeys(readable(self.entity)))

    def holds(self, predicate: Predicate) -> str:
        """Return the code of a policy predicate over the row; `viewer` is the viewer's variable."""
        if is_local(predicate):
            return expression(predicate, self.read)
        column = mask_of(self.decision).column(predicate)
        self._masks[column] = predicate
        return f"r_{column}"

    def computed(self, label: str, predicate: Predicate) -> str:
        """Return the variable of a predicate that the database computes. Raises NotPlannable if the rows are loaded elsewhere."""
        if not self._joinable:
            raise NotPlannable("linked rows of rows that are loaded elsewhere")
        self._masks[label] = predicate
        return f"r_{label}"

    def join(self, row: ToOne, decision: Decision, rows: Predicate) -> JoinedRow:
        """Return the row that a column references. It is joined in the same statement once `keep` is called."""
        if not self._joinable:
            raise NotJoinable("rows that are loaded elsewhere")
        return self._joins.get(row) or JoinedRow(row, decision, rows, f"j{len(self._joins)}", self.entity, self._joins)

    @property
    def labels(self) -> list[str]:
        """The labels of what the statement selects, in its order."""
        joined = [label for join in self._joins.values() for label in join.labels]
        return ["parent"] * self._below + [*self._columns, *self._masks, *joined]

    def position(self, variable: str) -> int:
        """Return the position of a variable's column in the rows."""
        return self.labels.index(variable.removeprefix("r_"))

    @property
    def target(self) -> str:
        """The code that unpacks a row into variables."""
        return "(" + "".join(f"r_{label}, " for label in self.labels) + ")"

    @property
    def facts(self) -> Predicate:
        """What is true of all rows."""
        return conj((self.decision.rows, self._told))

    def narrowed(self, allowed: Predicate) -> Predicate:
        """Return one of the alternatives of policy if the rows that lead to these imply it. The others needn't be looked at."""
        return narrow(self._told, allowed)

    def source(self, rows: Predicate, through: Predicate = TRUE) -> Source:
        """Return the source of a statement over the rows that match `rows`."""
        joins = tuple(join.joined for join in self._joins.values())
        return Source(self.entity, rows, through, tuple(self._masks.items()), tuple(self._columns), joins)

    def parents(self, rows: Sequence[Any]) -> Sequence[Any]:
        """Return the parents for batch resolvers: records."""
        return [row.record if isinstance(row, LoadedRows) else Record(self.entity, row) for row in rows]

    def of_records(self, records: Sequence[Any]) -> Sequence[LoadedRows]:
        """Return records that were loaded elsewhere as rows of this order. Raises NotPlannable for records of another type."""
        if any(getattr(record, "entity", None) != self.entity for record in records):
            raise NotPlannable("records of another type")
        labels = self.labels
        return [LoadedRows(record, [getattr(record, label) for label in labels]) for record in records]


class LoadedRows(tuple[Any, ...]):
    """A row built from a record that was loaded elsewhere."""

    record: Record

    def __new__(cls, record: Record, values: Sequence[Any]) -> LoadedRows:
        row = super().__new__(cls, values)
        row.record = record
        return row
