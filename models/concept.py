"""Concepts: what the gateway needs to know about a type beyond its columns. Each model file declares its own.

Global ids, connections, sort orders, filters, their inputs in the schema, and the actions that policy can name are derived from
these declarations. `models.CONCEPTS` lists them all, after `check_concepts` has compared them with the tables.
"""

from __future__ import annotations

import operator
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import Select

from models.base import Base
from models.lifecycle import Lifecycle, is_one_of

Condition = Callable[[Any, str], ColumnElement[bool]]  # (columns of the rows, name of the parameter)
Values = Callable[[Any, str], Select[Any]]  # (the column's type, name of the parameter)
TAG_LENGTH: Final = 2  # bytes


class ConceptError(ValueError):
    """A concept contradicts its table or another concept."""


@dataclass(frozen=True, slots=True)
class Link:
    """Rows of another table that rules can refer to: those whose column `remote` equals the column `local` of the row."""

    name: str
    table: str
    local: str
    remote: str


@dataclass(frozen=True, slots=True)
class Relation:
    """How rows belong to a parent: one of `columns` is the parent's key, or a row of the table `link` names both."""

    columns: tuple[str, ...] = ()
    link: str | None = None
    parent: str = ""  # the link's column that is the parent's key
    child: str = ""  # the link's column that is the row's key
    link_type: str = ""  # the type whose policy decides which rows of the link are visible

    @property
    def link_table(self) -> sa.Table | None:
        """The table of the link, if there is one."""
        return None if self.link is None else Base.metadata.tables[self.link]


@dataclass(frozen=True, slots=True)
class SortOrder:
    """The columns that sort a connection, before the key, and the field that they reveal."""

    columns: tuple[str, ...] = ()
    field: str | None = None
    description: str = "By creation time."


@dataclass(frozen=True, slots=True)
class Part:
    """One of the conditions that a filter is made of. `has_few_rows` says that all its rows can be sorted for a page."""

    condition: Condition
    has_few_rows: bool = False


@dataclass(frozen=True, slots=True)
class Scope:
    """The rows that a comparison of policy finds: those of an owner, whose key is in `column`, or those with a certain `value`."""

    column: str
    operator: str = "="
    value: str | int | None = None

    def of(self, key: Any) -> ColumnElement[str]:
        """Return the scope's name in an index: the random end of the owner's key, or else the column."""
        if self.value is None:
            return sa.func.right(sa.cast(key, sa.Text()), sa.literal_column("12"))
        return sa.literal_column(f"'{self.column}'", sa.Text())


ALL_ROWS: Final[ColumnElement[str]] = sa.literal_column("''", sa.Text())  # the name of the scope of all rows
ScopedCondition = Callable[[Any, ColumnElement[str], str], ColumnElement[bool]]  # (columns, name of the scope, parameter)


@dataclass(frozen=True, slots=True)
class Filter:
    """A condition on one column that takes one value from the caller, and the field that it reveals.

    `description` is that of the input field. Without one, the value comes from another argument. `order` is the order of a list
    that is narrowed by it, unless the request names another one. With a `relation`, the filter matches rows that have a row of its
    link table, as far as policy lets the viewer see those. `column` and `condition` are then of the link table. With `values`, the
    filter matches rows whose column has one of these values, and a page is made of one page for each: they use the column's index.
    With `in_scope`, the index keeps the rows of each of the `scopes` apart, and is used only where one of them is known.
    """

    column: str
    field: str
    condition: Condition
    description: str | None = None
    id_of: str | None = None  # the value is a global id of this type
    money_range: str | None = None  # the value is a part of the money range with this name
    parts: tuple[Part, ...] = ()  # conditions that together are the condition, each with an index
    value_type: type | None = None  # of the value, or of its items, if it isn't the column's
    is_list: bool = False  # the value is a list
    order: str | None = None
    relation: str | None = None
    values: Values | None = None  # selects the values, each once, as the column `value`
    is_search: bool = False  # the value is a text to search for, and white space is no value
    scopes: tuple[Scope, ...] = ()
    in_scope: ScopedCondition | None = None


