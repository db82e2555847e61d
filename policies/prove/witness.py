"""A viewer and a row of which something is true, as a solver has found them, and how they read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from policies.entity import Entity, Resource
from policies.prove.encoding import table_name
from policies.shapes import spell
from policies.verdicts import linked_resource
from policies.viewer import PARAMETERS, SETS, Viewer


@dataclass(frozen=True, slots=True)
class Found:
    """One row, and which of its columns matter."""

    entity: Entity
    values: Mapping[str, Any]
    mattering: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Witness:
    """A viewer and rows: the first is what was asked about, the second the whole that it is part of, where it is a part."""

    viewer: Viewer
    found: tuple[Found, ...]
    linked: Mapping[str, tuple[Mapping[str, Any], ...]]  # by the name of the table
    linked_mattering: Mapping[str, tuple[str, ...]]
    parameters: frozenset[str]  # those of the viewer that matter

    @property
    def row(self) -> Resource:
        """The row that was asked about, with its linked rows."""
        return self.resource(0)

    def resource(self, number: int) -> Resource:
        """One of the rows, with its linked rows."""
        entity, values = self.found[number].entity, self.found[number].values
        return linked_resource(entity, values, self.linked)

    def __str__(self) -> str:
        """The values that matter, a line for the viewer and each row."""
        return "\n".join(self._lines())

    def _lines(self) -> Iterator[str]:
        facts: dict[str, Any] = {name: getattr(self.viewer, name) for name in (*PARAMETERS, *SETS) if name in self.parameters}
        yield f"viewer {spell(self.viewer.shape)}{_shown(facts)}"
        for found in self.found:
            yield f"{found.entity.name}{_shown({name: found.values[name] for name in found.mattering})}"
            for link in found.entity.links:
                name = table_name(link.table)
                for row in self.linked.get(name, ()):
                    if row[link.remote] is not None and row[link.remote] == found.values[link.local]:
                        yield f"  {link.name}{_shown({key: row[key] for key in self.linked_mattering[name]})}"


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
