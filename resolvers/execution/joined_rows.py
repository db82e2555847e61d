"""Fields that are other rows: read beside the row that names them where policy allows it, else looked up for all rows at once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from graphql import GraphQLObjectType, get_named_type
from graphql.execution.collect_fields import FieldDetails

from policies.masks import is_local
from policies.policy import Decision
from policies.predicate import FALSE, TRUE, Predicate, implies, told
from resolvers.execution.children import Identified, Named, Target, ThroughLinks, ToMany, ToOne, of_type
from resolvers.execution.codegen import Inseparable, Unplanned
from resolvers.execution.field_sites import Childless, Code, Place, RowAccess, listed
from resolvers.execution.lookups import LinkedLookup, Lookup
from resolvers.execution.object_builders import Child, Extract, Shape
from resolvers.execution.redaction_tracking import Items, Typed, Watch
from resolvers.execution.rows import JoinedRow, Objects, Rows
from resolvers.reading.field_sources import ById, Listed, MadeWith, NamedBy, NamedIn, Related, Through
from resolvers.reading.nodes import ByAnyId, ByAnyIds
from resolvers.reading.relations import TOLD

if TYPE_CHECKING:
    from resolvers.execution.planner import Planner


def named_by(planner: Planner, place: Place, batch: NamedBy) -> Code:
    """The row that a column names: joined if that can be, else looked up."""
    kind = _kind(place, batch.entity)
    try:
        joined = _joined(planner, place.access, batch)
        code, watch = planner.object(kind, planner.sub(kind, place.details), joined, Childless(planner.names))
    except Inseparable:
        if isinstance(place.access, JoinedRow):
            raise  # whoever tries out the whole of it looks it up instead, so that nothing is tried out twice at each level
        target, watch = target_of(planner, kind, batch.by, place.details)
        return place.shape.child(ToOne(place.keys(planner.names, batch.column), target, place.required)), watch
    joined.keep()
    if joined.is_always_there:
        return code, watch
    key = joined.read(joined.by)
    return (f"need({key} and {code})" if place.required else f"({code} if {key} else None)"), watch


def _joined(planner: Planner, access: RowAccess | Objects, batch: NamedBy) -> JoinedRow:
    """The row that another names, to be read beside it: where its own columns, or those of the other, say who may read it."""
    decision = planner.decide(batch.entity)
    if isinstance(access, Objects) or decision.rows == FALSE:
        raise Inseparable("nothing to be joined to")
    rows = _still_asked(access.decision, batch.column, decision)
    if not is_local(rows):
        raise Inseparable("linked rows say who may read it")
    return access.joined_by(batch, decision, rows)


def _still_asked(known: Decision, column: str, decision: Decision) -> Predicate:
    """What has still to be true of a row that a column of a visible row names: nothing, if that one's policy tells so already."""
    tells = told(decision.rows, TOLD.get((known.entity, column, decision.entity), {}))
    return TRUE if implies(known.rows, tells) else decision.rows


def made_with(planner: Planner, place: Place, batch: MadeWith) -> Code:
    """A value that is made of a column and of columns of related rows."""
    own = place.access.read(batch.own)
    related = ", ".join(_related(planner, place, own, each) for each in batch.related)
    return planner.completed(place, f"{planner.names.bind(batch.make)}({own}, {related})")


def _related(planner: Planner, place: Place, own: str, related: Related) -> str:
    """The code of a column of a related row."""
    row = related.row
    try:
        joined = _joined(planner, place.access, row)
    except Inseparable:
        return _looked_up(planner, place, own, related)
    joined.keep()
    return joined.read(related.column)


def _looked_up(planner: Planner, place: Place, own: str, related: Related) -> str:
    """The same of a row that cannot be joined, looked up only where it is needed."""
    row = related.row
    rows = Rows(row.entity, planner.decide(row.entity))
    shape = Shape(rows, planner.names)
    shape.made_of(rows.read(related.column))
    key = f"({place.access.read(row.column)} if {own} is None else None)"
    keys = Extract(place.rows, planner.names, place.guarded(key))
    return place.shape.child(ToOne(keys, Target(Lookup(rows, row.by), shape), required=False))


def listing(planner: Planner, place: Place, batch: Listed | NamedIn | Through) -> Code:
    """A list of rows that is no connection."""
    kind = _kind(place, batch.entity)
    child: Child
    match batch:
        case Listed(_, by, order):
            target, watch = target_of(planner, kind, by, place.details, order)
            child = ToMany(place.keys(planner.names, "id"), target)
        case NamedIn(_, column, by):
            target, watch = target_of(planner, kind, by, place.details)
            child = Named(place.keys(planner.names, column), target)
        case Through(links, by, column):
            decision, known = planner.decide(kind.name), planner.decide(links)
            rows = Rows(kind.name, decision, ("id",), below=True)
            shape, watch = planner.shaped(kind, planner.sub(kind, place.details), rows)
            source = partial(rows.source, _still_asked(known, column, decision), known.rows)
            child = ThroughLinks(place.keys(planner.names, "id"), LinkedLookup(source, links, by, column), shape)
    return place.shape.child(child), listed(place.kind, watch)


def target_of(
    planner: Planner, kind: GraphQLObjectType, by: str, details: Sequence[FieldDetails], order: str | None = None
) -> tuple[Target, Watch | None]:
    """What is looked up by a column, and what is hidden in it."""
    rows = Rows(kind.name, planner.decide(kind.name))
    shape, watch = planner.shaped(kind, planner.sub(kind, details), rows)
    return Target(Lookup(rows, by, order), shape), watch


def identified(planner: Planner, place: Place, batch: ById | ByAnyId | ByAnyIds) -> Code:
    """Things by their global ids. Each type is planned when an id first names one of it."""
    known: dict[str, tuple[Target, Watch | None]] = {}

    def target(entity: str) -> tuple[Target, Watch | None]:
        if entity not in known:
            kind = planner.executor.schema.get_type(entity)
            if not isinstance(kind, GraphQLObjectType):
                raise Unplanned(f"{entity} is no type of the schema")
            known[entity] = target_of(planner, kind, "id", place.details)
        return known[entity]

    named = of_type(batch.entity) if isinstance(batch, ById) else batch.named
    many = isinstance(batch, ByAnyIds)
    watch: Watch = Items(Typed()) if many else Typed()
    return place.shape.child(Identified(named, planner.arguments(place), target, many, place.failing)), watch


def _kind(place: Place, entity: str) -> GraphQLObjectType:
    kind = get_named_type(place.kind)
    if not isinstance(kind, GraphQLObjectType) or kind.name != entity:
        raise Unplanned(f"{kind} is not the type of its rows")
    return kind
