"""What policy may look at: types, the tables they stand on, their columns and the to-many links that rules may follow.

There are no to-one relations: whatever a rule compares is a column of the row or of a linked row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar, Final

import sqlalchemy as sa

from policies.errors import PolicyError

READ: Final = "read"


class Resource:
    """A row as Oso's concrete verdict and the Python masks see it: its columns, and a list for each link."""

    columns: ClassVar[tuple[str, ...]] = ()
    links: ClassVar[tuple[str, ...]] = ()

    def __init__(self, **values: Any) -> None:
        """Take the values of columns (None where left out) and the rows of links (none where left out)."""
        self.__dict__.update(dict.fromkeys(self.columns) | {link: [] for link in self.links})
        for name, value in values.items():
            if name not in self.__dict__:
                raise PolicyError(f"{type(self).__name__} has no attribute {name}")
            self.__dict__[name] = value


def _resource(name: str, table: sa.FromClause, links: tuple[Link, ...] = ()) -> type[Resource]:
    members = {"columns": tuple(table.c.keys()), "links": tuple(link.name for link in links)}
    return type(name, (Resource,), members)


@dataclass(frozen=True)
class Link:
    """A to-many relation: the rows of `table` whose `remote` column equals the `local` column of the entity's row."""

    name: str
    table: sa.FromClause
    local: str
    remote: str

    @cached_property
    def resource(self) -> type[Resource]:
        """The class of the link's rows."""
        return _resource(f"{self.name} row", self.table)


@dataclass(frozen=True)
class Entity:
    """A type that rules speak of. A part has no row rule: it is reached only through its whole, which is visible."""

    name: str
    table: sa.FromClause
    links: tuple[Link, ...] = ()
    part_of: str | None = None

    @cached_property
    def resource(self) -> type[Resource]:
        """The class of the entity's rows, known to Oso by the entity's name."""
        return _resource(self.name, self.table, self.links)

    @cached_property
    def key(self) -> str:
        """The column that is the key of its rows."""
        return str(next(iter(self.table.primary_key)).name)

    def link(self, name: str) -> Link | None:
        """The link of that name, if there is one."""
        return next((link for link in self.links if link.name == name), None)


class Catalogue:
    """All entities, each under its own name, the actions on their rows, and the abilities of viewers."""

    def __init__(
        self,
        entities: tuple[Entity, ...],
        actions: Mapping[str, tuple[str, ...]] | None = None,
        abilities: tuple[str, ...] = (),
    ) -> None:
        """Refuse names that are taken, links named like a column, and columns that do not exist.

        `actions` are those besides reading, by entity.
        """
        self.abilities = abilities
        self._actions = actions or {}
        for name in self._actions.keys() - {entity.name for entity in entities}:
            raise PolicyError(f"the catalogue has actions on {name}, which is no entity of it")
        self._entities = {entity.name: entity for entity in entities}
        if len(self._entities) != len(entities):
            raise PolicyError("two entities of the catalogue have the same name")
        for entity in entities:
            self._check(entity)

    def __getitem__(self, name: str) -> Entity:
        """Return the entity of that name."""
        try:
            return self._entities[name]
        except KeyError:
            raise PolicyError(f"the catalogue has no entity {name}; it has {', '.join(self._entities)}") from None

    def __contains__(self, name: object) -> bool:
        """Tell whether there is an entity of that name."""
        return name in self._entities

    def __iter__(self) -> Iterator[Entity]:
        """All entities, in the order in which they were given."""
        return iter(self._entities.values())

    def actions(self, name: str) -> tuple[str, ...]:
        """What can be done to a row of an entity. Of a part nothing is asked but its fields, which are read."""
        return (READ, *self._actions.get(name, ()))

    def _check(self, entity: Entity) -> None:
        if entity.part_of is not None and entity.part_of not in self:
            raise PolicyError(f"{entity.name} is part of {entity.part_of}, which the catalogue does not have")
        for link in entity.links:
            if link.name in entity.table.c:
                raise PolicyError(f"{entity.name}.{link.name} is a column and a link")
            if link.local not in entity.table.c or link.remote not in link.table.c:
                raise PolicyError(f"the link {entity.name}.{link.name} joins columns that do not exist")
