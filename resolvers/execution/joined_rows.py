"""Fields that are other rows: read beside the row that names them where policy allows it, else looked up for all rows at once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from graphql import GraphQLObjectType, get_named_type
from graphql.execution.collect_fields import FieldDetails

from policies.masks import is_local
from policies.policy import Decision
from policies.predicate import FALSE, TRUE, Predicate, implies, substitute_copies
from resolvers.execution.children import ManyToManyStep, NodeStep, Target, ToManyByArrayStep, ToManyStep, ToOneStep, of_type
from resolvers.execution.codegen import NotJoinable, NotPlannable
from resolvers.execution.field_sites import Code, FieldSite, NoChildren, RowAccess, track_list
from resolvers.execution.lookups import LinkedLookup, RowLookup
from resolvers.execution.object_builders import ChildStep, ColumnReader, ObjectBuilder
from resolvers.execution.redaction_tracking import ItemsTracker, RedactionTracker, TypedTracker
from resolvers.execution.rows import JoinedRow, Objects, Rows
from resolvers.reading.field_sources import ById, ComputedWithFallback, ManyToMany, RelatedColumn, ToMany, ToManyByArray, ToOne
from resolvers.reading.nodes import ByAnyId, ByAnyIds
from resolvers.reading.relations import COPIED_COLUMNS

if TYPE_CHECKING:
    from resolvers.execution.field_planner import FieldPlanner


def named_by(planner: FieldPlanner, place: FieldSite, batch: ToOne) -> Code:
    """The row that a column names: joined if that can be, else looked up."""
    kind = _kind(place, batch.entity)
    try:
        joined = _joined(planner, place.access, batch)
        code, watch = planner.object(kind, planner.sub(kind, place.details), joined, NoChildren(planner.names))
    except NotJoinable:
        if isinstance(place.access, JoinedRow):
            raise  # whoever tries out the whole of it looks it up instead, so that nothing is tried out twice at each level
        target, watch = target_of(planner, kind, batch.by, place.details)
        return place.shape.child(ToOneStep(place.keys(planner.names, batch.column), target, place.is_required)), watch
    joined.keep()
    if joined.is_always_there:
        return code, watch
    key = joined.read(joined.by)
    return (f"need({key} and {code})" if place.is_required else f"({code} if {key} else None)"), watch


def _joined(planner: FieldPlanner, access: RowAccess | Objects, batch: ToOne) -> JoinedRow:
    """The row that another names, to be read beside it: where its own columns, or those of the other, say who may read it."""
    decision = planner.decide(batch.entity)
    if isinstance(access, Objects) or decision.rows == FALSE:
        raise NotJoinable("nothing to be joined to")
    rows = _still_asked(access.decision, batch.column, decision)
    if not is_local(rows):
        raise NotJoinable("linked rows say who may read it")
    return access.joined_by(batch, decision, rows)


def _still_asked(known: Decision, column: str, decision: Decision) -> Predicate:
    """What has still to be true of a row that a column of a visible row names: nothing, if that one's policy tells so already."""
    tells = substitute_copies(decision.rows, COPIED_COLUMNS.get((known.entity, column, decision.entity), {}))
    return TRUE if implies(known.rows, tells) else decision.rows


def made_with(planner: FieldPlanner, place: FieldSite, batch: ComputedWithFallback) -> Code:
    """A value that is made of a column and of columns of related rows."""
    own = place.access.read(batch.own)
    related = ", ".join(_related(planner, place, own, each) for each in batch.related)
    return planner.completed(place, f"{planner.names.bind(batch.make)}({own}, {related})")


def _related(planner: FieldPlanner, place: FieldSite, own: str, related: RelatedColumn) -> str:
    """The code of a column of a related row."""
    row = related.row
    try:
        joined = _joined(planner, place.access, row)
    except NotJoinable:
        return _looked_up(planner, place, own, related)
    joined.keep()
    return joined.read(related.column)


def _looked_up(planner: FieldPlanner, place: FieldSite, own: str, related: RelatedColumn) -> str:
    """The same of a row that cannot be joined, looked up only where it is needed."""
    row = related.row
    rows = Rows(row.entity, planner.decide(row.entity))
    shape = ObjectBuilder(rows, planner.names)
    shape.made_of(rows.read(related.column))
    key = f"({place.access.read(row.column)} if {own} is None else None)"
    keys = ColumnReader(place.rows, planner.names, place.guarded(key))
    return place.shape.child(ToOneStep(keys, Target(RowLookup(rows, row.by), shape), required=False))


def listing(planner: FieldPlanner, place: FieldSite, batch: ToMany | ToManyByArray | ManyToMany) -> Code:
    """A list of rows that is no connection."""
    kind = _kind(place, batch.entity)
    child: ChildStep
    match batch:
        case ToMany(_, by, order):
            target, watch = target_of(planner, kind, by, place.details, order)
            child = ToManyStep(place.keys(planner.names, "id"), target)
        case ToManyByArray(_, column, by):
            target, watch = target_of(planner, kind, by, place.details)
            child = ToManyByArrayStep(place.keys(planner.names, column), target)
        case ManyToMany(links, by, column):
            decision, known = planner.decide(kind.name), planner.decide(links)
            rows = Rows(kind.name, decision, ("id",), below=True)
            shape, watch = planner.shaped(kind, planner.sub(kind, place.details), rows)
            source = partial(rows.source, _still_asked(known, column, decision), known.rows)
            child = ManyToManyStep(place.keys(planner.names, "id"), LinkedLookup(source, links, by, column), shape)
    return place.shape.child(child), track_list(place.kind, watch)


def target_of(
    planner: FieldPlanner, kind: GraphQLObjectType, by: str, details: Sequence[FieldDetails], order: str | None = None
) -> tuple[Target, RedactionTracker | None]:
    """What is looked up by a column, and what is hidden in it."""
    rows = Rows(kind.name, planner.decide(kind.name))
    shape, watch = planner.shaped(kind, planner.sub(kind, details), rows)
    return Target(RowLookup(rows, by, order), shape), watch


def identified(planner: FieldPlanner, place: FieldSite, batch: ById | ByAnyId | ByAnyIds) -> Code:
    """Things by their global ids. Each type is planned when an id first names one of it."""
    known: dict[str, tuple[Target, RedactionTracker | None]] = {}

    def target(entity: str) -> tuple[Target, RedactionTracker | None]:
        if entity not in known:
            kind = planner.executor.schema.get_type(entity)
            if not isinstance(kind, GraphQLObjectType):
                raise NotPlannable(f"{entity} is no type of the schema")
            known[entity] = target_of(planner, kind, "id", place.details)
        return known[entity]

    named = of_type(batch.entity) if isinstance(batch, ById) else batch.named
    many = isinstance(batch, ByAnyIds)
    watch: RedactionTracker = ItemsTracker(TypedTracker()) if many else TypedTracker()
    return place.shape.child(NodeStep(named, planner.arguments(place), target, many, place.failure_policy)), watch


def _kind(place: FieldSite, entity: str) -> GraphQLObjectType:
    kind = get_named_type(place.kind)
    if not isinstance(kind, GraphQLObjectType) or kind.name != entity:
        raise NotPlannable(f"{kind} is not the type of its rows")
    return kind
