"""Statements: SQL that reads rows as policy lets a viewer see them. Built once for a viewer shape and its inputs, then cached.

Policy is part of the statement's text; the viewer's facts and the caller's values are its parameters. The cost of a page
doesn't depend on the size of the market: each disjunct of policy becomes a branch that is ordered and limited on its own index.
The keys of the branches are merged without duplicates and joined back to their rows (docs/decisions/pages-as-unions.md).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import chain
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import FromClause, Select

from models.concept import ALL_ROWS, Condition, Filter, Relation, Scope
from policies.catalogue import CATALOGUE
from policies.entity import Entity, aliased
from policies.predicates.predicate import FALSE, TRUE, Compare, Parameter, Predicate, conjuncts, disjuncts, on_copies
from policies.predicates.sql import driving_link, operand, to_sql
from resolvers.reading.filters import BY_KEY, FILTERS, order_of
from resolvers.reading.relations import LINK_COPIES, RELATIONS

CACHE_SIZE: Final = 2048  # statements of each function below
KEYS: Final = "keys"  # the parameter that holds an array of keys of rows or parents
PARENT: Final = sa.literal_column("parents.key", sa.Uuid())  # the key of the current parent
VALUES: Final = "listed_values"  # the values of a filter for each of which a page is read
MOST: Final = 2**31 - 1  # rows that can be counted: what an Int holds
WALKED: Final = 500  # rows in which a search looks first, in the order of the list, before it sorts all matches
VALUE: Final[ColumnElement[Any]] = sa.literal_column(f"{VALUES}.value")  # the current one


@dataclass(frozen=True, slots=True)
class Selection:
    """The rows to read: below parents if `relation` is set, and restricted by the named `filters`.

    `part` restricts the filter that it names to the part with this index.
    """

    entity: str
    relation: str | None = None
    filters: tuple[str, ...] = ()
    part: tuple[str, int] | None = None

    def parts(self) -> Iterator[Selection]:
        """Yield selections of all its rows, each of which has its own index."""
        filters = FILTERS.get(self.entity, {})
        name = next((name for name in self.filters if filters[name].parts), None)
        if name is None:
            yield self
        else:
            yield from (replace(self, part=(name, index)) for index in range(len(filters[name].parts)))

    @property
    def has_few_rows(self) -> bool:
        """Whether all its rows can be sorted for a page."""
        return self.part is not None and FILTERS[self.entity][self.part[0]].parts[self.part[1]].has_few_rows

    @property
    def walked(self) -> str | None:
        """The filter by several values whose pages are read one by one, if it's set."""
        return next((name for name in self.filters if FILTERS[self.entity][name].values), None)

    @property
    def listing(self) -> str | None:
        """The filter that matches rows by a link table, if it's set."""
        return next((name for name in self.filters if FILTERS[self.entity][name].relation), None)

    @property
    def link_type(self) -> str:
        """The type whose policy decides which rows of the link table count. Empty if there is no such table."""
        relations = (self.relation, self.listing and FILTERS[self.entity][self.listing].relation)
        return next((RELATIONS[each].link_type for each in relations if each and RELATIONS[each].link_type), "")


@dataclass(frozen=True, slots=True)
class Window:
    """The part of a connection to read: at most `limit` rows from one end, between keysets of its order."""

    limit: int
    order: str = BY_KEY
    descending: bool = False
    backward: bool = False
    after: bool = False
    before: bool = False

    @property
    def is_reverse(self) -> bool:
        """Whether rows are read in descending order."""
        return self.descending != self.backward


@dataclass(frozen=True, slots=True)
class Joined:
    """A row of `entity` that is joined to the row referencing it: its unique column `by` equals `column`, and it matches `rows`.

    Its columns are labelled `<label>_<name>`. They are NULL if there is no such row.
    """

    label: str
    entity: str
    column: str
    by: str
    rows: Predicate
    columns: tuple[str, ...]
    joins: tuple[Joined, ...] = ()


