"""The planner: walks the selections of an operation once, and decides for each field how its values are come by.

A column, and what is made of columns, becomes code of the shape that it belongs to. A row that another one names joins its
statement where its own columns say who may read it. Every other relation, and every batch resolver, becomes a child, which is asked
for all rows at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from graphql import (
    Executor,
    FieldNode,
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    get_named_type,
    is_leaf_type,
    is_object_type,
)
from graphql.execution.collect_fields import CollectedFields, FieldDetails, collect_fields, collect_subfields
from graphql.execution.values import VariableValues

from policies.catalogue import CATALOGUE
from policies.masks import is_local
from policies.policy import Decision, FieldRule
from policies.predicate import FALSE, TRUE, implies, told
from resolvers.batch import BatchResolver, Made
from resolvers.common import Below, ById, Everything, Listed, MadeWith, NamedBy, NamedIn, Related, Through, as_given
from resolvers.execution.children import (
    Arguments,
    Called,
    Complete,
    Completed,
    Connected,
    Held,
    Identified,
    Named,
    Target,
    ThroughLinks,
    ToMany,
    ToOne,
    constant,
    mapped,
    of_type,
)
from resolvers.execution.conditions import varies
from resolvers.execution.lookups import LinkedLookup, Lookup, PageLookup
from resolvers.execution.names import Inseparable, Names, Unplanned
from resolvers.execution.rows import JoinedRow, Objects, Rows
from resolvers.execution.shapes import Child, Extract, Run, Shape
from resolvers.execution.values import complete, stored
from resolvers.execution.watches import Always, Fields, Hidden, Items, Sometimes, Typed, Watch
from resolvers.identifiers import global_id_code
from resolvers.mask import is_settled, only_reason
from resolvers.node import ByAnyId, ByAnyIds, GlobalId
from resolvers.orders import ORDERS
from resolvers.record import Record
from resolvers.relations import TOLD

Grouped: TypeAlias = Mapping[str, Sequence[FieldDetails]]
Code: TypeAlias = tuple[str, Watch | None]
RowAccess: TypeAlias = Rows | JoinedRow
Decide: TypeAlias = Callable[[str], Decision]
"""What policy decides of reading a type, for the viewers that the plan is made for."""


class Described(Protocol):
    """What the schema says of a field."""

    @property
    def name(self) -> str:
        """The field's name for policy."""

    @property
    def column(self) -> str:
        """The column, or attribute, that it is."""

    @property
    def batch(self) -> BatchResolver | None:
        """Its resolver, if it has one."""

    def given(self, node: FieldNode) -> Sequence[tuple[str, str]] | None:
        """Each argument's name for resolvers and the variable that it is, if all arguments are variables taken as they are."""

    def arguments(self, node: FieldNode, variables: VariableValues) -> dict[str, Any]:
        """The arguments as resolvers take them."""


Describe: TypeAlias = Callable[[GraphQLField], Described | None]
"""The description of a field, None for one that has a resolver without a batch form."""


@dataclass(slots=True)
class Place:
    """A field of a selection: what the schema says of it, the rows it stands in, and the code that tells where it is visible."""

    definition: GraphQLField
    described: Described
    details: Sequence[FieldDetails]
    access: RowAccess | Objects
    shape: Shape
    visible: str | None = None

    @property
    def kind(self) -> GraphQLOutputType:
        """The type of the field's value."""
        return self.definition.type

    @property
    def required(self) -> bool:
        """Whether its value is never null."""
        return isinstance(self.definition.type, GraphQLNonNull)

    def guarded(self, code: str) -> str:
        """Code that gives None where the field is hidden."""
        return code if self.visible is None else f"({code} if {self.visible} else None)"


