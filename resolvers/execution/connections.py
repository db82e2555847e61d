"""Fields that are connections: one statement for the pages of all parents, and one for their counts if these are selected."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from graphql import GraphQLObjectType, get_named_type
from graphql.execution.collect_fields import FieldDetails

from policies.predicates.predicate import TRUE, Predicate
from resolvers.execution.children import ConnectionStep, SelectedItems
from resolvers.execution.codegen import NotPlannable
from resolvers.execution.field_sites import Code, FieldSite, object_literal
from resolvers.execution.lookups import PageLookup
from resolvers.execution.object_builders import ObjectBuilder
from resolvers.execution.redaction_tracking import ItemsTracker, RedactionTracker
from resolvers.execution.rows import Objects, Rows
from resolvers.execution.values import complete
from resolvers.reading.field_sources import ChildConnection, RootConnection, unchanged
from resolvers.reading.filters import orders_of
from resolvers.reading.relations import facts_of_children

if TYPE_CHECKING:
    from resolvers.execution.field_planner import FieldPlanner


@dataclass(slots=True)
class _Connection:
    """A connection while its selected fields are collected."""

    builder: ObjectBuilder
    items: list[SelectedItems] = field(default_factory=list)
    reads_rows: bool = False
    counts: bool = False
    info_comes_first: bool = False

    def add_info(self) -> str:
        """Add the page's information, and return the code of its source."""
        self.reads_rows = True
        self.info_comes_first = self.info_comes_first or not self.items
        return "o.page_info"

    def add_items(self, builder: ObjectBuilder, tracker: RedactionTracker | None, *, cursors: bool = False) -> Code:
        """Add a list of the page's items, and return its code."""
        self.reads_rows = True
        self.items.append(SelectedItems(builder, cursors, tracker))
        return self.builder.add_list(f"items{len(self.items)}"), tracker and ItemsTracker(tracker)


def plan_connection(planner: FieldPlanner, site: FieldSite, batch: ChildConnection | RootConnection) -> Code:
    """Plan a connection: its pages, and what is selected of them."""
    kind = get_named_type(site.kind)
    assert isinstance(kind, GraphQLObjectType)  # noqa: S101 (both are fields of connections)
    relation, keys, narrow = (
        (batch.relation, site.keys(planner.names, batch.key), unchanged)
        if isinstance(batch, ChildConnection)
        else (None, None, batch.narrow)
    )
    arguments = {argument.name.value for argument in site.details[0].node.arguments or ()}
    orders = orders_of(batch.entity, arguments)
    required = dict.fromkeys(["id", *(column for order in orders for column in order.columns)])
    decision, facts = planner.decide(batch.entity), _facts_of_items(site, batch)
    rows = Rows(batch.entity, decision, tuple(required), below=relation is not None, facts=facts)
    parts = _Connection(ObjectBuilder(Objects(), planner.names))
    fields = {
        key: _connection_field(planner, kind, details, rows, parts)
        for key, details in planner.subfields(kind, site.details).items()
    }
    if parts.counts:
        parts.builder.add_list("total")
    code, tracker = object_literal(fields)
    parts.builder.set_code(code)
    step = ConnectionStep(
        keys=keys,
        arguments=planner.arguments(site),
        narrow=narrow,
        lookup=PageLookup(rows, relation),
        reads_rows=parts.reads_rows,
        counts=parts.counts,
        items=tuple(parts.items),
        info_comes_first=parts.info_comes_first,
        builder=parts.builder,
        failure_policy=site.failure_policy,
    )
    return site.builder.add_child(step), tracker


def _facts_of_items(site: FieldSite, batch: ChildConnection | RootConnection) -> Predicate:
    """Return what the visible parents say about the items below them."""
    if not isinstance(batch, ChildConnection) or not isinstance(site.access, Rows) or batch.key != "id":
        return TRUE
    return facts_of_children(site.access.facts, site.access.entity, batch.relation, batch.entity)


def _connection_field(
    planner: FieldPlanner, kind: GraphQLObjectType, details: Sequence[FieldDetails], rows: Rows, parts: _Connection
) -> Code:
    """Plan a field of a connection."""
    name = details[0].node.name.value
    if name == "__typename":
        return repr(kind.name), None
    definition, description = planner.describe(kind, name)
    inner: Any = get_named_type(definition.type)
    match description.name:
        case "total_count" | "total_count_precision":
            parts.counts = True
            part = "number" if description.name == "total_count" else "precision"
            return complete(planner.names, f"total.{part}", definition.type), None
        case "page_info":
            return complete(planner.names, parts.add_info(), definition.type, planner.plain(inner, details)), None
        case "nodes":
            builder, tracker = planner.object_builder(inner, planner.subfields(inner, details), rows)
            return parts.add_items(builder, tracker)
        case "edges":
            builder, tracker, cursors = _edges(planner, inner, details, rows)
            return parts.add_items(builder, tracker, cursors=cursors)
    raise NotPlannable(f"{kind.name}.{name} isn't a field of a connection")


def _edges(
    planner: FieldPlanner, kind: GraphQLObjectType, details: Sequence[FieldDetails], rows: Rows
) -> tuple[ObjectBuilder, RedactionTracker | None, bool]:
    """Return the builder of edges, the tracker of what they hide, and whether they have cursors."""
    builder, cursors = ObjectBuilder(rows, planner.names), False
    fields: dict[str, Code] = {}
    for key, field_details in planner.subfields(kind, details).items():
        name = field_details[0].node.name.value
        if name == "cursor":
            cursors = cursors or bool(builder.add_list("cursor"))
            fields[key] = ("cursor", None)
        elif name == "node":
            inner: Any = get_named_type(kind.fields[name].type)
            fields[key] = planner.object(inner, planner.subfields(inner, field_details), rows, builder)
            if tracker := fields[key][1]:
                tracker.never_null = True
        elif name == "__typename":
            fields[key] = (repr(kind.name), None)
        else:
            raise NotPlannable(f"{kind.name}.{name} isn't a field of an edge")
    code, tracker = object_literal(fields)
    builder.set_code(code)
    return builder, tracker, cursors
