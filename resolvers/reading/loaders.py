"""Loaders: all reading of one request. Every row passes the policy of its type here, and comes back as a masked record.

Keys of a level are gathered and loaded by one statement. What is loaded is kept for the request and for no other, so that no value
crosses viewers. Each statement runs on a connection of its own, so that loads of a level run side by side.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import sqlalchemy as sa
from aiodataloader import DataLoader
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.selectable import Select

from models import MarketplaceProfile, PartnerDefaults, ProfileSlug
from policies.predicate import Predicate
from resolvers.reading import statements
from resolvers.reading.masks import mask_of
from resolvers.reading.records import Record
from resolvers.reading.statements import Joined, Source

if TYPE_CHECKING:
    from resolvers.reading.access import Access
    from resolvers.reading.page_requests import PageRequest

WANTED: Final = sa.any_(sa.bindparam(statements.KEYS, type_=postgresql.ARRAY(sa.Text())))
SLUGS: Final = sa.union_all(
    sa.select(MarketplaceProfile.slug.label("name"), MarketplaceProfile.id.label("key")).where(
        MarketplaceProfile.slug == WANTED
    ),
    sa.select(ProfileSlug.slug, ProfileSlug.profile_id).where(ProfileSlug.slug == WANTED),
).subquery("names")
DEFAULTS: Final = sa.select(PartnerDefaults.__table__).where(
    PartnerDefaults.partner_id == sa.any_(sa.bindparam(statements.KEYS, type_=postgresql.ARRAY(sa.Uuid())))
)

PORTS: Final = "dashboard.ports"
PORT_GROUPS: Final = ("status", "location_metro", "currency")


class Loaders:
    """What one request reads."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._loaders: dict[Hashable, DataLoader[Any, Any]] = {}

    async def rows(self, entity: str, keys: Iterable[Any], by: str = "id") -> list[Record | None]:
        """The row of each key, None where there is none or the viewer may not read it. `by` names a unique column."""
        lists = await self._gather(entity, by, None, keys)
        return [found[0] if found else None for found in lists]

    async def lists(self, entity: str, keys: Iterable[Any], by: str, order: str) -> list[list[Record]]:
        """All rows whose column `by` is the key, for each key, sorted by the column `order`."""
        return await self._gather(entity, by, order, keys)

    async def every(self, entity: str, order: str) -> list[Record]:
        """All rows of a type that has few, sorted by the column `order`."""
        return self._masked(entity, await self._fetch(statements.select_all(self._source(entity, ("read",), None), order), {}))

    async def beside(self, entity: str, keys: Sequence[UUID], computed: tuple[tuple[str, Predicate], ...]) -> list[Any]:
        """The row of each key, which the viewer may read, with what linked rows say of it under these labels."""
        source = Source(entity, self._access.decide(entity).rows, masks=computed)
        found = await self._fetch(statements.select_rows_by(source, "id"), {statements.KEYS: list(dict.fromkeys(keys))})
        rows = {row.id: row for row in found}
        return [rows[key] for key in keys]

    async def page(self, asked: PageRequest, parents: Sequence[UUID]) -> dict[UUID | None, list[Record]]:
        """The records of the page of each parent, or of the whole list under None, one more than its size where there are more."""
        source = self._source(asked.selection.entity, asked.actions, asked.selection.relation)
        if source.is_empty:
            return {}
        statement = statements.select_page(source, asked.selection, asked.window)
        keys = list(dict.fromkeys(parents))
        rows = await self._fetch(statement, {**asked.parameters, statements.KEYS: keys})
        if asked.selection.relation is None:
            return {None: self._masked(source.entity, rows)}
        found: dict[UUID | None, list[Any]] = {}
        for row in rows:
            found.setdefault(keys[row.parent - 1], []).append(row)
        return {parent: self._masked(source.entity, group) for parent, group in found.items()}

    async def count(self, asked: PageRequest, parents: Sequence[UUID]) -> dict[UUID | None, int]:
        """How many rows the list below each parent has, or the whole list under None."""
        source = self._source(asked.selection.entity, asked.actions, asked.selection.relation)
        if source.is_empty:
            return {None: 0} if asked.selection.relation is None else dict.fromkeys(parents, 0)
        statement = statements.select_counts(source, asked.selection)
        keys = list(dict.fromkeys(parents))
        rows = await self._fetch(statement, {**asked.parameters, statements.KEYS: keys})
        return {None: rows[0][0]} if asked.selection.relation is None else {keys[row.parent - 1]: row.count for row in rows}

    async def profile_of_slug(self, slug: str) -> Record | None:
        """The Marketplace profile that has this slug, or had it before (A3): one statement, so that time tells nothing either."""
        loader = self._loaders.get(SLUGS)
        if loader is None:

            async def load(wanted: list[str]) -> list[Record | None]:
                source = self._source("MarketplaceProfile", ("read",), None)
                rows = (
                    []
                    if source.is_empty
                    else await self._fetch(statements.select_by_key(source, SLUGS), {statements.KEYS: wanted})
                )
                records = self._masked("MarketplaceProfile", rows)
                found = {row.parent: record for row, record in zip(rows, records, strict=True)}
                return [found.get(slug) for slug in wanted]

            loader = self._loaders[SLUGS] = DataLoader(load)
        found: Record | None = await loader.load(slug)
        return found

    async def defaults(self, partners: Sequence[UUID]) -> list[Any]:
        """What each partner has set for all its accounts, None for nothing; a part of the settings that policy guards."""
        rows = await self._fetch(DEFAULTS, {statements.KEYS: list(dict.fromkeys(partners))})
        found = {row.partner_id: row for row in rows}
        return [found.get(partner) for partner in partners]

    async def ports_of(self, companies: Sequence[UUID]) -> list[list[Any]]:
        """The ports that the viewer may read of each company and of the accounts that it manages, in groups.

        A group has its `status`, `location_metro` and `currency`, the `count` of its ports, and the sum of their `monthly_rate`, None
        if the viewer doesn't see the rate of every port.
        """
        loader = self._loaders.get(PORTS)
        if loader is None:

            async def load(wanted: list[UUID]) -> list[list[Any]]:
                source = self._ports()
                if source.is_empty:
                    return [[] for _ in wanted]
                statement = statements.select_tally(
                    source, PORTS, PORT_GROUPS, "monthly_rate", shown=self._access.sees_everywhere("Port", "monthly_rate")
                )
                found: dict[UUID, list[Any]] = {}
                for row in await self._fetch(statement, {statements.KEYS: wanted}):
                    found.setdefault(wanted[row.parent - 1], []).append(row)
                return [found.get(company, []) for company in wanted]

            loader = self._loaders[PORTS] = DataLoader(load)
        return await loader.load_many(list(companies))

    def _ports(self) -> Source:
        """The ports that the viewer may read, each with the metro of its location."""
        rows, _ = self._access.allowed("Port", ("read",), None)
        places = self._access.decide("Location").rows
        location = Joined("location", "Location", "location_id", "id", places, ("metro",))
        return Source("Port", rows, columns=("status", "currency", "monthly_rate"), joins=(location,))

    async def _gather(self, entity: str, by: str, order: str | None, keys: Iterable[Any]) -> list[list[Record]]:
        loader = self._loaders.get((entity, by, order))
        if loader is None:

            async def load(wanted: list[Any]) -> list[list[Record]]:
                source = self._source(entity, ("read",), None)
                if source.is_empty:
                    return [[] for _ in wanted]
                rows = await self._fetch(statements.select_rows_by(source, by, order), {statements.KEYS: wanted})
                found: dict[Any, list[Record]] = {}
                for record in self._masked(entity, rows):
                    found.setdefault(getattr(record, by), []).append(record)
                return [found.get(key, []) for key in wanted]

            loader = self._loaders[entity, by, order] = DataLoader(load)
        wanted = list(keys)
        known = await loader.load_many([key for key in wanted if key is not None])
        answers = iter(known)
        return [[] if key is None else next(answers) for key in wanted]

    def _source(self, entity: str, actions: tuple[str, ...], relation: str | None) -> Source:
        rows, through = self._access.allowed(entity, actions, relation)
        return Source(entity, rows, through, mask_of(self._access.decide(entity)).computed)

    def _masked(self, entity: str, rows: Sequence[Any]) -> list[Record]:
        return mask_of(self._access.decide(entity)).records(rows, self._access.viewer)

    async def _fetch(self, statement: Select[Any], parameters: dict[str, Any]) -> Sequence[Any]:
        return await self._access.reader.fetch(statement, {**self._access.parameters, **parameters})