class Planner:
    """Makes the plan of one operation, for viewers for whom policy decides the same."""

    def __init__(self, executor: Executor[Any], describe: Describe, decide: Decide) -> None:
        self._executor = executor
        self._describe = describe
        self._decide = decide
        self._names = Names()

    def plan(self) -> tuple[Shape, Watch | None]:
        """The shape of the response, and what is hidden in it. Raises Unplanned."""
        executor = self._executor
        root = executor.schema.get_root_type(executor.operation.operation)
        assert root is not None  # noqa: S101 (validation has seen to it)
        collected = collect_fields(executor.schema, executor.fragments, executor.variable_values, root, executor.operation)
        return self._shaped(root, _grouped(collected), Objects())

    def _shaped(self, kind: GraphQLObjectType, grouped: Grouped, access: Rows | Objects) -> tuple[Shape, Watch | None]:
        shape = Shape(access, self._names)
        code, watch = self._object(kind, grouped, access, shape)
        shape.made_of(code)
        return shape, watch

    def _object(self, kind: GraphQLObjectType, grouped: Grouped, access: RowAccess | Objects, shape: Shape) -> Code:
        """The code of an object of the response."""
        return _display({key: self._field(kind, details, access, shape) for key, details in grouped.items()})

    def _field(
        self, kind: GraphQLObjectType, details: Sequence[FieldDetails], access: RowAccess | Objects, shape: Shape
    ) -> Code:
        name = details[0].node.name.value
        if name == "__typename":
            return repr(kind.name), None
        place = Place(*self._described(kind, name), details, access, shape)
        rule = None if isinstance(access, Objects) else access.decision.fields.get(place.described.name)
        if rule is None or rule.visible == TRUE or isinstance(access, Objects):
            return self._value(place)
        if is_settled(rule):
            return "None", Always(only_reason(rule))
        place.visible = access.holds(rule.visible)
        code, watch = self._value(place)
        return f"({code} if {place.visible} else {self._hidden(rule, access)})", Sometimes(watch)

    def _described(self, kind: GraphQLObjectType, name: str) -> tuple[GraphQLField, Described]:
        if name.startswith("__"):
            raise Unplanned("introspection")
        described = self._describe(kind.fields[name])
        if described is None:
            raise Unplanned(f"{kind.name}.{name} has no batch form")
        return kind.fields[name], described

    def _hidden(self, rule: FieldRule, access: RowAccess) -> str:
        """The code of what stands in the place of a hidden value: it says the reason of the first denial that is true."""
        code = self._names.bind(Hidden(rule.otherwise))
        for predicate, reason in reversed(rule.denials):
            code = f"({self._names.bind(Hidden(reason))} if {access.holds(predicate)} else {code})"
        return f"run.hide({code})"

    def _value(self, place: Place) -> Code:
        """The code of a visible value."""
        match place.described.batch:
            case None:
                return self._column(place)
            case Made(make, columns):
                read = ", ".join(place.access.read(column) for column in columns)
                return self._completed(place, f"{self._names.bind(make)}({read})")
            case MadeWith() as batch:
                return self._made_with(place, batch)
            case GlobalId() as batch:
                return self._global_id(place, batch), None
            case NamedBy() as batch:
                return self._named_by(place, batch)
            case Listed() | NamedIn() | Through() as batch:
                return self._list(place, batch)
            case Below() | Everything() as batch:
                return self._connection(place, batch)
            case ById() | ByAnyId() | ByAnyIds() as batch:
                return self._identified(place, batch)
            case batch:
                return self._called(place, batch)

    def _column(self, place: Place) -> Code:
        access, column = place.access, place.described.column
        code = access.read(column)
        if is_leaf_type(get_named_type(place.kind)):
            known = None if isinstance(access, Objects) else CATALOGUE[access.entity].table.c[column]
            return stored(self._names, code, place.kind, known), None
        return self._completed(place, code)

    def _made_with(self, place: Place, batch: MadeWith) -> Code:
        own = place.access.read(batch.own)
        related = ", ".join(self._related(place, own, each) for each in batch.related)
        return self._completed(place, f"{self._names.bind(batch.make)}({own}, {related})")

    def _related(self, place: Place, own: str, related: Related) -> str:
        """The code of a column of a related row."""
        row = related.row
        try:
            joined = self._joined(place.access, row)
        except Inseparable:
            return self._looked_up(place, own, related)
        joined.keep()
        return joined.read(related.column)

    def _looked_up(self, place: Place, own: str, related: Related) -> str:
        row = related.row
        rows = Rows(row.entity, self._decide(row.entity))
        shape = Shape(rows, self._names)
        shape.made_of(rows.read(related.column))
        key = f"({place.access.read(row.column)} if {own} is None else None)"
        keys = Extract(self._rows(place), self._names, place.guarded(key))
        return place.shape.child(ToOne(keys, Target(Lookup(rows, row.by), shape), required=False))

    def _global_id(self, place: Place, batch: GlobalId) -> str:
        if isinstance(place.access, Objects):
            return f"{self._names.bind(batch)}.of(o)"
        return global_id_code(self._names.bind, place.access.entity, place.access.read("id"))

    def _completed(self, place: Place, code: str) -> Code:
        """The code of a value that the row or the object holds itself."""
        named: Any = get_named_type(place.kind)
        if is_leaf_type(named):
            return complete(self._names, code, place.kind), None
        if self._is_plain(named, place.details):
            return complete(self._names, code, place.kind, self._plain(named, place.details)), None
        made, watch = self._completion(place)
        extract = Extract(self._rows(place), self._names, place.guarded(code))
        return place.shape.child(Held(extract, made)), watch

    def _is_plain(self, kind: Any, details: Sequence[FieldDetails]) -> bool:
        """Whether objects of a type can be written without waiting for anything."""
        if not is_object_type(kind) or kind.name in CATALOGUE:
            return False
        for key_details in self._sub(kind, details).values():
            name = key_details[0].node.name.value
            if name != "__typename":
                definition, described = self._described(kind, name)
                inner = get_named_type(definition.type)
                if not isinstance(described.batch, Made | None) or not (
                    is_leaf_type(inner) or self._is_plain(inner, key_details)
                ):
                    return False
        return True

    def _plain(self, kind: GraphQLObjectType, details: Sequence[FieldDetails]) -> Callable[[str], str]:
        def display(variable: str) -> str:
            grouped = self._sub(kind, details)
            return self._object(kind, grouped, Objects(variable), _Childless(self._names))[0]

        return display

    def _completion(self, place: Place) -> tuple[Complete, Watch | None]:
        """How values that resolvers give become objects of the response."""
        kind: Any = get_named_type(place.kind)
        if is_leaf_type(kind) or self._is_plain(kind, place.details):
            display = None if is_leaf_type(kind) else self._plain(kind, place.details)
            code = complete(self._names, "o", place.kind, display)
            return mapped(self._names.function("(values)", f"[{code} for o in values]")), None
        if not isinstance(kind, GraphQLObjectType):
            raise Unplanned(f"{kind} is abstract")
        rows = Rows(kind.name, self._decide(kind.name), joinable=False) if kind.name in CATALOGUE else None
        shape, watch = self._shaped(kind, self._sub(kind, place.details), rows or Objects())

        async def objects(values: Sequence[Any], run: Run) -> list[Any]:
            if rows is None and any(isinstance(value, Record) for value in values):
                raise Unplanned("a record of a type without policy")
            return await shape.objects(rows.of_records(values) if rows else values, run)

        return Completed(_required(place.kind), objects), _listed(place.kind, watch)

    def _called(self, place: Place, batch: BatchResolver) -> Code:
        rows = self._rows(place)
        if isinstance(rows, Rows):
            needed = getattr(batch, "needs", None)
            rows.read_all() if needed is None else [rows.read(column) for column in needed]
        made, watch = self._completion(place)
        visible = Extract(rows, self._names, place.visible) if place.visible else None
        return place.shape.child(Called(batch, self._arguments(place), rows.parents, visible, made)), watch

    def _named_by(self, place: Place, batch: NamedBy) -> Code:
        kind = self._kind(place, batch.entity)
        try:
            joined = self._joined(place.access, batch)
            code, watch = self._object(kind, self._sub(kind, place.details), joined, _Childless(self._names))
        except Inseparable:
            target, watch = self._target(kind, batch.by, place.details)
            return place.shape.child(ToOne(self._keys(place, batch.column), target, place.required)), watch
        joined.keep()
        if joined.is_always_there:
            return code, watch
        key = joined.read("id")
        return (f"need({key} and {code})" if place.required else f"({code} if {key} else None)"), watch

    def _joined(self, access: RowAccess | Objects, batch: NamedBy) -> JoinedRow:
        """The row that another names, to be read beside it: where its own columns, or those of the other, say who may read it."""
        decision = self._decide(batch.entity)
        if isinstance(access, Objects) or decision.rows == FALSE:
            raise Inseparable("nothing to be joined to")
        known = told(decision.rows, TOLD.get((access.entity, batch.column, batch.entity), {}))
        rows = TRUE if implies(access.decision.rows, known) else decision.rows
        if not is_local(rows):
            raise Inseparable("linked rows say who may read it")
        return access.joined_by(batch, decision, rows)

    def _list(self, place: Place, batch: Listed | NamedIn | Through) -> Code:
        kind = self._kind(place, batch.entity)
        child: Child
        match batch:
            case Listed(_, by, order):
                target, watch = self._target(kind, by, place.details, order)
                child = ToMany(self._keys(place, "id"), target)
            case NamedIn(_, column, by):
                target, watch = self._target(kind, by, place.details)
                child = Named(self._keys(place, column), target)
            case Through(links, by, column):
                rows = Rows(kind.name, self._decide(kind.name), ("id",), below=True)
                shape, watch = self._shaped(kind, self._sub(kind, place.details), rows)
                child = ThroughLinks(self._keys(place, "id"), LinkedLookup(rows, links, by, column), shape)
        return place.shape.child(child), _listed(place.kind, watch)

    def _target(
        self, kind: GraphQLObjectType, by: str, details: Sequence[FieldDetails], order: str | None = None
    ) -> tuple[Target, Watch | None]:
        rows = Rows(kind.name, self._decide(kind.name))
        shape, watch = self._shaped(kind, self._sub(kind, details), rows)
        return Target(Lookup(rows, by, order), shape), watch

    def _connection(self, place: Place, batch: Below | Everything) -> Code:
        kind = get_named_type(place.kind)
        assert isinstance(kind, GraphQLObjectType)  # noqa: S101 (of `below` and `everything`)
        below = isinstance(batch, Below)
        ordered = any(argument.name.value == "orderBy" for argument in place.details[0].node.arguments or ())
        orders = ORDERS.get(batch.entity, {}).values() if ordered else ()
        forced = dict.fromkeys(["id", *(column for order in orders for column in order.columns)])
        rows = Rows(batch.entity, self._decide(batch.entity), tuple(forced), below=below)
        parts = _Connection(Shape(Objects(), self._names))
        made = {key: self._part(kind, details, rows, parts) for key, details in self._sub(kind, place.details).items()}
        if parts.counts:
            parts.shape.given("count")
        code, watch = _display(made)
        parts.shape.made_of(code)
        connected = Connected(
            entity=batch.entity,
            relation=batch.relation if isinstance(batch, Below) else None,
            keys=self._keys(place, batch.key) if isinstance(batch, Below) else None,
            arguments=self._arguments(place),
            narrow=as_given if isinstance(batch, Below) else batch.narrow,
            lookup=PageLookup(rows, batch.relation if isinstance(batch, Below) else None),
            reads_rows=parts.reads_rows,
            counts=parts.counts,
            items=tuple(parts.items),
            shape=parts.shape,
        )
        return place.shape.child(connected), watch

    def _part(self, kind: GraphQLObjectType, details: Sequence[FieldDetails], rows: Rows, parts: _Connection) -> Code:
        """A field of a connection."""
        name = details[0].node.name.value
        if name == "__typename":
            return repr(kind.name), None
        definition, described = self._described(kind, name)
        inner: Any = get_named_type(definition.type)
        match described.name:
            case "total_count":
                parts.counts = True
                return "count", None
            case "page_info":
                parts.reads_rows = True
                return complete(self._names, "o.page_info", definition.type, self._plain(inner, details)), None
            case "nodes":
                parts.reads_rows = True
                shape, watch = self._shaped(inner, self._sub(inner, details), rows)
                return parts.listed(shape, cursors=False), watch and Items(watch)
            case "edges":
                parts.reads_rows = True
                shape, watch, cursors = self._edges(inner, details, rows)
                return parts.listed(shape, cursors=cursors), watch and Items(watch)
        raise Unplanned(f"{kind.name}.{name} is no part of a connection")

    def _edges(self, kind: GraphQLObjectType, details: Sequence[FieldDetails], rows: Rows) -> tuple[Shape, Watch | None, bool]:
        shape, cursors = Shape(rows, self._names), False
        made: dict[str, Code] = {}
        for key, key_details in self._sub(kind, details).items():
            name = key_details[0].node.name.value
            if name == "cursor":
                cursors = cursors or bool(shape.given("cursor"))
                made[key] = ("cursor", None)
            elif name == "node":
                inner: Any = get_named_type(kind.fields[name].type)
                made[key] = self._object(inner, self._sub(inner, key_details), rows, shape)
            elif name == "__typename":
                made[key] = (repr(kind.name), None)
            else:
                raise Unplanned(f"{kind.name}.{name} is no part of an edge")
        code, watch = _display(made)
        shape.made_of(code)
        return shape, watch, cursors

    def _identified(self, place: Place, batch: ById | ByAnyId | ByAnyIds) -> Code:
        known: dict[str, tuple[Target, Watch | None]] = {}

        def target(entity: str) -> tuple[Target, Watch | None]:
            if entity not in known:
                kind = self._executor.schema.get_type(entity)
                if not isinstance(kind, GraphQLObjectType):
                    raise Unplanned(f"{entity} is no type of the schema")
                known[entity] = self._target(kind, "id", place.details)
            return known[entity]

        named = of_type(batch.entity) if isinstance(batch, ById) else batch.named
        many = isinstance(batch, ByAnyIds)
        watch: Watch = Items(Typed()) if many else Typed()
        return place.shape.child(Identified(named, self._arguments(place), target, many)), watch

    def _keys(self, place: Place, column: str) -> Extract:
        rows = self._rows(place)
        return Extract(rows, self._names, place.guarded(place.access.read(column)))

    def _rows(self, place: Place) -> Rows | Objects:
        if isinstance(place.access, JoinedRow):
            raise Inseparable("a joined row cannot wait for anything")
        return place.access

    def _kind(self, place: Place, entity: str) -> GraphQLObjectType:
        kind = get_named_type(place.kind)
        if not isinstance(kind, GraphQLObjectType) or kind.name != entity:
            raise Unplanned(f"{kind} is not the type of its rows")
        return kind

    def _sub(self, kind: GraphQLObjectType, details: Sequence[FieldDetails]) -> Grouped:
        executor = self._executor
        return _grouped(
            collect_subfields(
                executor.schema, executor.fragments, executor.variable_values, executor.operation, kind, list(details)
            )
        )

    def _arguments(self, place: Place) -> Arguments:
        node, described = place.details[0].node, place.described
        if not place.definition.args:
            return constant({})
        if not varies(node):
            return constant(described.arguments(node, self._executor.variable_values))
        given = described.given(node)
        if given is None:
            return lambda run: described.arguments(node, run.variables.values)
        return lambda run: {
            name: run.variables.coerced[variable] for name, variable in given if variable in run.variables.coerced
        }