def equals(
    column: str,
    description: str | None = None,
    field: str | None = None,
    id_of: str | None = None,
    order: str | None = None,
) -> Filter:
    """Match rows whose column equals the value."""
    return Filter(column, field or column, _comparison(column, operator.eq), description, id_of, order=order)


def one_of(column: str, description: str, field: str | None = None, id_of: str | None = None) -> Filter:
    """Match rows whose column equals one of the values."""

    def listed(kind: Any, name: str) -> Any:
        return sa.bindparam(name, type_=postgresql.ARRAY(kind))

    def values(kind: Any, name: str) -> Select[Any]:
        return sa.select(sa.func.unnest(listed(kind, name), type_=kind).label("value")).distinct()

    def condition(row: Any, name: str) -> ColumnElement[bool]:
        matches: ColumnElement[bool] = row[column] == sa.any_(listed(row[column].type, name))
        return matches

    return Filter(column, field or column, condition, description, id_of, is_list=True, values=values)


def in_state(lifecycle: Lifecycle[Any], description: str) -> Filter:
    """Match rows that are in a state now: what is due counts as done, before the system has taken the step (V41).

    Its parts are the rows stored in the state, and those that are due, which are few: a scheduled job takes the step soon.
    """
    name, step = lifecycle.column, lifecycle.overdue
    if step is None:
        return equals(name, description)

    def stored(row: Any, parameter: str) -> ColumnElement[bool]:
        return sa.and_(row[name] == sa.bindparam(parameter, type_=row[name].type), lifecycle.current(row, sa.func.now()))

    def due(row: Any, parameter: str) -> ColumnElement[bool]:
        asks_for_it = is_one_of(sa.bindparam(parameter, type_=sa.Text()), [step.to])
        return sa.and_(asks_for_it, lifecycle.due(row, sa.func.now()))

    def either(row: Any, parameter: str) -> ColumnElement[bool]:
        return sa.or_(stored(row, parameter), due(row, parameter))

    return Filter(name, name, either, description, parts=(Part(stored), Part(due, has_few_rows=True)))


def in_states(lifecycle: Lifecycle[Any], description: str) -> Filter:
    """Match rows that are in one of the given states now, as `in_state` does. Each state is a part, and so are rows that are due."""
    name, step = lifecycle.column, lifecycle.overdue

    def is_given(state: StrEnum, row: Any, parameter: str) -> ColumnElement[bool]:
        values = sa.bindparam(parameter, type_=postgresql.ARRAY(row[name].type))
        given: ColumnElement[bool] = sa.literal_column(f"'{state}'", sa.Text()) == sa.any_(values)
        return given

    def stored(state: StrEnum) -> Condition:
        return lambda row, parameter: sa.and_(
            is_one_of(row[name], [state]), is_given(state, row, parameter), lifecycle.current(row, sa.func.now())
        )

    def due(after: StrEnum) -> Condition:
        return lambda row, parameter: sa.and_(lifecycle.due(row, sa.func.now()), is_given(after, row, parameter))

    parts = [Part(stored(state)) for state in sorted(lifecycle.states)]
    if step is not None:
        parts.append(Part(due(step.to), has_few_rows=True))

    def either(row: Any, parameter: str) -> ColumnElement[bool]:
        return sa.or_(*(part.condition(row, parameter) for part in parts))

    return Filter(name, name, either, description, parts=tuple(parts), is_list=True)


def array_contains(column: str, description: str, value_type: type[StrEnum] | None = None) -> Filter:
    """Match rows whose array contains the value."""

    def condition(row: Any, name: str) -> ColumnElement[bool]:
        kind = row[column].type
        items = postgresql.array([sa.bindparam(name, type_=kind.item_type)])
        contains: ColumnElement[bool] = row[column].contains(sa.cast(items, kind))  # the driver takes text for VARCHAR
        return contains

    return Filter(column, column, condition, description, value_type=value_type)


