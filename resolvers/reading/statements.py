"""Statements: SQL that reads rows as policy lets a viewer see them. Built once for a shape and a question, then kept.

What policy decides stands in the statement, the viewer's facts and the caller's values are its parameters. A page costs the same in
a large market as in a small one: each disjunct of policy becomes a branch of its own, ordered and limited on its own index, and the
branches' keys are merged without duplicates and joined back to their rows (docs/decisions/pages-as-unions.md).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import FromClause, Select

from policies.catalogue import CATALOGUE
from policies.entity import Entity
from policies.predicate import FALSE, TRUE, Predicate, conjuncts, disjuncts
from policies.sql import driving_link, to_sql
from resolvers.reading.filters import BY_KEY, FILTERS, order_of
from resolvers.reading.relations import LINK_COPIES, RELATIONS

CACHE_SIZE: Final = 2048  # statements of each kind
KEYS: Final = "keys"  # parameter: keys of rows or parents, an array
UNREAD_COLUMNS: Final = frozenset({"search", "content"})  # columns that are only searched in, or sent as files
PARENT: Final = sa.literal_column("parents.key", sa.Uuid())  # the key of the parent whose page is read


@dataclass(frozen=True, slots=True)
class Selection:
    """Rows of a type that are asked for: below parents if `relation` is set, and narrowed by `filters`, by name."""

    entity: str
    relation: str | None = None
    filters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Window:
    """The part of a connection that is asked for: at most `limit` rows from one end, between keysets of its order."""

    limit: int
    order: str = BY_KEY
    descending: bool = False
    backward: bool = False
    after: bool = False
    before: bool = False

    @property
    def is_reverse(self) -> bool:
        """Whether it is read downwards."""
        return self.descending != self.backward


@dataclass(frozen=True, slots=True)
class Joined:
    """The row of `entity` whose unique column `by` is in `column` and of which `rows` is true, read beside the row that names it.

    Its columns are labelled `<label>_<name>`, and NULL where there is none.
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
    """What policy gives of a type: its rows, those of the link table of a relation, and masks to compute beside them.

    All columns are read where `columns` is None. `joins` are to-one relations.
    """

    entity: str
    rows: Predicate
    through: Predicate = TRUE
    masks: tuple[tuple[str, Predicate], ...] = ()
    columns: tuple[str, ...] | None = None
    joins: tuple[Joined, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is no row, whatever is stored."""
        return FALSE in (self.rows, self.through)

    def table(self) -> FromClause:
        """The table of the type, under the alias `t`."""
        return CATALOGUE[self.entity].table.alias("t")

    def select(self, table: FromClause) -> Select[Any]:
        """The columns that are read, then one boolean for each mask, then the columns of joined rows."""
        names = readable(self.entity) if self.columns is None else self.columns
        columns: list[ColumnElement[Any]] = [table.c[name] for name in names]
        columns += [self.holds(mask, table).is_(sa.true()).label(label) for label, mask in self.masks]
        joined = table
        for join in self.joins:
            joined = _join(join, table, joined, columns)
        return sa.select(*columns).select_from(joined)

    def holds(self, predicate: Predicate, table: FromClause) -> ColumnElement[bool]:
        """A predicate of policy over the rows of `table`, to be asked of few of them."""
        return to_sql(predicate, CATALOGUE[self.entity], table, per_row=True)


def readable(entity: str) -> tuple[str, ...]:
    """The columns of a type that are ever read."""
    return tuple(column.name for column in CATALOGUE[entity].table.c if column.name not in UNREAD_COLUMNS)


def _join(join: Joined, table: FromClause, joined: FromClause, columns: list[ColumnElement[Any]]) -> FromClause:
    """`joined` with one more table, whose columns join `columns`."""
    other = CATALOGUE[join.entity].table.alias(join.label)
    readable_rows = _unless_true(to_sql(join.rows, CATALOGUE[join.entity], other, per_row=True))
    joined = joined.outerjoin(other, sa.and_(other.c[join.by] == table.c[join.column], *readable_rows))
    columns += [other.c[name].label(f"{join.label}_{name}") for name in join.columns]
    for inner in join.joins:
        joined = _join(inner, other, joined, columns)
    return joined


@lru_cache(CACHE_SIZE)
def select_rows_by(source: Source, column: str, order: str | None = None) -> Select[Any]:
    """The rows whose `column` is one of KEYS."""
    table = source.table()
    keys = sa.bindparam(KEYS, type_=postgresql.ARRAY(table.c[column].type))
    statement = source.select(table).where(table.c[column] == sa.any_(keys), *_unless_true(source.holds(source.rows, table)))
    return statement.order_by(table.c[order]) if order else statement


@lru_cache(CACHE_SIZE)
def select_by_key(source: Source, names: FromClause) -> Select[Any]:
    """The rows that `names` leads to, by its columns `name` and `key`; the column `parent` is the name."""
    table = source.table()
    rows = source.select(table).add_columns(names.c.name.label("parent"))
    return rows.where(table.c.id == names.c.key, *_unless_true(source.holds(source.rows, table)))


@lru_cache(CACHE_SIZE)
def select_all(source: Source, order: str) -> Select[Any]:
    """All rows, of a type that has few."""
    table = source.table()
    return source.select(table).where(*_unless_true(source.holds(source.rows, table))).order_by(table.c[order])


@lru_cache(CACHE_SIZE)
def select_page(source: Source, selection: Selection, window: Window) -> Select[Any]:
    """One page; below parents, one page for each of KEYS, whose place is the column `parent`. Backward pages come reversed."""
    if selection.relation is None:
        return _page(source, selection, window)
    rows = _page(source, selection, window).lateral("page")
    parents = _parents()
    order = [rows.c[name] for name in _names(source.entity, window)]
    joined = sa.select(parents.c.place.label("parent"), *rows.c).select_from(parents.join(rows, sa.true()))
    return joined.order_by(*_directed(order, window))


@lru_cache(CACHE_SIZE)
def select_linked(source: Source, links: str, by: str, column: str) -> Select[Any]:
    """The rows that the column `column` of links names, each once, by key: `parent` is the places in KEYS that have a link to it.

    The rows of the type `links` are those whose column `by` is one of KEYS, and of which `source.through` is true.
    """
    table, link = source.table(), CATALOGUE[links].table.alias("l")
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
def select_counts(source: Source, selection: Selection) -> Select[Any]:
    """How many rows there are; below parents, a row (`parent`, `count`) for the place of each of KEYS."""
    table = source.table()
    found = (
        sa.select(sa.func.count()).select_from(table).where(source.holds(source.rows, table), *_filtered(selection, table.c))
    )
    if selection.relation is None:
        return found
    relation = RELATIONS[selection.relation]
    if relation.link is not None:
        link = relation.link.alias("l")
        allowed = to_sql(source.through, CATALOGUE[relation.link_type], link)
        below = sa.select(link.c[relation.child]).where(link.c[relation.parent] == PARENT, allowed)
        found = found.where(table.c.id.in_(below))
    else:
        found = found.where(sa.or_(*(table.c[column] == PARENT for column in relation.columns)))
    parents = _parents()
    return sa.select(parents.c.place.label("parent"), found.scalar_subquery().label("count")).select_from(parents)


@lru_cache(CACHE_SIZE)
def select_tally(source: Source, relation: str, by: tuple[str, ...], total: str, *, shown: bool) -> Select[Any]:
    """The rows below each of KEYS in groups that are alike in the columns `by`: `parent`, these, `count`, and the sum of `total`.

    The sum is NULL unless it's `shown`: a sum tells what its parts are.
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
    """A page of one list: a plain scan where nothing narrows one branch, else the branches' keys, merged and joined back."""
    table, names = source.table(), _names(source.entity, window)
    branches = list(_branches(source, selection, table))
    if len(branches) == 1 and branches[0].link is None and not selection.filters:
        scan = source.select(table).where(*branches[0].conditions)
        return _windowed(scan, [table.c[name] for name in names], window)
    scans = [branch.keys(table, names, window) for branch in branches]
    merged = (sa.union(*scans) if len(scans) > 1 else scans[0]).subquery("merged")
    first = sa.select(merged).order_by(*_directed([merged.c[name] for name in names], window)).limit(_literal(window.limit))
    keys = first.subquery("keys")
    # OFFSET 0 keeps the planner from reading the whole table to join a page of it.
    row = source.select(table).where(table.c.id == keys.c.id).offset(_literal(0)).lateral("row")
    joined = sa.select(*row.c).select_from(keys.join(row, sa.true()))
    return joined.order_by(*_directed([keys.c[name] for name in names], window))


@dataclass(frozen=True, slots=True)
class _Branch:
    """One way to come by rows: by their own columns, or by those of a link table, whose column `child` is the row's key."""

    conditions: tuple[ColumnElement[bool], ...]  # on the table
    link: FromClause | None = None
    child: str = ""
    linked: tuple[ColumnElement[bool], ...] = ()  # on the link alone

    def keys(self, table: FromClause, names: tuple[str, ...], window: Window) -> Select[Any]:
        """The keysets of this branch's part of the page, each once."""
        columns = [table.c[name] for name in names]
        if self.link is None:
            return _windowed(sa.select(*columns).where(*self.conditions), columns, window)
        key = self.link.c[self.child]
        if len(names) > 1:
            return self._sorted(table, key, columns, window)
        return self._steps(table, key, window)

    def _steps(self, table: FromClause, key: ColumnElement[Any], window: Window) -> Select[Any]:
        """From each key to the next by the link's index, so that a key costs the same however many rows of the link have it."""
        one = replace(window, limit=1)
        scan = sa.select(key.label("id")).where(*self.linked)
        start = _windowed(scan, [key], one).subquery()
        fits = self._fits(table, start.c.id)
        steps = sa.select(start.c.id, fits.c.found, fits.c.found.label("fits")).select_from(start.join(fits, sa.true()))
        walk = steps.cte(recursive=True, nesting=True)
        beyond = key < walk.c.id if window.is_reverse else key > walk.c.id
        following = _windowed(scan.where(beyond), [key], one).correlate_except(self.link).lateral()
        fits = self._fits(table, following.c.id)
        on = walk.join(following, sa.true()).join(fits, sa.true())
        more = sa.select(following.c.id, walk.c.found + fits.c.found, fits.c.found).select_from(on)
        walk = walk.union_all(more.where(walk.c.found < _literal(window.limit)))
        return sa.select(walk.c.id).where(walk.c.fits == _literal(1))

    def _fits(self, table: FromClause, key: ColumnElement[Any]) -> Any:
        """1 as `found` where the row of a key meets the conditions on the table, else 0."""
        if not self.conditions:
            return sa.select(_literal(1).label("found")).lateral()
        row = sa.select(_literal(1)).select_from(table).where(table.c.id == key, *self.conditions)
        found = sa.exists(row.correlate_except(table).offset(_literal(0)))
        return sa.select(sa.case((found, _literal(1)), else_=_literal(0)).label("found")).lateral()

    def _sorted(self, table: FromClause, key: ColumnElement[Any], columns: list[Any], window: Window) -> Select[Any]:
        """All rows of the link, in an order that it does not know: as much as the viewer has of them, not the market."""
        found = sa.select(key.label("id")).where(*self.linked).distinct().offset(_literal(0)).subquery("found")
        scan = sa.select(*columns).select_from(found.join(table, found.c.id == table.c.id)).where(*self.conditions)
        return _windowed(scan, columns, window)


def _branches(source: Source, selection: Selection, table: FromClause) -> Iterator[_Branch]:
    """A branch for each disjunct of policy and each way from the parent to its rows."""
    relation = RELATIONS[selection.relation] if selection.relation else None
    if relation is not None and relation.link is not None:
        link = relation.link.alias("l")
        narrowed = _filtered(selection, table.c)
        for allowed in disjuncts(source.through):
            linked = (link.c[relation.parent] == PARENT, to_sql(allowed, CATALOGUE[relation.link_type], link, per_row=True))
            rows = source.holds(source.rows, table)
            yield _Branch((rows, *narrowed), link, relation.child, linked)
        return
    for way in relation.columns if relation else (None,):
        for allowed in disjuncts(source.rows):
            yield _branch(source, selection, allowed, table, way)


def _branch(source: Source, selection: Selection, allowed: Predicate, table: FromClause, way: str | None) -> _Branch:
    """The branch of one disjunct, driven from its link where it has one. `way` is the column that is the parent's key."""
    driven = driving_link(allowed)
    if driven is None:
        below = [table.c[way] == PARENT] if way else []
        return _Branch((*_unless_true(source.holds(allowed, table)), *below, *_filtered(selection, table.c)))
    name, condition, rest = driven
    described = next(link for link in CATALOGUE[source.entity].links if link.name == name)
    link = described.table.alias("l")
    known = _known(source.entity, link)
    held = [to_sql(part, Entity(name, described.table), link) for part in conjuncts(condition)]
    held += [known[way] == PARENT] if way in known else []
    others = [table.c[way] == PARENT] if way and way not in known else []
    conditions = [*_unless_true(source.holds(rest, table)), *others]
    for narrowed in selection.filters:
        try:
            held += _filtered(replace(selection, filters=(narrowed,)), known)
        except KeyError:  # the link does not know this column of the row
            conditions += _filtered(replace(selection, filters=(narrowed,)), table.c)
    return _Branch(tuple(conditions), link, described.remote, tuple(held))


def _unless_true(condition: ColumnElement[bool]) -> list[ColumnElement[bool]]:
    return [] if isinstance(condition, sa.True_) else [condition]


def _known(entity: str, link: Any) -> dict[str, ColumnElement[Any]]:
    """The columns of a link that repeat columns of the row, by the name of the row's."""
    return {fact: link.c[column] for column, fact in LINK_COPIES.get((entity, link.element.name), {}).items()}


def _filtered(selection: Selection, columns: Any) -> list[ColumnElement[bool]]:
    filters = FILTERS.get(selection.entity, {})
    return [filters[name].condition(columns, f"filter_{name}") for name in selection.filters]


def _names(entity: str, window: Window) -> tuple[str, ...]:
    return (*order_of(entity, window.order).columns, "id")


def _directed(columns: Sequence[ColumnElement[Any]], window: Window) -> list[ColumnElement[Any]]:
    return [column.desc() if window.is_reverse else column.asc() for column in columns]


def _windowed(scan: Select[Any], columns: Sequence[ColumnElement[Any]], window: Window) -> Select[Any]:
    """A scan between the keysets of the window, in its order, up to its limit."""
    for name, wanted in (("after", window.after), ("before", window.before)):
        if wanted:
            keyset = [sa.bindparam(f"{name}_{n}", type_=column.type) for n, column in enumerate(columns)]
            upward = (name == "after") != window.descending
            scan = scan.where(_compared(columns, keyset, upward))
    return scan.order_by(*_directed(columns, window)).limit(_literal(window.limit))


def _compared(columns: Sequence[Any], keyset: Sequence[Any], upward: bool) -> ColumnElement[bool]:
    left, right = (columns[0], keyset[0]) if len(columns) == 1 else (sa.tuple_(*columns), sa.tuple_(*keyset))
    return left > right if upward else left < right


def _literal(number: int) -> ColumnElement[int]:
    """A number as it stands: a limit that the planner knows gives it the right plan."""
    return sa.literal_column(str(number), sa.Integer())
