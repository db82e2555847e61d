"""Rows as a plan reads them: generated code names a column, and the statement selects just the columns that were named."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from policies.catalogue import CATALOGUE
from policies.masks import expression, is_local
from policies.policy import Decision
from policies.predicate import TRUE, Predicate
from resolvers.execution.codegen import NotJoinable, NotPlannable
from resolvers.reading.field_sources import ToOne
from resolvers.reading.masks import mask_of
from resolvers.reading.records import Record
from resolvers.reading.statements import Joined, Source, readable


class Objects:
    """Things that are no rows: objects with attributes, one of which is the variable."""

    def __init__(self, variable: str = "o") -> None:
        self.target = variable

    def read(self, column: str) -> str:
        """The attribute of the object."""
        return f"{self.target}.{column}"

    def parents(self, objects: Sequence[Any]) -> Sequence[Any]:
        """What batch resolvers are given: the objects themselves."""
        return objects


class JoinedRow:
    """A row that is read beside the one that names it, by one statement; `rows` is what has still to be true of it."""

    def __init__(
        self, row: ToOne, decision: Decision, rows: Predicate, label: str, named_in: str, siblings: dict[ToOne, JoinedRow]
    ) -> None:
        self.entity = row.entity
        self.decision = decision
        self._row = row
        self._rows = rows
        self._label = label
        self._named_in = named_in
        self._siblings = siblings
        self._columns: dict[str, None] = {}
        self._joins: dict[ToOne, JoinedRow] = {}

    @property
    def is_always_there(self) -> bool:
        """Whether there is a row for each that names it: a foreign key holds it, and nothing has still to be true."""
        named = CATALOGUE[self._named_in].table.c[self._row.column]
        return self._rows == TRUE and self._row.by == "id" and not named.nullable

    @property
    def by(self) -> str:
        """The column by which it is found: no row is without it."""
        return self._row.by

    def read(self, column: str) -> str:
        """The variable of a column."""
        self._columns[column] = None
        return f"r_{self._label}_{column}"

    def holds(self, predicate: Predicate) -> str:
        """The code that tells whether a predicate of policy is true of the row. Raises Inseparable if it asks for linked rows."""
        if not is_local(predicate):
            raise NotJoinable("a mask over linked rows")
        return expression(predicate, self.read)

    def beside(self, _label: str, _predicate: Predicate) -> str:
        """Refuse to have something computed beside the row. Raises Inseparable."""
        raise NotJoinable("an action that linked rows decide")

    def joined_by(self, row: ToOne, decision: Decision, rows: Predicate) -> JoinedRow:
        """The row that a column names, to be tried out, and read by the same statement if it is kept."""
        label = f"{self._label}x{len(self._joins)}"
        return self._joins.get(row) or JoinedRow(row, decision, rows, label, self.entity, self._joins)

    def keep(self) -> None:
        """Read what was tried out."""
        self._siblings[self._row] = self

    @property
    def labels(self) -> list[str]:
        """What the statement reads of it, in its order."""
        own = [f"{self._label}_{column}" for column in self._columns]
        return own + [label for join in self._joins.values() for label in join.labels]

    @property
    def joined(self) -> Joined:
        """What the statement joins."""
        inner = tuple(join.joined for join in self._joins.values())
        row = self._row
        return Joined(self._label, row.entity, row.column, row.by, self._rows, tuple(self._columns), inner)


class Rows:
    """Rows of a type of policy. Each column that is read is a variable of the generated code."""

    def __init__(
        self, entity: str, decision: Decision, forced: Sequence[str] = (), *, below: bool = False, joinable: bool = True
    ) -> None:
        """`forced` columns are read in any case; `below` a parent, its key is the first column."""
        self.entity = entity
        self.decision = decision
        self._below = below
        self._joinable = joinable
        self._columns = dict.fromkeys(forced)
        self._masks: dict[str, Predicate] = {}
        self._joins: dict[ToOne, JoinedRow] = {}

    def read(self, column: str) -> str:
        """The variable of a column."""
        self._columns[column] = None
        return f"r_{column}"

    def read_all(self) -> None:
        """Read every column, for whoever does not say which it needs."""
        self._columns.update(dict.fromkeys(readable(self.entity)))

    def holds(self, predicate: Predicate) -> str:
        """The code that tells whether a predicate of policy is true of the row; the viewer is the variable `viewer`."""
        if is_local(predicate):
            return expression(predicate, self.read)
        column = mask_of(self.decision).column(predicate)
        self._masks[column] = predicate
        return f"r_{column}"

    def beside(self, label: str, predicate: Predicate) -> str:
        """The variable of a predicate that the database computes beside the row. Raises Unplanned where others have read it."""
        if not self._joinable:
            raise NotPlannable("rows that are read elsewhere, and what linked rows say of them")
        self._masks[label] = predicate
        return f"r_{label}"

    def joined_by(self, row: ToOne, decision: Decision, rows: Predicate) -> JoinedRow:
        """The row that a column names, to be tried out, and read by the same statement if it is kept."""
        if not self._joinable:
            raise NotJoinable("rows that are read elsewhere")
        return self._joins.get(row) or JoinedRow(row, decision, rows, f"j{len(self._joins)}", self.entity, self._joins)

    @property
    def labels(self) -> list[str]:
        """What the statement reads, in its order."""
        joined = [label for join in self._joins.values() for label in join.labels]
        return ["parent"] * self._below + [*self._columns, *self._masks, *joined]

    @property
    def target(self) -> str:
        """What a row is unpacked to."""
        return "(" + "".join(f"r_{label}, " for label in self.labels) + ")"

    def source(self, rows: Predicate, through: Predicate = TRUE) -> Source:
        """What a statement reads, of the rows of which `rows` is true."""
        joins = tuple(join.joined for join in self._joins.values())
        return Source(self.entity, rows, through, tuple(self._masks.items()), tuple(self._columns), joins)

    def parents(self, rows: Sequence[Any]) -> Sequence[Any]:
        """What batch resolvers are given: records."""
        return [row.record if isinstance(row, LoadedRows) else Record(self.entity, row) for row in rows]

    def of_records(self, records: Sequence[Any]) -> Sequence[LoadedRows]:
        """Records that were loaded elsewhere, as rows of this order. Raises Unplanned where they are of another type."""
        if any(getattr(record, "entity", None) != self.entity for record in records):
            raise NotPlannable("records of another type")
        labels = self.labels
        return [LoadedRows(record, [getattr(record, label) for label in labels]) for record in records]


class LoadedRows(tuple[Any, ...]):
    """A row made of a record that was loaded elsewhere."""

    record: Record

    def __new__(cls, record: Record, values: Sequence[Any]) -> LoadedRows:
        made = super().__new__(cls, values)
        made.record = record
        return made