def array_overlaps(column: str, description: str, value_type: type[StrEnum] | None = None) -> Filter:
    """Match rows whose array contains one of the values."""

    def condition(row: Any, name: str) -> ColumnElement[bool]:
        overlaps: ColumnElement[bool] = row[column].overlap(sa.bindparam(name, type_=row[column].type))
        return overlaps

    return Filter(column, column, condition, description, value_type=value_type, is_list=True)


def after(column: str, description: str, order: str | None = None) -> Filter:
    """Match rows whose column is above the value."""
    return Filter(column, column, _comparison(column, operator.gt), description, order=order)


def before(column: str, description: str, order: str | None = None) -> Filter:
    """Match rows whose column is below the value."""
    return Filter(column, column, _comparison(column, operator.lt), description, order=order)


def at_least(column: str, description: str | None = None, *, order: str | None = None) -> Filter:
    """Match rows whose column is at least the value."""
    return Filter(column, column, _comparison(column, operator.ge), description, order=order)


def at_most(column: str, description: str | None = None, *, order: str | None = None) -> Filter:
    """Match rows whose column is at most the value."""
    return Filter(column, column, _comparison(column, operator.le), description, order=order)


def day_ends(column: str, field: str, description: str, *, from_day: bool, never: str, order: str) -> Filter:
    """Match rows by the day whose end, in UTC, is in the column: days from the value on, or days up to the value.

    The column holds `never`, an SQL expression, where there is no day. Such rows don't match.
    """

    def condition(row: Any, name: str) -> ColumnElement[bool]:
        day = sa.bindparam(name, type_=sa.Date())
        start, end = (
            sa.func.timezone("UTC", sa.cast(each, sa.TIMESTAMP())) for each in (day, day + sa.literal_column("1", sa.Integer()))
        )
        return sa.and_(row[column] > start if from_day else row[column] <= end, row[column] < sa.literal_column(never))

    return Filter(column, field, condition, description, value_type=date, order=order)


def listed(relation: str, column: str, field: str, description: str, id_of: str) -> Filter:
    """Match rows that the relation lists below the row with the given id, which a column of its link table names."""
    return Filter(column, field, _comparison(column, operator.eq), description, id_of, relation=relation)


def is_null(column: str) -> Filter:
    """Match rows whose column is NULL. The value is always true."""
    return Filter(column, column, lambda row, _name: row[column].is_(None))


def matches(terms: Any, query: ColumnElement[Any]) -> ColumnElement[bool]:
    """Match rows whose terms match a text query. In a scalar subquery, the query is evaluated once and not for each row."""
    matched: ColumnElement[bool] = terms.op("@@", is_comparison=True)(sa.select(query).scalar_subquery())
    return matched


def full_text(column: str, field: str) -> Filter:
    """Match rows whose text has, for each word of the value, a word that starts with it or differs from it by a typo."""

    def condition(row: Any, name: str) -> ColumnElement[bool]:
        return matches(row[column], sa.func.search_query(sa.bindparam(name, type_=sa.Text())))

    return Filter(column, field, condition, is_search=True)


def money_range_filters(name: str, column: str, description: str) -> dict[str, Filter]:
    """Return the three filters of a range of amounts in one currency. The field `column` guards them all."""
    parts = {
        "currency": ("currency", operator.eq),
        f"{name}_at_least": (column, operator.ge),
        f"{name}_at_most": (column, operator.le),
    }
    return {
        part: Filter(filtered, column, _comparison(filtered, compare), description, money_range=name)
        for part, (filtered, compare) in parts.items()
    }


def _comparison(column: str, compare: Callable[[Any, Any], Any]) -> Condition:
    """Return the condition that a column compares to the value."""

    def condition(row: Any, name: str) -> ColumnElement[bool]:
        compared: ColumnElement[bool] = compare(row[column], sa.bindparam(name, type_=row[column].type))
        return compared

    return condition


