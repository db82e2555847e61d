"""Fields that are connections: one statement for the pages of all parents, and one for their counts where these are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from graphql import GraphQLObjectType, get_named_type
from graphql.execution.collect_fields import FieldDetails

from resolvers.execution.children import ConnectionStep
from resolvers.execution.codegen import NotPlannable
from resolvers.execution.field_sites import Code, FieldSite, object_literal
from resolvers.execution.lookups import PageLookup
from resolvers.execution.object_builders import ObjectBuilder
from resolvers.execution.redaction_tracking import ItemsTracker, RedactionTracker
from resolvers.execution.rows import Objects, Rows
from resolvers.execution.values import complete
from resolvers.reading.field_sources import ChildConnection, RootConnection, unchanged
from resolvers.reading.filters import ORDERS

if TYPE_CHECKING:
    from resolvers.execution.field_planner import FieldPlanner


@dataclass(slots=True)
class _Connection:
    """A connection while its parts are gathered."""

    shape: ObjectBuilder
    items: list[tuple[ObjectBuilder, bool]] = field(default_factory=list)
    reads_rows: bool = False
    counts: bool = False

    def listed(self, shape: ObjectBuilder, *, cursors: bool) -> str:
        """The variable of one more list of the page's items."""
        self.items.append((shape, cursors))
        return self.shape.given(f"items{len(self.items)}")


def connection(planner: FieldPlanner, place: FieldSite, batch: ChildConnection | RootConnection) -> Code:
    """A connection: its pages, and whatever of it is selected."""
    kind = get_named_type(place.kind)
    assert isinstance(kind, GraphQLObjectType)  # noqa: S101 (of `below` and `everything`)
    relation, keys, narrow = (
        (batch.relation, place.keys(planner.names, batch.key), unchanged)
        if isinstance(batch, ChildConnection)
        else (None, None, batch.narrow)
    )
    ordered = any(argument.name.value == "orderBy" for argument in place.details[0].node.arguments or ())
    orders = ORDERS.get(batch.entity, {}).values() if ordered else ()
    forced = dict.fromkeys(["id", *(column for order in orders for column in order.columns)])
    rows = Rows(batch.entity, planner.decide(batch.entity), tuple(forced), below=relation is not None)
    parts = _Connection(ObjectBuilder(Objects(), planner.names))
    made = {key: _part(planner, kind, details, rows, parts) for key, details in planner.sub(kind, place.details).items()}
    if parts.counts:
        parts.shape.given("count")
    code, watch = object_literal(made)
    parts.shape.made_of(code)
    connected = ConnectionStep(
        keys=keys,
        arguments=planner.arguments(place),
        narrow=narrow,
        lookup=PageLookup(rows, relation),
        reads_rows=parts.reads_rows,
        counts=parts.counts,
        items=tuple(parts.items),
        shape=parts.shape,
        failing=place.failure_policy,
    )
    return place.shape.child(connected), watch


def _part(
    planner: FieldPlanner, kind: GraphQLObjectType, details: Sequence[FieldDetails], rows: Rows, parts: _Connection
) -> Code:
    """A field of a connection."""
    name = details[0].node.name.value
    if name == "__typename":
        return repr(kind.name), None
    definition, described = planner.described(kind, name)
    inner: Any = get_named_type(definition.type)
    match described.name:
        case "total_count":
            parts.counts = True
            return "count", None
        case "page_info":
            parts.reads_rows = True
            return complete(planner.names, "o.page_info", definition.type, planner.plain(inner, details)), None
        case "nodes":
            parts.reads_rows = True
            shape, watch = planner.shaped(inner, planner.sub(inner, details), rows)
            return parts.listed(shape, cursors=False), watch and ItemsTracker(watch)
        case "edges":
            parts.reads_rows = True
            shape, watch, cursors = _edges(planner, inner, details, rows)
            return parts.listed(shape, cursors=cursors), watch and ItemsTracker(watch)
    raise NotPlannable(f"{kind.name}.{name} is no part of a connection")


def _edges(
    planner: FieldPlanner, kind: GraphQLObjectType, details: Sequence[FieldDetails], rows: Rows
) -> tuple[ObjectBuilder, RedactionTracker | None, bool]:
    """The shape of edges, what is hidden in them, and whether they have cursors."""
    shape, cursors = ObjectBuilder(rows, planner.names), False
    made: dict[str, Code] = {}
    for key, key_details in planner.sub(kind, details).items():
        name = key_details[0].node.name.value
        if name == "cursor":
            cursors = cursors or bool(shape.given("cursor"))
            made[key] = ("cursor", None)
        elif name == "node":
            inner: Any = get_named_type(kind.fields[name].type)
            made[key] = planner.object(inner, planner.sub(inner, key_details), rows, shape)
            if watch := made[key][1]:
                watch.never_null = True
        elif name == "__typename":
            made[key] = (repr(kind.name), None)
        else:
            raise NotPlannable(f"{kind.name}.{name} is no part of an edge")
    code, watch = object_literal(made)
    shape.made_of(code)
    return shape, watch, cursors
