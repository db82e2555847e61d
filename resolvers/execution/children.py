"""Children: fields whose values an object builder awaits. Each loads for all rows at once, then returns one value for each row."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias
from uuid import UUID

from graphql import GraphQLError

from resolvers.execution.codegen import NotPlannable, Unplanned, require_list, require_non_null
from resolvers.execution.failures import FailurePolicy
from resolvers.execution.lookups import LinkedLookup, PageLookup, RowLookup
from resolvers.execution.object_builders import ColumnReader, ObjectBuilder, PlanRun, run_together
from resolvers.execution.redaction_tracking import RedactionTracker
from resolvers.reading.batching import BatchResolver
from resolvers.reading.connections import Page, Total, load_totals
from resolvers.reading.field_sources import ConnectionArguments
from resolvers.reading.page_requests import PageRequest, parse_page_request
from resolvers.values import identifiers
from resolvers.values.identifiers import Identifier

if TYPE_CHECKING:
    from resolvers.context import Context

Arguments: TypeAlias = Callable[[PlanRun], dict[str, Any]]
"""Returns the arguments of a field in one request."""


@dataclass(frozen=True, slots=True)
class Target:
    """Rows that are looked up, and the builder of their objects."""

    lookup: RowLookup
    builder: ObjectBuilder

    async def load(self, keys: Sequence[Any], run: PlanRun) -> Iterator[tuple[Any, Any]]:
        """Return the key and the object of each row found for the keys."""
        rows = await self.lookup.read(keys, run)
        return zip(self.lookup.keys(rows), await self.builder.objects(rows, run), strict=True)


@dataclass(frozen=True, slots=True)
class ToOneStep:
    """The object that a key references, or None if the viewer can't read one."""

    keys: ColumnReader
    target: Target
    required: bool

    async def values(self, rows: Sequence[Any], run: PlanRun) -> Sequence[Any]:
        """Return the object for each row."""
        keys = self.keys(rows, run)
        by_key = dict(await self.target.load(keys, run))
        values = [by_key.get(key) for key in keys]
        if self.required and None in values:
            raise NotPlannable("a row that a non-null field needs can't be read", Unplanned.INVALID_VALUE)
        return values


@dataclass(frozen=True, slots=True)
class ToManyStep:
    """All objects below a key."""

    keys: ColumnReader
    target: Target

    async def values(self, rows: Sequence[Any], run: PlanRun) -> Sequence[Any]:
        """Return the list for each row."""
        keys = self.keys(rows, run)
        return _grouped(keys, await self.target.load(keys, run))


@dataclass(frozen=True, slots=True)
class ToManyByArrayStep:
    """The objects that an array of keys references, in its order, without those that the viewer can't read."""

    keys: ColumnReader
    target: Target

    async def values(self, rows: Sequence[Any], run: PlanRun) -> Sequence[Any]:
        """Return the list for each row."""
        lists = [keys or () for keys in self.keys(rows, run)]
        by_key = dict(await self.target.load([key for keys in lists for key in keys], run))
        return [[by_key[key] for key in keys if key in by_key] for keys in lists]


@dataclass(frozen=True, slots=True)
class ManyToManyStep:
    """The objects that the rows of a link table reference, by key."""

    keys: ColumnReader
    lookup: LinkedLookup
    builder: ObjectBuilder

    async def values(self, rows: Sequence[Any], run: PlanRun) -> Sequence[Any]:
        """Return the list for each row."""
        keys = self.keys(rows, run)
        linked = await self.lookup.read(keys, run)
        lists: list[list[Any]] = [[] for _ in keys]
        for row, built in zip(linked, await self.builder.objects(linked, run), strict=True):
            for position in row[0]:
                lists[position - 1].append(built)
        return lists


def _grouped(keys: Sequence[Any], pairs: Iterable[tuple[Any, Any]]) -> list[list[Any]]:
    """Return, for each key, the values that are paired with it, in their order."""
    groups: dict[Any, list[Any]] = {}
    for key, value in pairs:
        if key in groups:
            groups[key].append(value)
        else:
            groups[key] = [value]
    return [groups.get(key) or [] for key in keys]


class SelectedItems(NamedTuple):
    """A list of a page's items: the builder of its objects, whether these have cursors, and the tracker of what they hide."""

    builder: ObjectBuilder
    have_cursors: bool
    tracker: RedactionTracker | None

    async def objects(self, request: PageRequest, rows: Sequence[Any], key_position: int, run: PlanRun) -> list[Any]:
        """Return the object of each row."""
        cursors = [request.cursors(rows, key_position)] if self.have_cursors else []
        return await self.builder.objects(rows, run, *cursors)


