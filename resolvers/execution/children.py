"""Children: fields whose values a shape waits for. Each loads for all rows of its parent at once, then hands out one value a row."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Any, TypeAlias
from uuid import UUID

from graphql import GraphQLError

from resolvers.execution.codegen import NotPlannable, require_list, require_non_null
from resolvers.execution.failures import FailurePolicy
from resolvers.execution.lookups import LinkedLookup, PageLookup, RowLookup
from resolvers.execution.object_builders import ColumnReader, ObjectBuilder, PlanRun, run_together
from resolvers.execution.redaction_tracking import RedactionTracker
from resolvers.reading.batching import BatchResolver
from resolvers.reading.connections import Page
from resolvers.reading.field_sources import ConnectionArguments
from resolvers.reading.page_requests import PageRequest, parse_page_request
from resolvers.values import identifiers
from resolvers.values.identifiers import Identifier

if TYPE_CHECKING:
    from resolvers.context import Context

Arguments: TypeAlias = Callable[[PlanRun], dict[str, Any]]
"""The arguments of a field in one request."""


@dataclass(frozen=True, slots=True)
class Target:
    """Rows that are looked up, and the objects that are made of them."""

    lookup: RowLookup
    shape: ObjectBuilder

    async def found(self, keys: Sequence[Any], run: PlanRun) -> Iterator[tuple[Any, Any]]:
        """The key and the object of each row whose key is asked for."""
        rows = await self.lookup.read(keys, run)
        return zip(self.lookup.keys(rows), await self.shape.objects(rows, run), strict=True)


@dataclass(frozen=True, slots=True)
class ToOneStep:
    """The object that a key names, None where there is none to be read."""

    keys: ColumnReader
    target: Target
    required: bool

    async def values(self, rows: Sequence[Any], run: PlanRun) -> Sequence[Any]:
        """The object of each row."""
        keys = self.keys(rows, run)
        found = dict(await self.target.found(keys, run))
        values = [found.get(key) for key in keys]
        if self.required and None in values:
            raise NotPlannable("a row that is never absent cannot be read")
        return values


@dataclass(frozen=True, slots=True)
class ToManyStep:
    """All objects below a key."""

    keys: ColumnReader
    target: Target

    async def values(self, rows: Sequence[Any], run: PlanRun) -> Sequence[Any]:
        """The list of each row."""
        keys = self.keys(rows, run)
        return _grouped(keys, await self.target.found(keys, run))


@dataclass(frozen=True, slots=True)
class ToManyByArrayStep:
    """The objects that an array of keys names, in its order, without those that cannot be read."""

    keys: ColumnReader
    target: Target

    async def values(self, rows: Sequence[Any], run: PlanRun) -> Sequence[Any]:
        """The list of each row."""
        lists = [keys or () for keys in self.keys(rows, run)]
        found = dict(await self.target.found([key for keys in lists for key in keys], run))
        return [[found[key] for key in keys if key in found] for keys in lists]


@dataclass(frozen=True, slots=True)
class ManyToManyStep:
    """The objects that the rows of a link table name, by key."""

    keys: ColumnReader
    lookup: LinkedLookup
    shape: ObjectBuilder

    async def values(self, rows: Sequence[Any], run: PlanRun) -> Sequence[Any]:
        """The list of each row."""
        keys = self.keys(rows, run)
        found = await self.lookup.read(keys, run)
        lists: list[list[Any]] = [[] for _ in keys]
        for row, made in zip(found, await self.shape.objects(found, run), strict=True):
            for place in row[0]:
                lists[place - 1].append(made)
        return lists


def _grouped(keys: Sequence[Any], pairs: Iterable[tuple[Any, Any]]) -> list[list[Any]]:
    """For each key the values that are paired with it, in their order."""
    groups: dict[Any, list[Any]] = {}
    for key, value in pairs:
        if key in groups:
            groups[key].append(value)
        else:
            groups[key] = [value]
    return [groups.get(key) or [] for key in keys]


@dataclass(frozen=True, slots=True)
class ConnectionStep:
    """A connection: one page for each row, by one statement."""

    keys: ColumnReader | None  # of the parents, None for the one list of everything
    arguments: Arguments
    narrow: Callable[[dict[str, Any]], ConnectionArguments]
    lookup: PageLookup
    reads_rows: bool
    counts: bool
    items: tuple[tuple[ObjectBuilder, bool], ...]  # each list of the connection, and whether its objects have cursors
    shape: ObjectBuilder
    failing: FailurePolicy

    async def values(self, rows: Sequence[Any], run: PlanRun) -> Sequence[Any]:
        """The connection object of each row."""
        try:
            narrowed, actions = self.narrow(self.arguments(run))
            asked = parse_page_request(run.context, self.lookup.rows.entity, narrowed, self.lookup.relation, actions)
        except GraphQLError as error:
            return self._refused(rows, error, run)
        if self.keys is None:
            (made,) = await self._connections(asked, [None], run)
            return [made] * len(rows)
        keys = self.keys(rows, run)
        parents = list(dict.fromkeys(key for key in keys if key is not None))
        made = await self._connections(asked, parents, run) if parents else ()
        made_of = dict(zip(parents, made, strict=True))
        return [made_of.get(key) for key in keys]

    def _refused(self, rows: Sequence[Any], error: GraphQLError, run: PlanRun) -> Sequence[Any]:
        """The error in the place of each connection. Raises it where some are hidden: graphql-core knows which."""
        if self.keys is not None and None in self.keys(rows, run):
            raise error
        return [self.failing.failed(error, run) for _ in rows]

    async def _connections(self, asked: PageRequest, parents: Sequence[UUID | None], run: PlanRun) -> Sequence[Any]:
        """The connection object of each parent; None is the parent of the one list of everything."""
        reading = self._pages(asked, parents, run)
        if not self.counts:
            pages, lists = await reading
            return self.shape.make(pages, run, *lists)
        (pages, lists), counts = await run_together([reading, self._counts(asked, parents, run)])
        return self.shape.make(pages, run, *lists, counts)

    async def _pages(
        self, asked: PageRequest, parents: Sequence[UUID | None], run: PlanRun
    ) -> tuple[list[Page], list[Sequence[Any]]]:
        found = await self.lookup.read(asked, parents, run) if self.reads_rows else [()] * len(parents)
        pages = [_page(asked, parent, rows) for parent, rows in zip(parents, found, strict=True)]
        flat = pages[0].nodes if len(pages) == 1 else [row for page in pages for row in page.nodes]
        made = await run_together([self._objects(shape, cursors, asked, flat, run) for shape, cursors in self.items])
        return pages, [_divided(objects, pages) for objects in made]

    async def _objects(
        self, shape: ObjectBuilder, cursors: bool, asked: PageRequest, rows: Sequence[Any], run: PlanRun
    ) -> list[Any]:
        return await shape.objects(rows, run, *([asked.cursors(rows, self.lookup.place)] if cursors else []))

    async def _counts(self, asked: PageRequest, parents: Sequence[UUID | None], run: PlanRun) -> list[int]:
        async with run.free:
            counted = await run.context.loaders.count(asked, [parent for parent in parents if parent is not None])
        return [counted[parent] for parent in parents]


def _page(asked: PageRequest, parent: UUID | None, found: Sequence[Any]) -> Page:
    size = asked.window.limit - 1
    shown = found[:size] if len(found) > size else found
    return Page(asked, parent, shown[::-1] if asked.window.backward else shown, len(found) > size)


def _divided(objects: list[Any], pages: Sequence[Page]) -> Sequence[Any]:
    """The objects of each page."""
    if len(pages) == 1:
        return [objects]
    ends = list(accumulate(len(page.nodes) for page in pages))
    return [objects[start:end] for start, end in zip([0, *ends], ends, strict=False)]


@dataclass(frozen=True, slots=True)
class NodeStep:
    """The objects that global ids name, of whatever types: `target` gives what is looked up of a type."""

    named: Callable[[dict[str, Any], Context], Sequence[Identifier | Exception]]
    arguments: Arguments
    target: Callable[[str], tuple[Target, RedactionTracker | None]]
    many: bool
    failing: FailurePolicy

    async def values(self, rows: Sequence[Any], run: PlanRun) -> Sequence[Any]:
        """The object, or the list of them, the same in each row."""
        try:
            named = self.named(self.arguments(run), run.context)
        except GraphQLError as error:
            return [self.failing.failed(error, run)] * len(rows)
        keys: dict[str, list[UUID]] = {}
        for each in named:
            if not isinstance(each, Exception):
                keys.setdefault(each.type, []).append(each.key)
        loaded = await run_together([self._of_type(type_, wanted, run) for type_, wanted in keys.items()])
        found = dict(zip(keys, loaded, strict=True))
        objects = [
            self.failing.failed(each, run) if isinstance(each, Exception) else found[each.type].get(each.key) for each in named
        ]
        return [objects if self.many else objects[0]] * len(rows)

    async def _of_type(self, type_: str, keys: Sequence[UUID], run: PlanRun) -> dict[Any, Any]:
        target, watch = self.target(type_)
        found = dict(await target.found(keys, run))
        if watch is not None:
            run.look.typed.update((id(made), watch) for made in found.values())
        return found


def of_type(entity: str) -> Callable[[dict[str, Any], Context], Sequence[Identifier]]:
    """What an argument `id` names, of one type."""
    return lambda arguments, _context: [identifiers.parse(arguments["id"], "id", entity)]


@dataclass(frozen=True, slots=True)
class ResolverStep:
    """Whatever a batch resolver gives, made into the response by `complete`."""

    resolver: BatchResolver
    arguments: Arguments
    parents: Callable[[Sequence[Any]], Sequence[Any]]
    visible: ColumnReader | None
    complete: Complete
    failing: FailurePolicy

    async def values(self, rows: Sequence[Any], run: PlanRun) -> Sequence[Any]:
        """The value of each row, None where it is hidden."""
        shown = self.visible(rows, run) if self.visible else None
        asking = rows if shown is None else [row for row, visible in zip(rows, shown, strict=True) if visible]
        if not asking:
            return [None] * len(rows)
        values = iter(await self._asked(asking, run))
        return list(values) if shown is None else [next(values) if visible else None for visible in shown]

    async def _asked(self, rows: Sequence[Any], run: PlanRun) -> Sequence[Any]:
        """The value of each row that is shown, or that it failed."""
        try:
            given = list(await self.resolver(self.parents(rows), run.context, **self.arguments(run)))
        except Exception as error:
            return [self.failing.failed(error, run) for _ in rows]
        if len(given) != len(rows):
            raise NotPlannable("a resolver gave too few values or too many")
        made = iter(await self.complete([value for value in given if not isinstance(value, Exception)], run))
        return [self.failing.failed(value, run) if isinstance(value, Exception) else next(made) for value in given]


@dataclass(frozen=True, slots=True)
class EmbeddedStep:
    """Objects that stand in the rows themselves, but have fields to be waited for."""

    extract: ColumnReader
    complete: Complete

    async def values(self, rows: Sequence[Any], run: PlanRun) -> Sequence[Any]:
        """The value of each row."""
        return await self.complete(self.extract(rows, run), run)


Complete: TypeAlias = "Callable[[Sequence[Any], PlanRun], Awaitable[Sequence[Any]]]"
"""`(values, run)` to what stands in the response for each, awaited."""


@dataclass(frozen=True, slots=True)
class NestedListStep:
    """Makes objects of all values of a field at once, however deep their lists. `required` says at each depth if null is refused."""

    required: tuple[bool, ...]
    objects: Callable[[Sequence[Any], PlanRun], Awaitable[Sequence[Any]]]

    async def __call__(self, values: Sequence[Any], run: PlanRun) -> list[Any]:
        """What stands in the response for each value."""
        flat: list[Any] = []
        for value in values:
            self._flatten(value, 0, flat)
        made = iter(await self.objects(flat, run) if flat else ())
        return [self._nested(value, 0, made) for value in values]

    def _flatten(self, value: Any, depth: int, flat: list[Any]) -> None:
        if value is None:
            if self.required[depth]:
                require_non_null(value)
        elif isinstance(value, Exception):
            raise value
        elif depth == len(self.required) - 1:
            flat.append(value)
        else:
            for item in require_list(value):
                self._flatten(item, depth + 1, flat)

    def _nested(self, value: Any, depth: int, made: Iterator[Any]) -> Any:
        if value is None:
            return None
        if depth == len(self.required) - 1:
            return next(made)
        return [self._nested(item, depth + 1, made) for item in value]


def mapped(function: Callable[[Sequence[Any]], list[Any]]) -> Complete:
    """Completion by generated code alone."""

    async def complete(values: Sequence[Any], _run: PlanRun) -> list[Any]:
        return function(values)

    return complete


def constant(value: dict[str, Any]) -> Arguments:
    """The same arguments in every request."""
    return lambda _run: dict(value)
