"""Three verdicts on the same rows: Oso's own, the compiled Python, and the compiled SQL run by PostgreSQL.

The SQL reads temporary tables without constraints, which hold the rows to test. The caller creates and fills them.
"""

from __future__ import annotations

import enum
import uuid
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

import sqlalchemy as sa

from policies.entity import Catalogue, Entity, Resource
from policies.evaluation.policy import Decision, Policy
from policies.predicates.masks import compile_predicate
from policies.predicates.predicate import Predicate
from policies.predicates.sql import to_column, viewer_parameters
from policies.viewer import Viewer

COMPARABLE_TYPES: Final = (uuid.UUID, str, int, bool, date, datetime)  # types whose values conditions can compare


def comparable_type(column: sa.ColumnElement[Any]) -> type | None:
    """Return the Python type of a column if conditions can compare it, else None. Enum values are text."""
    python_type: type = column.type.python_type
    if issubclass(python_type, enum.Enum):
        return str
    return python_type if python_type in COMPARABLE_TYPES else None


def temporary_table(table: sa.FromClause, name: str, metadata: sa.MetaData, *more: sa.Column[Any]) -> sa.Table:
    """Return a temporary table with the same columns, as far as conditions can tell."""
    columns = [
        sa.Column(column.name, sa.Text() if comparable_type(column) is str else column.type, nullable=column.nullable)
        for column in table.c
        if isinstance(column, sa.Column) and comparable_type(column) is not None
    ]
    return sa.Table(name, metadata, *columns, *more, prefixes=["TEMPORARY"])


class World:
    """The temporary tables of a catalogue: one for each entity's rows, and linked tables that shadow the real ones."""

    def __init__(self, catalogue: Catalogue) -> None:
        """Define the tables. The caller creates them on a connection."""
        metadata = sa.MetaData()
        self.catalogue = catalogue
        self.metadata = metadata
        self.rows = {
            entity.name: temporary_table(entity.table, f"case_{entity.name.lower()}", metadata, sa.Column("case_", sa.Integer))
            for entity in catalogue
        }
        tables = {str(link.table.description): link.table for entity in catalogue for link in entity.links}
        self.linked = {name: temporary_table(table, name, metadata) for name, table in tables.items()}

    def build_query(
        self, entity: Entity, predicates: Sequence[Predicate], viewer: Viewer, *, per_row: bool = False
    ) -> tuple[sa.Select[Any], dict[str, Any]]:
        """Return a statement that evaluates all predicates on all rows (case number, then a boolean each), and its parameters."""
        table = self.rows[entity.name]
        columns = [to_column(each, entity, table, per_row=per_row).label(f"p{index}") for index, each in enumerate(predicates)]
        statement = sa.select(table.c.case_, *columns)
        needed = statement.compile().params
        return statement, {name: value for name, value in viewer_parameters(viewer).items() if name in needed}


def linked_resource(entity: Entity, row: Mapping[str, Any], linked: Mapping[str, Sequence[Mapping[str, Any]]]) -> Resource:
    """Return a row as an object, together with the rows of the linked tables that its links lead to."""
    links = {
        link.name: [
            link.resource(**other)
            for other in linked.get(str(link.table.description), ())
            if other[link.remote] is not None and other[link.remote] == row[link.local]
        ]
        for link in entity.links
    }
    return entity.resource(**row, **links)


def oso_and_python_verdicts(
    policy: Policy, viewer: Viewer, action: str, row: Resource, decision: Decision, field: str | None
) -> tuple[bool, bool]:
    """Return Oso's own verdict and that of the compiled Python, on the row or on a field of the visible row."""
    if field is None:
        return policy.allows(viewer, action, decision.entity, row), compile_predicate(decision.rows)(row, viewer)
    visible = compile_predicate(decision.fields[field].visible)(row, viewer)
    return policy.allows_field(viewer, action, decision.entity, row, field), visible