@dataclass(frozen=True, slots=True)
class ConnectionStep:
    """A connection: one page for each row, all in one statement."""

    keys: ColumnReader | None  # of the parents; None for the one list at the root
    arguments: Arguments
    narrow: Callable[[dict[str, Any]], ConnectionArguments]
    lookup: PageLookup
    reads_rows: bool
    counts: bool
    items: tuple[SelectedItems, ...]  # each selected list
    info_comes_first: bool  # whether pageInfo comes before a list in the response
    builder: ObjectBuilder
    failure_policy: FailurePolicy

    async def values(self, rows: Sequence[Any], run: PlanRun) -> Sequence[Any]:
        """Return the connection object for each row."""
        keys = [None] * len(rows) if self.keys is None else self.keys(rows, run)
        parents = [None] if self.keys is None else list(dict.fromkeys(key for key in keys if key is not None))
        if not parents:  # hidden in every row, so graphql-core wouldn't look at its arguments either
            return keys
        try:
            request = self.request(run)
        except GraphQLError as error:
            if self.keys is not None and None in keys:  # some are hidden, and graphql-core knows which
                raise
            return [self.failure_policy.failed(error, run) for _ in rows]
        by_parent = dict(zip(parents, await self._connections(request, parents, run), strict=True))
        return [by_parent.get(key) for key in keys]

    def request(self, run: PlanRun) -> PageRequest:
        """Return the request for a page of each row. Raises GraphQLError."""
        narrowed, actions = self.narrow(self.arguments(run))
        return parse_page_request(run.context, self.lookup.rows.entity, narrowed, self.lookup.relation, actions)

    async def _connections(self, request: PageRequest, parents: Sequence[UUID | None], run: PlanRun) -> Sequence[Any]:
        """Return the connection object of each parent. None is the parent of the one list at the root."""
        reading = self._pages(request, parents, run)
        if not self.counts:
            pages, lists = await reading
            return self.builder.build(pages, run, *lists)
        (pages, lists), totals = await run_together([reading, self.totals(request, parents, run)])
        return self.builder.build(pages, run, *lists, totals)

    async def _pages(
        self, request: PageRequest, parents: Sequence[UUID | None], run: PlanRun
    ) -> tuple[list[Page], list[Sequence[Any]]]:
        read = await self.lookup.read(request, parents, run) if self.reads_rows else [()] * len(parents)
        pages = [_page(request, parent, rows) for parent, rows in zip(parents, read, strict=True)]
        flat = pages[0].nodes if len(pages) == 1 else [row for page in pages for row in page.nodes]
        built = await run_together([items.objects(request, flat, self.lookup.key_position, run) for items in self.items])
        return pages, [_split_by_page(objects, pages) for objects in built]

    async def totals(self, request: PageRequest, parents: Sequence[UUID | None], run: PlanRun) -> list[Total]:
        """Return the number of items of each parent's connection."""
        async with run.statement_slots:
            totals = await load_totals(run.context, request, [parent for parent in parents if parent is not None])
        return [totals[parent] for parent in parents]


def _page(request: PageRequest, parent: UUID | None, rows: Sequence[Any]) -> Page:
    size = request.window.limit - 1
    items = rows[:size] if len(rows) > size else rows
    return Page(request, parent, items[::-1] if request.window.backward else items, len(rows) > size)


def _split_by_page(objects: list[Any], pages: Sequence[Page]) -> Sequence[Any]:
    """Return the objects of each page."""
    if len(pages) == 1:
        return [objects]
    ends = list(accumulate(len(page.nodes) for page in pages))
    return [objects[start:end] for start, end in zip([0, *ends], ends, strict=False)]