@dataclass(frozen=True, slots=True)
class AllowedFrom:
    """Values of a status that allow an action, the column of the time when that ends, if it does, and that of the status.

    Without statuses, only the time counts.
    """

    statuses: Iterable[Any] | None
    until: str | None = None
    column: str = "status"

    @property
    def columns(self) -> Iterator[str]:
        """The columns that the condition reads."""
        yield from [] if self.statuses is None else [self.column]
        yield from [] if self.until is None else [self.until]


Actions = dict[str, AllowedFrom | None]


def always(*actions: str) -> Actions:
    """Return actions that are possible in every state of the row, if policy allows them."""
    return dict.fromkeys(actions)


def until(column: str, *actions: str) -> Actions:
    """Return actions that are possible until the time in a column."""
    return dict.fromkeys(actions, AllowedFrom(None, column))


def steps_of(lifecycle: Lifecycle[Any], *actions: str, until: str | None = None) -> Actions:
    """Return steps of a lifecycle as actions, possible from the states where they start."""
    return {action: AllowedFrom(lifecycle.steps[action].start, until, lifecycle.column) for action in actions}


def snake(name: str) -> str:
    """Return a type's name in snake case, as files and payload fields use it."""
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


@dataclass(frozen=True)
class Concept:
    """A type that policy and the schema can name, and the table that holds its rows.

    - `tag`: two bytes that begin its global ids. Never reuse a tag: clients store ids for years.
    - `is_node`: whether `node` returns the object of a global id.
    - `part_of`: the type whose visible rows its rows belong to. A part has no row rules.
    - `links`: rows of other tables that rules can refer to.
    - `below`: the connections that list its rows under a parent, as `<type>.<field>` in snake case.
    - `orders`, `filters`: how its connections can be sorted and filtered, by enum value and by input field.
    - `newest_first`: its connections begin with the newest row by default.
    - `has_few_rows`: filters need no index.
    - `actions`: what policy can allow besides reading.
    - `shown_by`: the field that shows a column, where its name differs from the column's.
    """

    name: str
    model: type[Base]
    tag: bytes | None = None
    is_node: bool = True
    part_of: str | None = None
    links: tuple[Link, ...] = ()
    below: Mapping[str, Relation] = field(default_factory=dict)
    orders: Mapping[str, SortOrder] = field(default_factory=dict)
    filters: Mapping[str, Filter] = field(default_factory=dict)
    newest_first: bool = False
    has_few_rows: bool = False
    actions: Actions = field(default_factory=dict)
    shown_by: Mapping[str, str] = field(default_factory=dict)

    @property
    def files(self) -> tuple[str, str]:
        """The names of the files that can define it in each layer: its own, and that of the concept whose table it shares."""
        return snake(self.name), self.model.__module__.rpartition(".")[2]

    @property
    def table(self) -> sa.Table:
        """The table that holds the rows."""
        table = self.model.__table__
        assert isinstance(table, sa.Table)  # noqa: S101 (models map tables, not queries)
        return table


def page_columns(orders: Mapping[str, SortOrder], filters: Mapping[str, Filter]) -> list[tuple[str, ...]]:
    """Return the columns that need an index for pages: those of each order, and each filter that no order's index serves."""
    sorts = list(dict.fromkeys((*order.columns, "id") for order in (SortOrder(), *orders.values())))
    filtered = dict.fromkeys((each.column, "id") for each in filters.values())
    return sorts + [columns for columns in filtered if not any(columns[0] in order for order in sorts)]


def page_indexes(table: str, columns: Sequence[Sequence[str]], owners: Sequence[str] = ()) -> list[sa.Index]:
    """Return an index for each list of columns, one per owner column if there are any, so that a page is a range scan."""
    prefixes: list[tuple[str, ...]] = [(owner,) for owner in owners] or [()]
    indexed = [(*prefix, *each) for prefix in prefixes for each in columns]
    return [sa.Index(f"{table}_{'_'.join(names)}_page", *names) for names in indexed]


