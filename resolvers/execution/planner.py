"""The planner: walks the selections of an operation once, and decides for each field how to get its values.

A column, and a value computed from columns, becomes code of the object builder. A row that another one references is joined to
its statement if its own columns decide who can read it. Every other relation, and every batch resolver, becomes a child that
loads for all rows at once.
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
from policies.evaluation.policy import FieldRule
from policies.predicates.predicate import TRUE
from policies.reason import Reason
from resolvers.execution import connections, joined_rows
from resolvers.execution.children import Arguments, Complete, EmbeddedStep, NestedListStep, ResolverStep, constant, mapped
from resolvers.execution.codegen import CodeNamespace, NotPlannable, Unplanned, reject_record
from resolvers.execution.conditions import varies
from resolvers.execution.field_sites import (
    AllowedActionsOf,
    Code,
    Decide,
    DenialReason,
    Describe,
    FieldDescription,
    FieldSite,
    Grouped,
    NoChildren,
    RowAccess,
    Unnamed,
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
from resolvers.reading.hidden_fields import HiddenFieldLists, ViewerHides
from resolvers.reading.masks import constant_reason, is_row_independent
from resolvers.reading.nodes import ByAnyId, ByAnyIds, GlobalId
from resolvers.reading.records import Record
from resolvers.reading.redactions import Redacted


@dataclass(frozen=True, slots=True)
class PlannedField:
    """How to answer a root field: the builder of its value, the tracker of what it hides, and whether it is never null."""

    builder: ObjectBuilder
    tracker: RedactionTracker | None
    is_required: bool


class Planner:
    """Builds the plan of one operation, for viewers with the same policy decisions."""

    def __init__(
        self,
        document: DocumentNode,
        executor: Executor[Any],
        describe: Describe,
        decide: Decide,
        denial_reason: DenialReason,
        allowed_actions: AllowedActionsOf,
        unnamed: Unnamed,
    ) -> None:
        self.document = document
        self.executor = executor
        self._describe = describe
        self._denial_reason = denial_reason
        self._allowed_actions_of = allowed_actions
        self._unnamed = unnamed
        self.decide = decide
        self.names = CodeNamespace()

    def plan(self) -> tuple[Roots, Mapping[str, PlannedField | NotPlannable | GraphQLError]]:
        """Return the root fields, and for each its plan or the reason why graphql-core has to answer it. Raises NotPlannable."""
        executor = self.executor
        root = executor.schema.get_root_type(executor.operation.operation)
        assert root is not None  # noqa: S101 (ensured by validation)
        collected = collect_fields(executor.schema, executor.fragments, executor.variable_values, root, executor.operation)
        grouped = _grouped(collected)
        planned = {key: self._root(root, details) for key, details in grouped.items()}
        return Roots(self.document, executor.operation, grouped), planned

    def _root(self, kind: GraphQLObjectType, details: Sequence[FieldDetails]) -> PlannedField | NotPlannable | GraphQLError:
        builder = ObjectBuilder(Objects(), self.names, is_root=True)
        try:
            code, tracker = self._field(kind, details, Objects(), builder)
        except (NotPlannable, GraphQLError) as reason:
            return reason
        builder.set_code(code)
        definition = kind.fields.get(details[0].node.name.value)
        return PlannedField(builder, tracker, is_required=definition is None or isinstance(definition.type, GraphQLNonNull))

    def object_builder(
        self, kind: GraphQLObjectType, grouped: Grouped, access: Rows | Objects
    ) -> tuple[ObjectBuilder, RedactionTracker | None]:
        """Return the builder of a selection, and the tracker of what it hides."""
        builder = ObjectBuilder(access, self.names)
        code, tracker = self.object(kind, grouped, access, builder)
        builder.set_code(code)
        return builder, tracker

    def object(self, kind: GraphQLObjectType, grouped: Grouped, access: RowAccess | Objects, builder: ObjectBuilder) -> Code:
        """Return the code of an object of the response."""
        return object_literal({key: self._field(kind, details, access, builder) for key, details in grouped.items()})

    def _field(
        self, kind: GraphQLObjectType, details: Sequence[FieldDetails], access: RowAccess | Objects, builder: ObjectBuilder
    ) -> Code:
        name = details[0].node.name.value
        if name == "__typename":
            return repr(kind.name), None
        site = FieldSite(*self.describe(kind, name), details, access, builder)
        ability = site.description.ability
        if ability is not None and (reason := self._denial_reason(ability)):
            return "None", ConstantTracker(Redacted(kind.name, name, reason))
        rule = None if isinstance(access, Objects) else access.decision.fields.get(site.description.name)
        if rule is None or rule.visible == TRUE or isinstance(access, Objects):
            return self._value(site)
        if is_row_independent(rule):
            return "None", ConstantTracker(Redacted(kind.name, name, constant_reason(rule)))
        site.visible = access.holds(rule.visible)
        code, tracker = self._value(site)
        return f"({code} if {site.visible} else {self._hidden(kind.name, name, rule, access)})", PerRowTracker(tracker)

    def describe(self, kind: GraphQLObjectType, name: str) -> tuple[GraphQLField, FieldDescription]:
        """Return a field of a type and its description. Raises NotPlannable if it has no batch form."""
        if name.startswith("__"):
            raise NotPlannable("introspection", Unplanned.INTROSPECTION)
        description = self._describe(kind.fields[name])
        if description is None:
            raise NotPlannable(f"{kind.name}.{name} has no batch form", Unplanned.NO_BATCH_FORM)
        return kind.fields[name], description

    def _hidden(self, kind: str, name: str, rule: FieldRule, access: RowAccess) -> str:
        """Return the code that marks a hidden value with the reason of the first denial that matches."""
        code = self._by_denial(rule, access, lambda reason: HiddenMarker(Redacted(kind, name, reason)))
        return f"run.hide({code})"

    def _value(self, site: FieldSite) -> Code:
        """Return the code of a visible value."""
        match site.description.batch:
            case None:
                return self._column(site)
            case Computed(make, columns):
                read = ", ".join(site.access.read(column) for column in columns)
                return self.complete_value(site, f"{self.names.bind(make)}({read})")
            case GlobalId() as batch:
                return self._global_id(site, batch), None
            case ViewerCan(entity):
                return self._allowed_actions(site, entity), None
            case ViewerHides():
                return self.complete_value(site, self._hidden_fields(site))
            case ToOne() as batch:
                return joined_rows.plan_to_one(self, site, batch)
            case ComputedWithFallback() as batch:
                return joined_rows.plan_computed_with_fallback(self, site, batch)
            case ToMany() | ToManyByArray() | ManyToMany() as batch:
                return joined_rows.plan_to_many(self, site, batch)
            case ById() | ByAnyId() | ByAnyIds() as batch:
                return joined_rows.plan_by_id(self, site, batch)
            case ChildConnection() | RootConnection() as batch:
                return connections.plan_connection(self, site, batch)
            case batch:
                return self._resolver(site, batch)

    def _column(self, site: FieldSite) -> Code:
        access, column = site.access, site.description.column
        code = access.read(column)
        if is_leaf_type(get_named_type(site.kind)):
            source = None if isinstance(access, Objects) else CATALOGUE[access.entity].table.c[column]
            return stored(self.names, code, site.kind, source), None
        return self.complete_value(site, code)

    def _global_id(self, site: FieldSite, batch: GlobalId) -> str:
        if isinstance(site.access, Objects):
            return f"{self.names.bind(batch)}.of({site.access.target})"
        return site.builder.add_id(site.access.entity, site.access.read("id"))

    def _allowed_actions(self, site: FieldSite, entity: str) -> str:
        """Return the code of the actions that are allowed on a row: a cached list of enum values."""
        access = site.access
        if isinstance(access, Objects):
            raise NotPlannable("allowed actions of an object that isn't a row")
        return self._allowed_actions_of(entity).code(access.read, access.computed, self.names.bind)

    def _hidden_fields(self, site: FieldSite) -> str:
        """Return the code of the fields that a row hides: a cached list."""
        access = site.access
        if isinstance(access, Objects):
            raise NotPlannable("hidden fields of an object that isn't a row")
        unnamed = self._unnamed(access.entity)
        fields = access.decision.fields.items()
        rules = {name: rule for name, rule in fields if rule.visible != TRUE and name not in unnamed}
        always = {name: constant_reason(rule) for name, rule in rules.items() if is_row_independent(rule)}
        by_row = {name: rule for name, rule in rules.items() if name not in always}
        reasons = "".join(f"{self._reason(rule, access)}, " for rule in by_row.values())
        return f"{self.names.bind(HiddenFieldLists(tuple(by_row), always))}[({reasons})]"

    def _reason(self, rule: FieldRule, access: RowAccess) -> str:
        """Return the code of why a row hides a field, or None if it doesn't."""
        return f"(None if {access.holds(rule.visible)} else {self._by_denial(rule, access, lambda reason: reason)})"

    def _by_denial(self, rule: FieldRule, access: RowAccess, of: Callable[[Reason], Any]) -> str:
        """Return the code of the object for the reason of the first denial that matches."""
        code = self.names.bind(of(rule.default_reason))
        for predicate, reason in reversed(rule.denials):
            code = f"({self.names.bind(of(reason))} if {access.holds(predicate)} else {code})"
        return code

    def complete_value(self, site: FieldSite, code: str) -> Code:
        """Return the code of a value that the row or object itself contains."""
        named: Any = get_named_type(site.kind)
        if is_leaf_type(named):
            return complete(self.names, code, site.kind), None
        if self._is_plain(named, site.details):
            return complete(self.names, code, site.kind, self.plain(named, site.details)), None
        completion, tracker = self._completion(site)
        reader = ColumnReader(site.rows, self.names, site.guarded(code))
        return site.builder.add_child(EmbeddedStep(reader, completion)), tracker

    def _is_plain(self, kind: Any, details: Sequence[FieldDetails]) -> bool:
        """Return whether objects of a type can be written without awaiting anything."""
        if not is_object_type(kind) or kind.name in CATALOGUE:
            return False
        for subfield_details in self.subfields(kind, details).values():
            name = subfield_details[0].node.name.value
            if name != "__typename":
                definition, description = self.describe(kind, name)
                inner = get_named_type(definition.type)
                if not isinstance(description.batch, Computed | None) or not (
                    is_leaf_type(inner) or self._is_plain(inner, subfield_details)
                ):
                    return False
        return True

    def plain(self, kind: GraphQLObjectType, details: Sequence[FieldDetails]) -> Callable[[str], str]:
        """Return a function from an object's variable to the code of its response. Nothing in the object is awaited."""

        def display(variable: str) -> str:
            grouped = self.subfields(kind, details)
            code, _ = self.object(kind, grouped, Objects(variable), NoChildren(self.names))
            return f"({code} if {variable}.__class__ is not {self.names.bind(Record)} else refuse())"

        return display

    def _completion(self, site: FieldSite) -> tuple[Complete, RedactionTracker | None]:
        """Return the function that converts a resolver's values to objects of the response."""
        kind: Any = get_named_type(site.kind)
        if is_leaf_type(kind):
            code = complete(self.names, "o", site.kind)
            return mapped(self.names.function("(values)", f"[{code} for o in values]")), None
        if not isinstance(kind, GraphQLObjectType):
            raise NotPlannable(f"{kind} is abstract")
        rows = Rows(kind.name, self.decide(kind.name), joinable=False) if kind.name in CATALOGUE else None
        builder, tracker = self.object_builder(kind, self.subfields(kind, site.details), rows or Objects())

        async def objects(values: Sequence[Any], run: PlanRun) -> list[Any]:
            if rows is None and any(isinstance(value, Record) for value in values):
                reject_record()
            return await builder.objects(rows.of_records(values) if rows else values, run)

        return NestedListStep(null_refusals(site.kind), objects), track_list(site.kind, tracker)

    def _resolver(self, site: FieldSite, batch: BatchResolver) -> Code:
        rows = site.rows
        if isinstance(rows, Rows):
            columns = getattr(batch, "needs", None)
            rows.read_all() if columns is None else [rows.read(column) for column in columns]
        completion, tracker = self._completion(site)
        visible = ColumnReader(rows, self.names, site.visible) if site.visible else None
        return site.builder.add_child(
            ResolverStep(batch, self.arguments(site), rows.parents, visible, completion, site.failure_policy)
        ), tracker

    def subfields(self, kind: GraphQLObjectType, details: Sequence[FieldDetails]) -> Grouped:
        """Return the fields that are selected below a field, for one type of its objects."""
        executor = self.executor
        return _grouped(
            collect_subfields(
                executor.schema, executor.fragments, executor.variable_values, executor.operation, kind, list(details)
            )
        )

    def arguments(self, site: FieldSite) -> Arguments:
        """Return a function that reads a field's arguments: only once if they have no variable. Raises GraphQLError."""
        node, description = site.details[0].node, site.description
        if not site.definition.args:
            return constant({})
        if not varies(node):
            return constant(description.arguments(node, self.executor.variable_values))
        variable_names = description.argument_variables(node)
        if variable_names is None:
            return lambda run: description.arguments(node, run.variables.values)
        return lambda run: {
            name: run.variables.coerced[variable] for name, variable in variable_names if variable in run.variables.coerced
        }


def _grouped(collected: CollectedFields) -> Grouped:
    if collected.new_defer_usages:
        raise NotPlannable("@defer")
    return collected.grouped_field_set
