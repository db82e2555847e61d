"""Witnesses: a viewer and rows that the solver found, and their readable form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from policies.analysis.verdicts import linked_resource
from policies.entity import Entity, Link, Resource
from policies.evaluation.shapes import format_shape
from policies.prove.encoding import table_name
from policies.viewer import PARAMETERS, SETS, Viewer


@dataclass(frozen=True, slots=True)
class WitnessRow:
    """One row, and the columns that matter."""

    entity: Entity
    values: Mapping[str, Any]
    relevant_columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Witness:
    """A viewer and rows: the first row is the one in question, and if it's a part, the second row is its whole."""

    viewer: Viewer
    rows: tuple[WitnessRow, ...]
    linked: Mapping[str, tuple[Mapping[str, Any], ...]]  # by table name
    relevant_linked_columns: Mapping[str, tuple[str, ...]]
    parameters: frozenset[str]  # the viewer parameters that matter

    @property
    def row(self) -> Resource:
        """The row in question, with its linked rows."""
        return self.resource(0)

    def resource(self, number: int) -> Resource:
        """Return one of the rows, with its linked rows."""
        entity, values = self.rows[number].entity, self.rows[number].values
        return linked_resource(entity, values, self.linked)

    def __str__(self) -> str:
        """Format the values that matter, one line for the viewer and one for each row."""
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        facts: dict[str, Any] = {name: getattr(self.viewer, name) for name in (*PARAMETERS, *SETS) if name in self.parameters}
        yield f"viewer {format_shape(self.viewer.shape)}{_shown(facts)}"
        for found in self.rows:
            yield f"{found.entity.name}{_shown({name: found.values[name] for name in found.relevant_columns})}"
            for link in found.entity.links:
                yield from self._linked_lines(found, link)

    def _linked_lines(self, found: WitnessRow, link: Link) -> Iterator[str]:
        name, key = table_name(link.table), found.values[link.local]
        for row in self.linked.get(name, ()):
            if row[link.remote] is not None and row[link.remote] == key:
                yield f"  {link.name}{_shown({column: row[column] for column in self.relevant_linked_columns[name]})}"


def _shown(values: Mapping[str, Any]) -> str:
    return ": " + ", ".join(f"{name} = {_value(value)}" for name, value in values.items()) if values else ""


def _value(value: Any) -> str:
    if value is None:
        return "nil"
    if isinstance(value, frozenset):
        return f"[{', '.join(map(_value, sorted(value)))}]"
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)
