"""Loaders: everything that one request reads. Every row passes the policy of its type here, and comes back as a masked record.

A loader collects the keys of a level and loads them with one statement. Records are cached for this request only, so that no
value reaches another viewer. Each statement runs on its own connection, so that the loads of a level run concurrently.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import sqlalchemy as sa
from aiodataloader import DataLoader
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.selectable import Select

from models import PartnerDefaults
from models.slugs import PRODUCT_SLUGS, PROFILE_SLUGS, Slugs
from policies.predicates.predicate import Predicate
from resolvers.reading import statements
from resolvers.reading.masks import mask_of
from resolvers.reading.records import Record
from resolvers.reading.statements import Joined, Source

if TYPE_CHECKING:
    from resolvers.reading.access import Access
    from resolvers.reading.page_requests import PageRequest

REQUESTED_KEYS: Final = sa.any_(sa.bindparam(statements.KEYS, type_=postgresql.ARRAY(sa.Text())))


def _names(slugs: Slugs) -> sa.Subquery:
    """Select the requested slugs of a type, current or former, with the keys of their rows."""
    current, former = slugs.current, slugs.former
    return sa.union_all(
        sa.select(current.slug.label("name"), current.id.label("key")).where(current.slug == REQUESTED_KEYS, slugs.has_url),
        sa.select(former.slug, slugs.owner).where(former.slug == REQUESTED_KEYS),
    ).subquery("names")


SLUGS: Final = {slugs.current.__name__: _names(slugs) for slugs in (PROFILE_SLUGS, PRODUCT_SLUGS)}
PARTNER_DEFAULTS: Final = sa.select(PartnerDefaults.__table__).where(
    PartnerDefaults.partner_id == sa.any_(sa.bindparam(statements.KEYS, type_=postgresql.ARRAY(sa.Uuid())))
)

PORTS_RELATION: Final = "dashboard.ports"
PORT_GROUPS: Final = ("status", "location_metro", "currency")


class Loaders:
    """The loaders of one request."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._loaders: dict[Hashable, DataLoader[Any, Any]] = {}

    async def rows(self, entity: str, keys: Iterable[Any], by: str = "id") -> list[Record | None]:
        """Return the row for each key, or None if it doesn't exist or the viewer can't read it. `by` is a unique column."""
        lists = await self._gather(entity, by, None, keys)
        return [records[0] if records else None for records in lists]

    async def lists(self, entity: str, keys: Iterable[Any], by: str, order: str) -> list[list[Record]]:
        """Return, for each key, all rows whose column `by` equals it, sorted by the column `order`."""
        return await self._gather(entity, by, order, keys)

    async def every(self, entity: str, order: str) -> list[Record]:
        """Return all rows of a type that has few, sorted by the column `order`."""
        return self._masked(entity, await self._fetch(statements.select_all(self._source(entity, ("read",)), order), {}))

    async def rows_with_computed(
        self, entity: str, keys: Sequence[UUID], computed: tuple[tuple[str, Predicate], ...]
    ) -> list[Any]:
        """Return the row for each key, with predicates over linked rows as extra columns. All rows must be readable by the viewer."""
        source = Source(entity, self._access.decide(entity).rows, masks=computed)
        rows = await self._fetch(statements.select_rows_by(source, "id"), {statements.KEYS: list(dict.fromkeys(keys))})
        by_key = {row.id: row for row in rows}
        return [by_key[key] for key in keys]

    async def page(self, request: PageRequest, parents: Sequence[UUID]) -> dict[UUID | None, list[Record]]:
        """Return the page of each parent, or of the whole list under None.

        A page has one record more than its size if there are further rows.
        """
        source = self._source(request.selection.entity, request.actions, request.selection.link_type)
        if source.is_empty:
            return {}
        statement = statements.select_page(source, request.selection, request.window)
        keys = list(dict.fromkeys(parents))
        rows = await self._fetch(statement, {**request.parameters, statements.KEYS: keys})
        if request.selection.relation is None:
            return {None: self._masked(source.entity, rows)}
        groups: dict[UUID | None, list[Any]] = {}
        for row in rows:
            groups.setdefault(keys[row.parent - 1], []).append(row)
        return {parent: self._masked(source.entity, group) for parent, group in groups.items()}

    async def count(self, request: PageRequest, parents: Sequence[UUID], limit: int | None = None) -> dict[UUID | None, int]:
        """Return the number of rows below each parent, or of the whole list under None. At most `limit` of each are counted."""
        loader = self._loaders.get(("count", id(request), limit))
        if loader is None:

            async def load(requested: list[tuple[UUID | None]]) -> list[int]:
                counts = await self._counts(request, [parent for (parent,) in requested if parent is not None], limit)
                return [counts[parent] for (parent,) in requested]

            loader = self._loaders["count", id(request), limit] = DataLoader(load)
        wanted: list[UUID | None] = [None] if request.selection.relation is None else list(dict.fromkeys(parents))
        return dict(zip(wanted, await loader.load_many([(parent,) for parent in wanted]), strict=True))

    async def _counts(self, request: PageRequest, parents: Sequence[UUID], limit: int | None) -> dict[UUID | None, int]:
        source = self._source(request.selection.entity, request.actions, request.selection.link_type)
        if source.is_empty:
            return {None: 0} if request.selection.relation is None else dict.fromkeys(parents, 0)
        statement = statements.select_counts(source, request.selection, limit)
        rows = await self._fetch(statement, {**request.parameters, statements.KEYS: parents})
        return (
            {None: rows[0][0]} if request.selection.relation is None else {parents[row.parent - 1]: row.count for row in rows}
        )

    async def facets(self, request: PageRequest, by: tuple[str, ...]) -> tuple[int, list[dict[Any, int]]]:
        """Return the number of rows of a whole list, and for each of these columns the number of rows by its value."""
        source = self._source(request.selection.entity, request.actions, request.selection.link_type)
        counts: list[dict[Any, int]] = [{} for _ in by]
        total = 0
        if source.is_empty:
            return total, counts
        every = 2 ** len(by) - 1
        places = {every - 2 ** (len(by) - 1 - place): place for place in range(len(by))}
        for row in await self._fetch(statements.select_facets(source, request.selection, by), {**request.parameters}):
            if row.others == every:
                total = row.count
            else:
                place = places[row.others]
                counts[place][getattr(row, by[place])] = row.count
        return total, counts

    async def row_of_slug(self, entity: str, slug: str) -> Record | None:
        """Return the row that has, or had, this slug (A3, A38), with one statement in any case: timing reveals nothing."""
        names = SLUGS[entity]
        loader = self._loaders.get(names)
        if loader is None:

            async def load(requested: list[str]) -> list[Record | None]:
                source = self._source(entity, ("read",))
                rows = (
                    []
                    if source.is_empty
                    else await self._fetch(statements.select_by_key(source, names), {statements.KEYS: requested})
                )
                records = self._masked(entity, rows)
                by_slug = {row.parent: record for row, record in zip(rows, records, strict=True)}
                return [by_slug.get(slug) for slug in requested]

            loader = self._loaders[names] = DataLoader(load)
        found: Record | None = await loader.load(slug)
        return found

    async def defaults(self, partners: Sequence[UUID]) -> list[Any]:
        """Return each partner's defaults for its accounts, or None. They are part of settings that policy guards."""
        rows = await self._fetch(PARTNER_DEFAULTS, {statements.KEYS: list(dict.fromkeys(partners))})
        by_partner = {row.partner_id: row for row in rows}
        return [by_partner.get(partner) for partner in partners]

    async def ports_of(self, companies: Sequence[UUID]) -> list[list[Any]]:
        """Return, in groups, the ports that the viewer can read of each company and of the accounts that it manages.

        A group has its `status`, `location_metro` and `currency`, the `count` of its ports, and the sum of their
        `monthly_rate`, which is None if the viewer can't see the rate of every port.
        """
        loader = self._loaders.get(PORTS_RELATION)
        if loader is None:

            async def load(requested: list[UUID]) -> list[list[Any]]:
                source = self._ports()
                if source.is_empty:
                    return [[] for _ in requested]
                statement = statements.select_tally(
                    source,
                    PORTS_RELATION,
                    PORT_GROUPS,
                    "monthly_rate",
                    shown=self._access.sees_everywhere("Port", "monthly_rate"),
                )
                groups: dict[UUID, list[Any]] = {}
                for row in await self._fetch(statement, {statements.KEYS: requested}):
                    groups.setdefault(requested[row.parent - 1], []).append(row)
                return [groups.get(company, []) for company in requested]

            loader = self._loaders[PORTS_RELATION] = DataLoader(load)
        return await loader.load_many(list(companies))

    def _ports(self) -> Source:
        """Return the source of the ports that the viewer can read, each with the metro of its location."""
        rows, _ = self._access.allowed("Port", ("read",))
        readable_locations = self._access.decide("Location").rows
        location = Joined("location", "Location", "location_id", "id", readable_locations, ("metro",))
        return Source("Port", rows, columns=("status", "currency", "monthly_rate"), joins=(location,))

    async def _gather(self, entity: str, by: str, order: str | None, keys: Iterable[Any]) -> list[list[Record]]:
        loader = self._loaders.get((entity, by, order))
        if loader is None:

            async def load(requested: list[Any]) -> list[list[Record]]:
                source = self._source(entity, ("read",))
                if source.is_empty:
                    return [[] for _ in requested]
                rows = await self._fetch(statements.select_rows_by(source, by, order), {statements.KEYS: requested})
                by_key: dict[Any, list[Record]] = {}
                for record in self._masked(entity, rows):
                    by_key.setdefault(getattr(record, by), []).append(record)
                return [by_key.get(key, []) for key in requested]

            loader = self._loaders[entity, by, order] = DataLoader(load)
        requested = list(keys)
        lists = iter(await loader.load_many([key for key in requested if key is not None]))
        return [[] if key is None else next(lists) for key in requested]

    def _source(self, entity: str, actions: tuple[str, ...], link_type: str = "") -> Source:
        rows, through = self._access.allowed(entity, actions, link_type)
        return Source(entity, rows, through, mask_of(self._access.decide(entity)).computed)

    def _masked(self, entity: str, rows: Sequence[Any]) -> list[Record]:
        return mask_of(self._access.decide(entity)).records(rows, self._access.viewer)

    async def _fetch(self, statement: Select[Any], parameters: dict[str, Any]) -> Sequence[Any]:
        return await self._access.reader.fetch(statement, {**self._access.parameters, **parameters})