@dataclass(frozen=True, slots=True)
class Source:
    """What policy lets a viewer read of a type: its rows, rows of a relation's link table, and masks to compute as extra columns.

    If `columns` is None, all columns are read. `joins` are to-one relations.
    """

    entity: str
    rows: Predicate
    through: Predicate = TRUE
    masks: tuple[tuple[str, Predicate], ...] = ()
    columns: tuple[str, ...] | None = None
    joins: tuple[Joined, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether policy excludes every row, whatever is stored."""
        return FALSE in (self.rows, self.through)

    def table(self) -> FromClause:
        """Return the table of the type, with the alias `t`."""
        return aliased(CATALOGUE[self.entity].table, "t")

    def select(self, table: FromClause) -> Select[Any]:
        """Select the columns to read, then one boolean for each mask, then the columns of joined rows."""
        columns: list[ColumnElement[Any]] = [table.c[name] for name in self.names]
        columns += [self.holds(mask, table).is_(sa.true()).label(label) for label, mask in self.masks]
        return self._joined(table, columns)

    def alone(self, names: Sequence[str]) -> Source:
        """Return the same without joined rows, but with the columns that join them, and with `names`."""
        columns = dict.fromkeys([*self.names, *names, *(join.column for join in self.joins)])
        return replace(self, columns=tuple(columns), joins=())

    def select_joined(self, rows: FromClause, *first: ColumnElement[Any], within: FromClause | None = None) -> Select[Any]:
        """Select other columns `first`, and then the same from rows that were selected `alone`, which `within` can contain."""
        columns = [rows.c[name] for name in (*self.names, *(label for label, _ in self.masks))]
        return self._joined(rows, [*first, *columns], within)

    @property
    def names(self) -> tuple[str, ...]:
        """The columns to read of the type itself."""
        return readable(self.entity) if self.columns is None else self.columns

    def _joined(self, table: FromClause, columns: list[ColumnElement[Any]], within: FromClause | None = None) -> Select[Any]:
        joined = table if within is None else within
        for join in self.joins:
            joined = _join(join, table, joined, columns)
        return sa.select(*columns).select_from(joined)

    def holds(self, predicate: Predicate, table: FromClause) -> ColumnElement[bool]:
        """Return the condition that rows of `table` match a predicate, in the form that is fast for few rows."""
        return to_sql(predicate, CATALOGUE[self.entity], table, per_row=True)


def readable(entity: str) -> tuple[str, ...]:
    """Return the columns of a type that statements may read."""
    return tuple(column.name for column in CATALOGUE[entity].table.c if column.info.get("read", True))


def _join(join: Joined, table: FromClause, joined: FromClause, columns: list[ColumnElement[Any]]) -> FromClause:
    """Join one more table to `joined`, and append its columns to `columns`."""
    other = aliased(CATALOGUE[join.entity].table, join.label)
    readable_rows = _unless_true(to_sql(join.rows, CATALOGUE[join.entity], other, per_row=True))
    joined = joined.outerjoin(other, sa.and_(other.c[join.by] == table.c[join.column], *readable_rows))
    columns += [other.c[name].label(f"{join.label}_{name}") for name in join.columns]
    for inner in join.joins:
        joined = _join(inner, other, joined, columns)
    return joined


@lru_cache(CACHE_SIZE)
def select_rows_by(source: Source, column: str, order: str | None = None) -> Select[Any]:
    """Select the rows whose `column` is one of KEYS."""
    table = source.table()
    keys = sa.bindparam(KEYS, type_=postgresql.ARRAY(table.c[column].type))
    statement = source.select(table).where(table.c[column] == sa.any_(keys), *_unless_true(source.holds(source.rows, table)))
    return statement.order_by(table.c[order]) if order else statement


@lru_cache(CACHE_SIZE)
def select_by_key(source: Source, names: FromClause) -> Select[Any]:
    """Select the rows that `names` maps to with its columns `name` and `key`. The column `parent` is the name."""
    table = source.table()
    rows = source.select(table).add_columns(names.c.name.label("parent"))
    return rows.where(table.c.id == names.c.key, *_unless_true(source.holds(source.rows, table)))


@lru_cache(CACHE_SIZE)
def select_all(source: Source, order: str) -> Select[Any]:
    """Select all rows of a type that has few."""
    table = source.table()
    return source.select(table).where(*_unless_true(source.holds(source.rows, table))).order_by(table.c[order])


@lru_cache(CACHE_SIZE)
def select_page(source: Source, selection: Selection, window: Window) -> Select[Any]:
    """Select one page or, below parents, one page for each of KEYS. Backward pages come in reverse order.

    The column `parent` is the position of the parent in KEYS, from 1.
    """
    if selection.relation is None:
        return _page(source, selection, window)
    names, parents = _order_columns(source.entity, window), _parents()
    page = _page(source.alone(names), selection, window).lateral("page")
    # Other rows are joined to those of all parents: PostgreSQL would find them again for each parent.
    joined = source.select_joined(page, parents.c.place.label("parent"), within=parents.join(page, sa.true()))
    return joined.order_by(*_ordered([page.c[name] for name in names], window))


@lru_cache(CACHE_SIZE)
def select_linked(source: Source, links: str, by: str, column: str) -> Select[Any]:
    """Select the rows that the column `column` of links references, each once, by key.

    The links are rows of the type `links` that match `source.through` and whose column `by` is one of KEYS. The column `parent`
    is an array: the positions in KEYS, from 1, that have a link to the row.
    """
    table, link = source.table(), aliased(CATALOGUE[links].table, "l")
    parents = _parents()
    named = (
        sa.select(
            link.c[column].label("key"), sa.func.array_agg(parents.c.place, type_=postgresql.ARRAY(sa.Integer)).label("parent")
        )
        .select_from(parents.join(link, link.c[by] == PARENT))
        .where(*_unless_true(to_sql(source.through, CATALOGUE[links], link, per_row=True)))
        .group_by(link.c[column])
        .subquery("named")
    )
    readable_row = _unless_true(source.holds(source.rows, table))
    row = source.select(table).where(table.c.id == named.c.key, *readable_row).offset(_literal(0)).lateral("row")
    return sa.select(named.c.parent, *row.c).select_from(named.join(row, sa.true())).order_by(named.c.key)


@lru_cache(CACHE_SIZE)
def select_counts(source: Source, selection: Selection, limit: int | None = None) -> Select[Any]:
    """Count the rows, `limit` at most. Below parents, select a row (`parent`, `count`) for the position of each of KEYS.

    The rows are found as those of a page, so that rows which the viewer can't see cost nothing, and none is counted beyond the limit.
    """
    rows = _keys_up_to(source, selection, limit or MOST).subquery("counted")
    count = sa.select(sa.func.count().label("count")).select_from(rows)
    if selection.relation is None:
        return count
    parents = _parents()
    return sa.select(parents.c.place.label("parent"), count.scalar_subquery().label("count")).select_from(parents)


def _keys_up_to(source: Source, selection: Selection, limit: int) -> Select[Any]:
    """Select the keys of rows, each once, up to a limit. Links, which are slower to walk, aren't read if other branches reach it."""
    table = source.table()
    branches = _all_branches(source, selection, table)
    keys = [(branch.link is None, branch.keys(table, ("id",), Window(limit))) for branch in branches]
    own, linked = ([scan for is_own, scan in keys if is_own is wanted] for wanted in (True, False))
    if not own or not linked:
        return _merged(own or linked, limit)
    return _near_first(_merged(own, limit), _merged(linked, limit), limit).limit(_literal(limit))


def _merged(scans: Sequence[Select[Any]], limit: int) -> Select[Any]:
    """Select the rows of all scans, each once, up to a limit that each of them obeys."""
    return scans[0] if len(scans) == 1 else sa.select(sa.union(*scans).subquery("merged")).limit(_literal(limit))


@lru_cache(CACHE_SIZE)
def select_facets(source: Source, selection: Selection, by: tuple[str, ...]) -> Select[Any]:
    """Count the rows of a whole list by each of the columns `by`, and all of them.

    A row of the result has `count`, and a value in the column whose bit isn't set in `others`. The first column has the highest bit.
    """
    table = source.table()
    columns = [table.c[name] for name in by]
    counted = sa.select(*columns, sa.func.grouping(*columns).label("others"), sa.func.count().label("count"))
    readable_rows = counted.where(source.holds(source.rows, table), *_narrowed(source, selection, table))
    return readable_rows.group_by(sa.func.grouping_sets(*columns, sa.tuple_()))


@lru_cache(CACHE_SIZE)
def select_tally(source: Source, relation: str, by: tuple[str, ...], total: str, *, shown: bool) -> Select[Any]:
    """Group the rows below each of KEYS by the columns `by`: select `parent`, these columns, `count`, and the sum of `total`.

    The sum is NULL unless `shown` is set, because a sum reveals its parts.
    """
    table = source.table()
    below = sa.or_(*(table.c[column] == PARENT for column in RELATIONS[relation].columns))
    rows = source.select(table).where(below, *_unless_true(source.holds(source.rows, table))).lateral("row")
    parents = _parents()
    groups = [parents.c.place.label("parent"), *(rows.c[name] for name in by)]
    sum_of_total = sa.func.sum(rows.c[total]) if shown else sa.null()
    sums = (sa.func.count().label("count"), sum_of_total.label(total))
    return sa.select(*groups, *sums).select_from(parents.join(rows, sa.true())).group_by(*groups)


def _parents() -> Any:
    keys = sa.bindparam(KEYS, type_=postgresql.ARRAY(sa.Uuid()))
    unnested = sa.func.unnest(keys).table_valued(sa.column("key", sa.Uuid()), with_ordinality="place")
    return unnested.render_derived(name="parents")


def _page(source: Source, selection: Selection, window: Window) -> Select[Any]:
    """Select a page of one list: a plain scan for one branch without filters, else the branches' keys, merged and joined back."""
    table, names = source.table(), _order_columns(source.entity, window)
    branches = _all_branches(source, selection, table)
    if len(branches) == 1 and branches[0].link is None and not selection.filters:
        return _scanned(source, table, branches[0].conditions, names, window)
    scans = [branch.keys(table, names, window) for branch in branches]
    merged = (sa.union(*scans) if len(scans) > 1 else scans[0]).subquery("merged")
    first = sa.select(merged).order_by(*_ordered([merged.c[name] for name in names], window)).limit(_literal(window.limit))
    keys = first.subquery("keys")
    # OFFSET 0 stops PostgreSQL's planner from reading the whole table to join one page.
    row = source.select(table).where(table.c.id == keys.c.id).offset(_literal(0)).lateral("row")
    joined = sa.select(*row.c).select_from(keys.join(row, sa.true()))
    return joined.order_by(*_ordered([keys.c[name] for name in names], window))


def _scanned(
    source: Source, table: FromClause, conditions: Sequence[ColumnElement[bool]], names: Sequence[str], window: Window
) -> Select[Any]:
    """Select a page by a scan. Rows are joined to those of the page only: PostgreSQL would join all of the list and sort them."""
    columns = [table.c[name] for name in names]
    if not source.joins:
        return _windowed(source.select(table).where(*conditions), columns, window)
    page = _windowed(source.alone(names).select(table).where(*conditions), columns, window).subquery("page")
    return source.select_joined(page).order_by(*_ordered([page.c[name] for name in names], window))


@dataclass(frozen=True, slots=True)
class _Branch:
    """One way to find rows: by their own columns, or through a link table whose column `child` is the row's key."""

    conditions: tuple[ColumnElement[bool], ...]  # on the table
    link: FromClause | None = None
    child: str = ""
    linked: tuple[ColumnElement[bool], ...] = ()  # on the link's own columns
    copied: Mapping[str, ColumnElement[Any]] = field(default_factory=dict)  # the link's copies of the row's columns
    has_few_rows: bool = False  # so few that all are found and then sorted: PostgreSQL can't know it
    values: FromClause | None = None  # if set, the conditions have VALUE, and one page is read for each of these
    searched: tuple[ColumnElement[bool], ColumnElement[bool]] | None = None  # by the index of a scope, and without an index

    def keys(self, table: FromClause, names: tuple[str, ...], window: Window) -> Select[Any]:
        """Select the keysets of this branch's part of the page, each once."""
        columns = [table.c[name] for name in names]
        if self.link is None:
            scan = sa.select(*columns).where(*self.conditions)
            if self.searched is not None:
                return self._of_each_value(_search(scan, self.searched, columns, window), window)
            if self.has_few_rows:
                found = scan.offset(_literal(0)).subquery("found")
                scan, columns = sa.select(found), list(found.c)
            return self._of_each_value(_windowed(scan, columns, window), window)
        keyset = {**self.copied, "id": self.link.c[self.child]}
        if keyset.keys() >= set(names) and not self.has_few_rows:
            return self._of_each_value(self._walk_link(table, {name: keyset[name] for name in names}, window), window)
        return self._of_each_value(self._sort_link(table, keyset["id"], columns, window), window)

    def _row_conditions(self, table: FromClause, key: ColumnElement[Any]) -> list[ColumnElement[bool]]:
        """Return the condition that the row of a key meets the conditions on the table, if there are any."""
        if not self.conditions:
            return []
        row = sa.select(_literal(1)).select_from(table).where(table.c.id == key, *self.conditions)
        return [sa.exists(row.correlate_except(table).offset(_literal(0)))]

    def _of_each_value(self, page: Select[Any], window: Window) -> Select[Any]:
        """Merge the pages of the values, if there are several."""
        if self.values is None:
            return page
        each = page.lateral("each")
        merged = sa.select(*each.c).select_from(self.values.join(each, sa.true()))
        return merged.order_by(*_ordered(list(each.c), window)).limit(_literal(window.limit))

    def _walk_link(self, table: FromClause, keyset: Mapping[str, ColumnElement[Any]], window: Window) -> Select[Any]:
        """Step from each keyset to the next in the link's index, so that one costs the same however many rows of the link have it."""
        one, columns = replace(window, limit=1), list(keyset.values())
        scan = sa.select(*(column.label(name) for name, column in keyset.items())).where(*self.linked)
        start = _windowed(scan, columns, one).subquery()
        match = self._match(table, start.c.id)
        steps = sa.select(*start.c, match.c.found, match.c.found.label("fits")).select_from(start.join(match, sa.true()))
        walk = steps.cte(recursive=True, nesting=True)
        beyond = _beyond(columns, [walk.c[name] for name in keyset], upward=not window.is_reverse)
        following = _windowed(scan.where(beyond), columns, one).correlate_except(self.link).lateral()
        match = self._match(table, following.c.id)
        on = walk.join(following, sa.true()).join(match, sa.true())
        more = sa.select(*following.c, walk.c.found + match.c.found, match.c.found).select_from(on)
        walk = walk.union_all(more.where(walk.c.found < _literal(window.limit)))
        return sa.select(*(walk.c[name] for name in keyset)).where(walk.c.fits == _literal(1))

    def _match(self, table: FromClause, key: ColumnElement[Any]) -> Any:
        """Select 1 as `found` if the row of a key meets the conditions on the table, else 0."""
        conditions = self._row_conditions(table, key)
        if not conditions:
            return sa.select(_literal(1).label("found")).lateral()
        found = sa.case((conditions[0], _literal(1)), else_=_literal(0)).label("found")
        return sa.select(found).offset(_literal(0)).lateral()  # OFFSET 0: looked up once, though the value is used twice

    def _sort_link(self, table: FromClause, key: ColumnElement[Any], columns: list[Any], window: Window) -> Select[Any]:
        """Sort all rows of the link, whose index lacks this order. These are the viewer's own rows, not the whole market."""
        keys = sa.select(key.label("id")).where(*self.linked).distinct().offset(_literal(0)).subquery("found")
        scan = sa.select(*columns).select_from(keys.join(table, keys.c.id == table.c.id)).where(*self.conditions)
        return _windowed(scan, columns, window)


def _search(
    scan: Select[Any], forms: tuple[ColumnElement[bool], ColumnElement[bool]], columns: Sequence[Any], window: Window
) -> Select[Any]:
    """Select a page of the matches: those in the first rows of the list, or, if they don't fill a page, those that the index finds.

    The index isn't in the list's order, so all its matches are sorted. If a page is filled, these are never looked up.
    """
    by_index, by_row = forms
    first = _windowed(scan.add_columns(by_row.label("matches")), columns, replace(window, limit=WALKED)).subquery("first")
    names = [column.name for column in columns]
    order = _ordered([first.c[name] for name in names], window)
    near = sa.select(*(first.c[name] for name in names)).where(first.c.matches).order_by(*order).limit(_literal(window.limit))
    found = scan.where(by_index).offset(_literal(0)).subquery("found")
    return _near_first(near, _windowed(sa.select(found), list(found.c), window), window.limit)


def _near_first(near: Select[Any], far: Select[Any], limit: int) -> Select[Any]:
    """Select the rows of `near`, which fill the limit or are complete. If they don't fill it, select those of `far` too."""
    rows, others = near.cte("near"), far.subquery("far")
    is_filled = sa.select(sa.func.count()).select_from(rows).scalar_subquery() >= _literal(limit)
    both = sa.union(sa.select(rows), sa.select(others).where(sa.not_(is_filled))).add_cte(rows, nest_here=True)
    return sa.select(both.subquery("both"))


def _all_branches(source: Source, selection: Selection, table: FromClause) -> list[_Branch]:
    """Return the branches of all parts of a selection."""
    return [
        replace(branch, has_few_rows=part.has_few_rows)
        for part in selection.parts()
        for branch in _branches(source, part, table)
    ]


def _branches(source: Source, selection: Selection, table: FromClause) -> Iterator[_Branch]:
    """Yield a branch for each disjunct of policy and each column that can reference the parent."""
    relation = RELATIONS[selection.relation] if selection.relation else None
    if relation is not None and relation.link_table is not None:
        link = aliased(relation.link_table, "l")
        yield from _link_branches(source, selection, table, link, relation, link.c[relation.parent] == PARENT)
        return
    for parent_column in relation.columns if relation else (None,):
        if selection.listing is not None:
            yield from _listed_branches(source, selection, table, selection.listing, parent_column)
        else:
            yield from (_branch(source, selection, allowed, table, parent_column) for allowed in disjuncts(source.rows))


def _listed_branches(
    source: Source, selection: Selection, table: FromClause, name: str, parent_column: str | None
) -> Iterator[_Branch]:
    """Yield the branches of a filter by a link table: the index of the link finds the rows."""
    narrowed = FILTERS[source.entity][name]
    relation, link = _link_of(narrowed)
    others = replace(selection, filters=tuple(each for each in selection.filters if each != name))
    listed = narrowed.condition(link.c, f"filter_{name}")
    yield from _link_branches(source, others, table, link, relation, listed, parent_column)


def _link_branches(
    source: Source,
    selection: Selection,
    table: FromClause,
    link: FromClause,
    relation: Relation,
    listed: ColumnElement[bool],
    parent_column: str | None = None,
) -> Iterator[_Branch]:
    """Yield a branch for each disjunct of the policy on the rows of a link table that match `listed`."""
    on_link, on_row, values = _divided(source, selection, table, link, parent_column)
    conditions, copied = (*_unless_true(source.holds(source.rows, table)), *on_row), _copied_columns(source.entity, link)
    for allowed in disjuncts(source.through):
        visible = to_sql(allowed, CATALOGUE[relation.link_type], link, per_row=True)
        yield _Branch(conditions, link, relation.child, (listed, *_unless_true(visible), *on_link), copied, values=values)


def _branch(source: Source, selection: Selection, allowed: Predicate, table: FromClause, parent_column: str | None) -> _Branch:
    """Build the branch of one disjunct, driven from its link if it has one. `parent_column` is the column with the parent's key."""
    driven = driving_link(allowed)
    if driven is None:
        below = [table.c[parent_column] == PARENT] if parent_column else []
        searched, others = _searched(source, selection, table, allowed, parent_column)
        conditions, values = _by_value(source, others, table)
        return _Branch((*_unless_true(source.holds(allowed, table)), *below, *conditions), values=values, searched=searched)
    name, condition, rest = driven
    described = next(link for link in CATALOGUE[source.entity].links if link.name == name)
    link, entity = aliased(described.table, "l"), Entity(name, described.table)
    on_link, on_row, values = _divided(source, selection, table, link, parent_column)
    on_link += [to_sql(part, entity, link) for part in conjuncts(condition)]
    names = _names_of_copies(source.entity, link)
    for part in conjuncts(rest):
        copied = on_copies(part, names)
        if copied is None:
            on_row += _unless_true(source.holds(part, table))
        else:
            on_link += _unless_true(to_sql(copied, entity, link))
    return _Branch(tuple(on_row), link, described.remote, tuple(on_link), _copied_columns(source.entity, link), values=values)


def _divided(
    source: Source, selection: Selection, table: FromClause, link: FromClause, parent_column: str | None
) -> tuple[list[ColumnElement[bool]], list[ColumnElement[bool]], FromClause | None]:
    """Return the conditions of a selection that the copies in a link can meet, those that need the row, and values as `_by_value`."""
    copied = _copied_columns(source.entity, link)
    on_link: list[ColumnElement[bool]] = []
    on_row: list[ColumnElement[bool]] = []
    if parent_column is not None:
        (on_link if parent_column in copied else on_row).append(copied.get(parent_column, table.c[parent_column]) == PARENT)
    values = None
    for name in selection.filters:
        one = replace(selection, filters=(name,))
        if name == selection.walked and FILTERS[source.entity][name].column in copied:
            column, values = _values_of(source, name, table)
            on_link.append(copied[column] == VALUE)
            continue
        if one.listing is not None:
            on_row += _narrowed(source, one, table)
            continue
        try:
            on_link.append(_condition(one, name)(copied, f"filter_{name}"))
        except KeyError:  # the link has no copy of this column
            on_row += _narrowed(source, one, table)
    return on_link, on_row, values


def _unless_true(condition: ColumnElement[bool]) -> list[ColumnElement[bool]]:
    return [] if isinstance(condition, sa.True_) else [condition]


def _copied_columns(entity: str, link: Any) -> dict[str, ColumnElement[Any]]:
    """Return the columns of a link that copy columns of the row, by the name of the row's column."""
    return {name: link.c[column] for name, column in _names_of_copies(entity, link).items()}


def _names_of_copies(entity: str, link: Any) -> dict[str, str]:
    """Return the names of a link's columns that copy columns of the row, by the name of the row's column."""
    return {name: column for column, name in LINK_COPIES.get((entity, link.element.name), {}).items()}


def _narrowed(source: Source, selection: Selection, table: FromClause) -> list[ColumnElement[bool]]:
    """Return the conditions of the filters on the rows of a type."""
    return [
        _is_listed(source, name, table)
        if FILTERS[source.entity][name].relation
        else _condition(selection, name)(table.c, f"filter_{name}")
        for name in selection.filters
    ]


def _by_value(source: Source, selection: Selection, table: FromClause) -> tuple[list[ColumnElement[bool]], FromClause | None]:
    """Return the conditions of the filters, and the values of the one whose pages are read one by one, if there is one."""
    name = selection.walked
    if name is None:
        return _narrowed(source, selection, table), None
    column, values = _values_of(source, name, table)
    others = replace(selection, filters=tuple(each for each in selection.filters if each != name))
    return [table.c[column] == VALUE, *_narrowed(source, others, table)], values


def _searched(
    source: Source, selection: Selection, table: FromClause, allowed: Predicate, parent_column: str | None
) -> tuple[tuple[ColumnElement[bool], ColumnElement[bool]] | None, Selection]:
    """Return the two forms of a search in a scope that has all rows of the branch, if there is one, and the selection without it."""
    for name in selection.filters:
        narrowed, parameter = FILTERS[source.entity][name], f"filter_{name}"
        scope = None if narrowed.in_scope is None else _scope_of(narrowed, table, allowed, parent_column)
        if narrowed.in_scope is not None and scope is not None:
            others = tuple(each for each in selection.filters if each != name)
            forms = (narrowed.in_scope(table.c, scope, parameter), narrowed.condition(table.c, parameter))
            return forms, replace(selection, filters=others)
    return None, selection


def _scope_of(narrowed: Filter, table: FromClause, allowed: Predicate, parent_column: str | None) -> ColumnElement[str] | None:
    """Return the scope that has all rows of a branch: that of the parent, or else one that policy asks for."""
    compared = [part for part in conjuncts(allowed) if isinstance(part, Compare)]
    of_parent = (scope.of(PARENT) for scope in narrowed.scopes if scope.column == parent_column)
    of_policy = (scope.of(operand(part, table)) for scope in narrowed.scopes for part in compared if _has_rows_of(scope, part))
    return next(chain(of_parent, of_policy), ALL_ROWS if allowed == TRUE else None)


def _has_rows_of(scope: Scope, part: Compare) -> bool:
    """Return whether a comparison finds only rows of the scope."""
    finds_value = isinstance(part.value, Parameter) if scope.value is None else part.value == scope.value
    return finds_value and (part.attribute, part.operator) == (scope.column, scope.operator)


def _values_of(source: Source, name: str, table: FromClause) -> tuple[str, FromClause]:
    """Return the column of a filter by several values, and the values."""
    walked = FILTERS[source.entity][name]
    assert walked.values is not None  # noqa: S101 (that's what makes it walked)
    return walked.column, walked.values(table.c[walked.column].type, f"filter_{name}").subquery(VALUES)


def _is_listed(source: Source, name: str, table: FromClause) -> ColumnElement[bool]:
    """Match rows that have a row of the filter's link table which the viewer can see."""
    narrowed = FILTERS[source.entity][name]
    relation, link = _link_of(narrowed)
    visible = to_sql(source.through, CATALOGUE[relation.link_type], link)
    return table.c.id.in_(sa.select(link.c[relation.child]).where(narrowed.condition(link.c, f"filter_{name}"), visible))


def _link_of(narrowed: Filter) -> tuple[Relation, FromClause]:
    relation = RELATIONS[str(narrowed.relation)]
    assert relation.link_table is not None  # noqa: S101 (such filters name relations with a link table)
    return relation, aliased(relation.link_table, "listed")


def _condition(selection: Selection, name: str) -> Condition:
    narrowed = FILTERS[selection.entity][name]
    part = selection.part
    return narrowed.parts[part[1]].condition if part is not None and part[0] == name else narrowed.condition


def _order_columns(entity: str, window: Window) -> tuple[str, ...]:
    return (*order_of(entity, window.order).columns, "id")


def _ordered(columns: Sequence[ColumnElement[Any]], window: Window) -> list[ColumnElement[Any]]:
    return [column.desc() if window.is_reverse else column.asc() for column in columns]


def _windowed(scan: Select[Any], columns: Sequence[ColumnElement[Any]], window: Window) -> Select[Any]:
    """Restrict a scan to the keysets of the window, in its order, up to its limit."""
    for name, is_set in (("after", window.after), ("before", window.before)):
        if is_set:
            keyset = [sa.bindparam(f"{name}_{n}", type_=column.type) for n, column in enumerate(columns)]
            upward = (name == "after") != window.descending
            scan = scan.where(_beyond(columns, keyset, upward))
    return scan.order_by(*_ordered(columns, window)).limit(_literal(window.limit))


def _beyond(columns: Sequence[Any], keyset: Sequence[Any], upward: bool) -> ColumnElement[bool]:
    left, right = (columns[0], keyset[0]) if len(columns) == 1 else (sa.tuple_(*columns), sa.tuple_(*keyset))
    return left > right if upward else left < right


def _literal(number: int) -> ColumnElement[int]:
    """Return a number as SQL text: PostgreSQL chooses the right plan only for a limit that it can see."""
    return sa.literal_column(str(number), sa.Integer())