def check_concepts(concepts: Sequence[Concept]) -> None:
    """Check that concepts agree with their tables and with one another. Raises ConceptError."""
    for problem in _problems(concepts):
        raise ConceptError(problem)


def _problems(concepts: Sequence[Concept]) -> Iterator[str]:
    names = {concept.name for concept in concepts}
    yield from _repeated("name", [concept.name for concept in concepts])
    yield from _repeated("tag", [concept.tag for concept in concepts if concept.tag is not None])
    yield from _repeated("relation", [relation for concept in concepts for relation in concept.below])
    for concept in concepts:
        if concept.tag is not None and len(concept.tag) != TAG_LENGTH:
            yield f"{concept.name}: the tag {concept.tag!r} must have {TAG_LENGTH} bytes."
        if concept.part_of is not None and concept.part_of not in names:
            yield f"{concept.name}: it is part of {concept.part_of}, which is not a concept."
        for each in concept.filters.values():
            if each.id_of is not None and each.id_of not in names:
                yield f"{concept.name}: a filter takes IDs of {each.id_of}, which is not a concept."
            if each.order is not None and each.order not in concept.orders:
                yield f"{concept.name}: a filter sorts by {each.order}, which is not an order."
        yield from _unknown_columns(concept)
        yield from _unindexed_columns(concept)


def _repeated(what: str, values: Sequence[Any]) -> Iterator[str]:
    for value, count in Counter(values).items():
        if count > 1:
            yield f"Two concepts have the {what} {value!r}."


def _unknown_columns(concept: Concept) -> Iterator[str]:
    for table, column in _named_columns(concept):
        if table not in Base.metadata.tables:
            yield f"{concept.name}: there is no table {table}."
        elif column not in Base.metadata.tables[table].c:
            yield f"{concept.name}: the table {table} has no column {column}."


def _named_columns(concept: Concept) -> Iterator[tuple[str, str]]:
    """Yield every column that a concept names, with its table."""
    own = concept.table.name
    for order in concept.orders.values():
        yield from ((own, column) for column in order.columns)
    yield from ((_filtered_table(concept, each), each.column) for each in concept.filters.values())
    yield from ((own, column) for column in concept.shown_by)
    yield from ((own, column) for state in concept.actions.values() if state for column in state.columns)
    for link in concept.links:
        yield from ((own, link.local), (link.table, link.remote))
    for relation in concept.below.values():
        yield from ((own, column) for column in relation.columns)
        if relation.link is not None:
            yield from ((relation.link, relation.parent), (relation.link, relation.child))


def _filtered_table(concept: Concept, each: Filter) -> str:
    """Return the name of the table that a filter compares a column of."""
    link = None if each.relation is None else concept.below[each.relation].link
    return link or concept.table.name


def _unindexed_columns(concept: Concept) -> Iterator[str]:
    """Yield a problem for each order and filter without an index: a page would read the whole table."""
    indexed = [[column.name for column in index.columns] for index in concept.table.indexes]
    indexed += [[column.name for column in key.columns] for key in _unique_keys(concept.table)]
    filtered = {column for columns in indexed for column in columns} | set(_columns_of_partial_indexes(concept.table))
    for name, order in concept.orders.items():
        wanted = [*order.columns, "id"]
        if order.columns and not any(columns[-len(wanted) :] == wanted for columns in indexed):
            yield f"{concept.name}: the order {name} has no index that ends with ({', '.join(wanted)})."
    for name, each in concept.filters.items():
        if each.relation is None and each.column not in filtered and not concept.has_few_rows:
            yield f"{concept.name}: the filter {name} has no index with the column {each.column}."


def _unique_keys(table: sa.Table) -> Iterator[sa.UniqueConstraint]:
    return (each for each in table.constraints if isinstance(each, sa.UniqueConstraint))


def _columns_of_partial_indexes(table: sa.Table) -> Iterator[str]:
    """Yield the columns that select the rows of partial indexes."""
    for index in table.indexes:
        where = str(index.dialect_options["postgresql"]["where"])
        yield from (column.name for column in table.c if column.name in where.split())