@dataclass(frozen=True, slots=True)
class NodeStep:
    """The objects with given global ids, of any types. `target` returns the target of a type."""

    parse_ids: Callable[[dict[str, Any], Context], Sequence[Identifier | Exception]]
    arguments: Arguments
    target: Callable[[str], tuple[Target, RedactionTracker | None]]
    many: bool
    failure_policy: FailurePolicy

    async def values(self, rows: Sequence[Any], run: PlanRun) -> Sequence[Any]:
        """Return the object, or the list of objects. It is the same for each row."""
        try:
            parsed = self.parse_ids(self.arguments(run), run.context)
        except GraphQLError as error:
            return [self.failure_policy.failed(error, run)] * len(rows)
        keys: dict[str, list[UUID]] = {}
        for each in parsed:
            if not isinstance(each, Exception):
                keys.setdefault(each.type, []).append(each.key)
        loaded = await run_together([self._of_type(type_, type_keys, run) for type_, type_keys in keys.items()])
        by_type = dict(zip(keys, loaded, strict=True))
        objects = [
            self.failure_policy.failed(each, run) if isinstance(each, Exception) else by_type[each.type].get(each.key)
            for each in parsed
        ]
        return [objects if self.many else objects[0]] * len(rows)

    async def _of_type(self, type_: str, keys: Sequence[UUID], run: PlanRun) -> dict[Any, Any]:
        target, tracker = self.target(type_)
        by_key = dict(await target.load(keys, run))
        if tracker is not None:
            run.redaction_pass.typed.update((id(built), tracker) for built in by_key.values())
        return by_key


def parse_id_of(entity: str) -> Callable[[dict[str, Any], Context], Sequence[Identifier]]:
    """Return a function that parses the argument `id` as an id of one type."""
    return lambda arguments, _context: [identifiers.parse(arguments["id"], "id", entity)]


@dataclass(frozen=True, slots=True)
class ResolverStep:
    """The values of a batch resolver, converted to the response by `complete`."""

    resolver: BatchResolver
    arguments: Arguments
    parents: Callable[[Sequence[Any]], Sequence[Any]]
    visible: ColumnReader | None
    complete: Complete
    failure_policy: FailurePolicy

    async def values(self, rows: Sequence[Any], run: PlanRun) -> Sequence[Any]:
        """Return the value for each row, or None where it is hidden."""
        shown = self.visible(rows, run) if self.visible else None
        visible_rows = rows if shown is None else [row for row, visible in zip(rows, shown, strict=True) if visible]
        if not visible_rows:
            return [None] * len(rows)
        values = iter(await self._resolve(visible_rows, run))
        return list(values) if shown is None else [next(values) if visible else None for visible in shown]

    async def _resolve(self, rows: Sequence[Any], run: PlanRun) -> Sequence[Any]:
        """Return the value or the failure for each visible row."""
        try:
            resolved = list(await self.resolver(self.parents(rows), run.context, **self.arguments(run)))
        except Exception as error:
            return [self.failure_policy.failed(error, run) for _ in rows]
        if len(resolved) != len(rows):
            raise NotPlannable("a resolver returned too few or too many values", Unplanned.FAILED)
        built = iter(await self.complete([value for value in resolved if not isinstance(value, Exception)], run))
        return [self.failure_policy.failed(value, run) if isinstance(value, Exception) else next(built) for value in resolved]


@dataclass(frozen=True, slots=True)
class EmbeddedStep:
    """Objects that are stored in the rows themselves, but have fields to await."""

    column: ColumnReader
    complete: Complete

    async def values(self, rows: Sequence[Any], run: PlanRun) -> Sequence[Any]:
        """Return the value for each row."""
        return await self.complete(self.column(rows, run), run)


Complete: TypeAlias = "Callable[[Sequence[Any], PlanRun], Awaitable[Sequence[Any]]]"
"""`(values, run)` to an awaitable of what each becomes in the response."""


@dataclass(frozen=True, slots=True)
class NestedListStep:
    """Builds all objects of a field at once, however deep its lists are. `required` says for each depth whether null is refused."""

    required: tuple[bool, ...]
    objects: Callable[[Sequence[Any], PlanRun], Awaitable[Sequence[Any]]]

    async def __call__(self, values: Sequence[Any], run: PlanRun) -> list[Any]:
        """Return what each value becomes in the response."""
        flat: list[Any] = []
        for value in values:
            self._flatten(value, 0, flat)
        built = iter(await self.objects(flat, run) if flat else ())
        return [self._nested(value, 0, built) for value in values]

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

    def _nested(self, value: Any, depth: int, built: Iterator[Any]) -> Any:
        if value is None:
            return None
        if depth == len(self.required) - 1:
            return next(built)
        return [self._nested(item, depth + 1, built) for item in value]


def mapped(function: Callable[[Sequence[Any]], list[Any]]) -> Complete:
    """Return a completion by generated code alone."""

    async def complete(values: Sequence[Any], _run: PlanRun) -> list[Any]:
        return function(values)

    return complete


def constant(value: dict[str, Any]) -> Arguments:
    """Return the same arguments in every request."""
    return lambda _run: dict(value)