@dataclass(slots=True)
class _Connection:
    """A connection while its parts are gathered."""

    shape: Shape
    items: list[tuple[Shape, bool]] = field(default_factory=list)
    reads_rows: bool = False
    counts: bool = False

    def listed(self, shape: Shape, *, cursors: bool) -> str:
        """The variable of one more list of the page's items."""
        self.items.append((shape, cursors))
        return self.shape.given(f"items{len(self.items)}")


class _Childless(Shape):
    """The shape of what cannot have a child of its own, and is no list either."""

    def __init__(self, names: Names) -> None:
        super().__init__(Objects(), names)

    def child(self, child: Child) -> str:  # noqa: ARG002
        """Refuse it."""
        raise Inseparable("a child of a joined row")


def _display(made: Mapping[str, Code]) -> Code:
    """The code of an object of the response, from that of its fields."""
    watches = {key: watch for key, (_, watch) in made.items() if watch is not None}
    code = ", ".join(f"{key!r}: {code}" for key, (code, _) in made.items())
    return f"{{{code}}}", Fields(watches) if watches else None


def _grouped(collected: CollectedFields) -> Grouped:
    if collected.new_defer_usages:
        raise Unplanned("@defer")
    return collected.grouped_field_set


def _required(kind: GraphQLOutputType) -> tuple[bool, ...]:
    """At each depth of a type's lists whether null is refused, outermost first."""
    required = isinstance(kind, GraphQLNonNull)
    inner = kind.of_type if isinstance(kind, GraphQLNonNull) else kind
    return (required, *(_required(inner.of_type) if isinstance(inner, GraphQLList) else ()))


def _listed(kind: GraphQLOutputType, watch: Watch | None) -> Watch | None:
    """The watch of a value of a type, from that of its objects."""
    if watch is None:
        return None
    for _ in _required(kind)[1:]:
        watch = Items(watch)
    return watch
