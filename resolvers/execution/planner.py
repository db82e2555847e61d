"""The planner: walks the selections of an operation once, and decides for each field how its values are come by.

A column, and what is made of columns, becomes code of the shape that it belongs to. A row that another one names joins its
statement where its own columns say who may read it. Every other relation, and every batch resolver, becomes a child, which is asked
for all rows at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    Executor,
    GraphQLError,
    GraphQLField,
    GraphQLNonNull,
    GraphQLObjectType,
    get_named_type,
    is_leaf_type,
    is_object_type,
)
from graphql.execution.collect_fields import CollectedFields, FieldDetails, collect_fields, collect_subfields

from policies.catalogue import CATALOGUE
from policies.policy import FieldRule
from policies.predicate import TRUE
from resolvers.execution import connections, joined_rows
from resolvers.execution.children import Arguments, Complete, EmbeddedStep, NestedListStep, ResolverStep, constant, mapped
from resolvers.execution.codegen import CodeNamespace, NotPlannable, reject_record
from resolvers.execution.conditions import varies
from resolvers.execution.field_sites import (
    Code,
    Decide,
    Describe,
    FieldDescription,
    FieldSite,
    Grouped,
    NoChildren,
    RightsOf,
    RowAccess,
    Withheld,
    null_refusals,
    object_literal,
    track_list,
)
from resolvers.execution.object_builders import ColumnReader, ObjectBuilder, PlanRun
from resolvers.execution.redaction_tracking import ConstantTracker, HiddenMarker, PerRowTracker, RedactionTracker
from resolvers.execution.roots import Roots
from resolvers.execution.rows import Objects, Rows
from resolvers.execution.values import complete, stored
from resolvers.reading.allowed_actions import ViewerCan
from resolvers.reading.batching import BatchResolver, Computed
from resolvers.reading.field_sources import (
    ById,
    ChildConnection,
    ComputedWithFallback,
    ManyToMany,
    RootConnection,
    ToMany,
    ToManyByArray,
    ToOne,
)
from resolvers.reading.masks import constant_reason, is_row_independent
from resolvers.reading.nodes import ByAnyId, ByAnyIds, GlobalId
from resolvers.reading.records import Record
from resolvers.reading.redactions import Redacted
from resolvers.values.identifiers import global_id_code


@dataclass(frozen=True, slots=True)
class PlannedField:
    """How a root field is answered: the shape of its value, what is hidden in it, and whether it is never null."""

    shape: ObjectBuilder
    watch: RedactionTracker | None
    is_required: bool


class Planner:
    """Makes the plan of one operation, for viewers for whom policy decides the same."""

    def __init__(
        self,
        document: DocumentNode,
        executor: Executor[Any],
        describe: Describe,
        decide: Decide,
        withheld: Withheld,
        rights: RightsOf,
    ) -> None:
        self.document = document
        self.executor = executor
        self._describe = describe
        self._withheld = withheld
        self._rights = rights
        self.decide = decide
        self.names = CodeNamespace()

    def plan(self) -> tuple[Roots, Mapping[str, PlannedField | NotPlannable | GraphQLError]]:
        """The root fields, and for each its shape and what is hidden in it, or what leaves it to graphql-core. Raises Unplanned."""
        executor = self.executor
        root = executor.schema.get_root_type(executor.operation.operation)
        assert root is not None  # noqa: S101 (validation has seen to it)
        collected = collect_fields(executor.schema, executor.fragments, executor.variable_values, root, executor.operation)
        grouped = _grouped(collected)
        planned = {key: self._root(root, details) for key, details in grouped.items()}
        return Roots(self.document, executor.operation, grouped), planned

    def _root(self, kind: GraphQLObjectType, details: Sequence[FieldDetails]) -> PlannedField | NotPlannable | GraphQLError:
        shape = ObjectBuilder(Objects(), self.names, is_root=True)
        try:
            code, watch = self._field(kind, details, Objects(), shape)
        except (NotPlannable, GraphQLError) as reason:
            return reason
        shape.made_of(code)
        definition = kind.fields.get(details[0].node.name.value)
        return PlannedField(shape, watch, is_required=definition is None or isinstance(definition.type, GraphQLNonNull))

    def shaped(
        self, kind: GraphQLObjectType, grouped: Grouped, access: Rows | Objects
    ) -> tuple[ObjectBuilder, RedactionTracker | None]:
        """The shape of a selection, and what is hidden in it."""
        shape = ObjectBuilder(access, self.names)
        code, watch = self.object(kind, grouped, access, shape)
        shape.made_of(code)
        return shape, watch

    def object(self, kind: GraphQLObjectType, grouped: Grouped, access: RowAccess | Objects, shape: ObjectBuilder) -> Code:
        """The code of an object of the response."""
        return object_literal({key: self._field(kind, details, access, shape) for key, details in grouped.items()})

    def _field(
        self, kind: GraphQLObjectType, details: Sequence[FieldDetails], access: RowAccess | Objects, shape: ObjectBuilder
    ) -> Code:
        name = details[0].node.name.value
        if name == "__typename":
            return repr(kind.name), None
        place = FieldSite(*self.described(kind, name), details, access, shape)
        ability = place.described.ability
        if ability is not None and (reason := self._withheld(ability)):
            return "None", ConstantTracker(Redacted(kind.name, name, reason))
        rule = None if isinstance(access, Objects) else access.decision.fields.get(place.described.name)
        if rule is None or rule.visible == TRUE or isinstance(access, Objects):
            return self._value(place)
        if is_row_independent(rule):
            return "None", ConstantTracker(Redacted(kind.name, name, constant_reason(rule)))
        place.visible = access.holds(rule.visible)
        code, watch = self._value(place)
        return f"({code} if {place.visible} else {self._hidden(kind.name, name, rule, access)})", PerRowTracker(watch)

    def described(self, kind: GraphQLObjectType, name: str) -> tuple[GraphQLField, FieldDescription]:
        """A field of a type, and what the schema says of it. Raises Unplanned where it has no batch form."""
        if name.startswith("__"):
            raise NotPlannable("introspection")
        described = self._describe(kind.fields[name])
        if described is None:
            raise NotPlannable(f"{kind.name}.{name} has no batch form")
        return kind.fields[name], described

    def _hidden(self, kind: str, name: str, rule: FieldRule, access: RowAccess) -> str:
        """The code of what stands in the place of a hidden value: it says the reason of the first denial that is true."""
        code = self.names.bind(HiddenMarker(Redacted(kind, name, rule.default_reason)))
        for predicate, reason in reversed(rule.denials):
            code = f"({self.names.bind(HiddenMarker(Redacted(kind, name, reason)))} if {access.holds(predicate)} else {code})"
        return f"run.hide({code})"

    def _value(self, place: FieldSite) -> Code:
        """The code of a visible value."""
        match place.described.batch:
            case None:
                return self._column(place)
            case Computed(make, columns):
                read = ", ".join(place.access.read(column) for column in columns)
                return self.completed(place, f"{self.names.bind(make)}({read})")
            case GlobalId() as batch:
                return self._global_id(place, batch), None
            case ViewerCan(entity):
                return self._actions(place, entity), None
            case ToOne() as batch:
                return joined_rows.named_by(self, place, batch)
            case ComputedWithFallback() as batch:
                return joined_rows.made_with(self, place, batch)
            case ToMany() | ToManyByArray() | ManyToMany() as batch:
                return joined_rows.listing(self, place, batch)
            case ById() | ByAnyId() | ByAnyIds() as batch:
                return joined_rows.identified(self, place, batch)
            case ChildConnection() | RootConnection() as batch:
                return connections.connection(self, place, batch)
            case batch:
                return self._called(place, batch)

    def _column(self, place: FieldSite) -> Code:
        access, column = place.access, place.described.column
        code = access.read(column)
        if is_leaf_type(get_named_type(place.kind)):
            known = None if isinstance(access, Objects) else CATALOGUE[access.entity].table.c[column]
            return stored(self.names, code, place.kind, known), None
        return self.completed(place, code)

    def _global_id(self, place: FieldSite, batch: GlobalId) -> str:
        if isinstance(place.access, Objects):
            return f"{self.names.bind(batch)}.of({place.access.target})"
        return global_id_code(self.names.bind, place.access.entity, place.access.read("id"))

    def _actions(self, place: FieldSite, entity: str) -> str:
        """The code of what may be done to a row: a list of words of its enum, made before."""
        access = place.access
        if isinstance(access, Objects):
            raise NotPlannable("actions on what is no row")
        return self._rights(entity).code(access.read, access.beside, self.names.bind)

    def completed(self, place: FieldSite, code: str) -> Code:
        """The code of a value that the row or the object holds itself."""
        named: Any = get_named_type(place.kind)
        if is_leaf_type(named):
            return complete(self.names, code, place.kind), None
        if self._is_plain(named, place.details):
            return complete(self.names, code, place.kind, self.plain(named, place.details)), None
        made, watch = self._completion(place)
        extract = ColumnReader(place.rows, self.names, place.guarded(code))
        return place.shape.child(EmbeddedStep(extract, made)), watch

    def _is_plain(self, kind: Any, details: Sequence[FieldDetails]) -> bool:
        """Whether objects of a type can be written without waiting for anything."""
        if not is_object_type(kind) or kind.name in CATALOGUE:
            return False
        for key_details in self.sub(kind, details).values():
            name = key_details[0].node.name.value
            if name != "__typename":
                definition, described = self.described(kind, name)
                inner = get_named_type(definition.type)
                if not isinstance(described.batch, Computed | None) or not (
                    is_leaf_type(inner) or self._is_plain(inner, key_details)
                ):
                    return False
        return True

    def plain(self, kind: GraphQLObjectType, details: Sequence[FieldDetails]) -> Callable[[str], str]:
        """What makes the code of an object that can be written without waiting for anything, from its variable."""

        def display(variable: str) -> str:
            grouped = self.sub(kind, details)
            code, _ = self.object(kind, grouped, Objects(variable), NoChildren(self.names))
            return f"({code} if {variable}.__class__ is not {self.names.bind(Record)} else refuse())"

        return display

    def _completion(self, place: FieldSite) -> tuple[Complete, RedactionTracker | None]:
        """How values that resolvers give become objects of the response."""
        kind: Any = get_named_type(place.kind)
        if is_leaf_type(kind):
            code = complete(self.names, "o", place.kind)
            return mapped(self.names.function("(values)", f"[{code} for o in values]")), None
        if not isinstance(kind, GraphQLObjectType):
            raise NotPlannable(f"{kind} is abstract")
        rows = Rows(kind.name, self.decide(kind.name), joinable=False) if kind.name in CATALOGUE else None
        shape, watch = self.shaped(kind, self.sub(kind, place.details), rows or Objects())

        async def objects(values: Sequence[Any], run: PlanRun) -> list[Any]:
            if rows is None and any(isinstance(value, Record) for value in values):
                reject_record()
            return await shape.objects(rows.of_records(values) if rows else values, run)

        return NestedListStep(null_refusals(place.kind), objects), track_list(place.kind, watch)

    def _called(self, place: FieldSite, batch: BatchResolver) -> Code:
        rows = place.rows
        if isinstance(rows, Rows):
            needed = getattr(batch, "needs", None)
            rows.read_all() if needed is None else [rows.read(column) for column in needed]
        made, watch = self._completion(place)
        visible = ColumnReader(rows, self.names, place.visible) if place.visible else None
        return place.shape.child(
            ResolverStep(batch, self.arguments(place), rows.parents, visible, made, place.failure_policy)
        ), watch

    def sub(self, kind: GraphQLObjectType, details: Sequence[FieldDetails]) -> Grouped:
        """The fields that are selected below a field, for a type of its objects."""
        executor = self.executor
        return _grouped(
            collect_subfields(
                executor.schema, executor.fragments, executor.variable_values, executor.operation, kind, list(details)
            )
        )

    def arguments(self, place: FieldSite) -> Arguments:
        """The arguments of a field, read once if no variable is in them. Raises GraphQLError."""
        node, described = place.details[0].node, place.described
        if not place.definition.args:
            return constant({})
        if not varies(node):
            return constant(described.arguments(node, self.executor.variable_values))
        given = described.given(node)
        if given is None:
            return lambda run: described.arguments(node, run.variables.values)
        return lambda run: {
            name: run.variables.coerced[variable] for name, variable in given if variable in run.variables.coerced
        }


def _grouped(collected: CollectedFields) -> Grouped:
    if collected.new_defer_usages:
        raise NotPlannable("@defer")
    return collected.grouped_field_set
