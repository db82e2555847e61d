"""Three verdicts of the same rows: Oso's own, the compiled Python, and a statement that asks PostgreSQL for the compiled SQL.

The statement reads temporary tables without constraints, which hold the rows in question; whoever runs it makes and fills them.
"""

from __future__ import annotations

import enum
import uuid
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

import sqlalchemy as sa

from policies.entity import Catalogue, Entity, Resource
from policies.masks import compile_predicate
from policies.policy import Decision, Policy
from policies.predicate import Predicate
from policies.sql import to_column, viewer_parameters
from policies.viewer import Viewer

KINDS: Final = (uuid.UUID, str, int, bool, date, datetime)  # of which a condition can compare values


def kind(column: sa.ColumnElement[Any]) -> type | None:
    """The Python type of a column if conditions can compare it; an enum's values are text."""
    python_type: type = column.type.python_type
    if issubclass(python_type, enum.Enum):
        return str
    return python_type if python_type in KINDS else None


def temporary(table: sa.FromClause, name: str, metadata: sa.MetaData, *more: sa.Column[Any]) -> sa.Table:
    """The same columns in a temporary table; they differ in nothing that a condition could see."""
    columns = [
        sa.Column(column.name, sa.Text() if kind(column) is str else column.type, nullable=column.nullable)
        for column in table.c
        if isinstance(column, sa.Column) and kind(column) is not None
    ]
    return sa.Table(name, metadata, *columns, *more, prefixes=["TEMPORARY"])


class World:
    """The temporary tables of a catalogue: one for each entity's rows, and the linked ones, which shadow the real ones."""

    def __init__(self, catalogue: Catalogue) -> None:
        """Describe them; a connection makes them."""
        metadata = sa.MetaData()
        self.catalogue = catalogue
        self.metadata = metadata
        self.rows = {
            entity.name: temporary(entity.table, f"case_{entity.name.lower()}", metadata, sa.Column("case_", sa.Integer))
            for entity in catalogue
        }
        tables = {str(link.table.description): link.table for entity in catalogue for link in entity.links}
        self.linked = {name: temporary(table, name, metadata) for name, table in tables.items()}

    def question(
        self, entity: Entity, predicates: Sequence[Predicate], viewer: Viewer, *, per_row: bool = False
    ) -> tuple[sa.Select[Any], dict[str, Any]]:
        """What PostgreSQL says of all predicates and rows: the number of a row, then a truth for each; and its parameters."""
        table = self.rows[entity.name]
        columns = [to_column(each, entity, table, per_row=per_row).label(f"p{index}") for index, each in enumerate(predicates)]
        statement = sa.select(table.c.case_, *columns)
        needed = statement.compile().params
        return statement, {name: value for name, value in viewer_parameters(viewer).items() if name in needed}


def linked_resource(entity: Entity, row: Mapping[str, Any], linked: Mapping[str, Sequence[Mapping[str, Any]]]) -> Resource:
    """A row as an object, with the rows that its links lead to among those of the linked tables."""
    links = {
        link.name: [
            link.resource(**other)
            for other in linked.get(str(link.table.description), ())
            if other[link.remote] is not None and other[link.remote] == row[link.local]
        ]
        for link in entity.links
    }
    return entity.resource(**row, **links)


def of_oso_and_python(
    policy: Policy, viewer: Viewer, action: str, row: Resource, decision: Decision, field: str | None
) -> tuple[bool, bool]:
    """Oso's own verdict and that of the compiled Python: of the row, or of a field of it, given that the row is visible."""
    if field is None:
        return policy.allows(viewer, action, decision.entity, row), compile_predicate(decision.rows)(row, viewer)
    visible = compile_predicate(decision.fields[field].visible)(row, viewer)
    return policy.allows_field(viewer, action, decision.entity, row, field), visible
