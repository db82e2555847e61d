"""Fields that are other rows: joined to the row that references them if policy allows it, else looked up for all rows at once."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

from graphql import GraphQLObjectType, get_named_type
from graphql.execution.collect_fields import FieldDetails

from policies.evaluation.policy import Decision
from policies.predicates.masks import is_local
from policies.predicates.predicate import FALSE, TRUE, Predicate, implies, substitute_copies
from resolvers.execution.children import ManyToManyStep, NodeStep, Target, ToManyByArrayStep, ToManyStep, ToOneStep, parse_id_of
from resolvers.execution.codegen import NotJoinable, NotPlannable
from resolvers.execution.field_sites import Code, FieldSite, NoChildren, RowAccess, track_list
from resolvers.execution.lookups import LinkedLookup, RowLookup
from resolvers.execution.object_builders import ChildStep, ColumnReader, ObjectBuilder
from resolvers.execution.redaction_tracking import ItemsTracker, RedactionTracker, TypedTracker
from resolvers.execution.rows import JoinedRow, Objects, Rows
from resolvers.reading.field_sources import ById, ComputedWithFallback, ManyToMany, RelatedColumn, ToMany, ToManyByArray, ToOne
from resolvers.reading.nodes import ByAnyId, ByAnyIds
from resolvers.reading.relations import COPIED_COLUMNS, facts_of_referenced

if TYPE_CHECKING:
    from resolvers.execution.field_planner import FieldPlanner


def plan_to_one(planner: FieldPlanner, site: FieldSite, batch: ToOne) -> Code:
    """Plan the row that a column references: joined if possible, else looked up."""
    kind = _object_type(site, batch.entity)
    try:
        joined = _join_row(planner, site.access, batch)
        builder = NoChildren(planner.names)
        code, tracker = planner.object(kind, planner.subfields(kind, site.details), joined, builder)
    except NotJoinable:
        if isinstance(site.access, JoinedRow):
            raise  # the outermost attempt looks up the whole row instead, so that no level is tried twice
        target, tracker = target_of(planner, kind, batch.by, site.details, facts=_facts_of_referenced(site.access, batch))
        return site.builder.add_child(ToOneStep(site.keys(planner.names, batch.column), target, site.is_required)), tracker
    joined.keep()
    site.builder.take_ids(builder)
    if joined.is_always_there:
        return code, tracker
    key = joined.read(joined.by)
    return (f"need({key} and {code})" if site.is_required else f"({code} if {key} else None)"), tracker


def _join_row(planner: FieldPlanner, access: RowAccess | Objects, batch: ToOne) -> JoinedRow:
    """Join a referenced row, if its own columns or those of the referencing row decide who can read it. Raises NotJoinable."""
    decision = planner.decide(batch.entity)
    if isinstance(access, Objects) or decision.rows == FALSE:
        raise NotJoinable("no row to join to, or none that can be read")
    rows = _remaining_condition(access.decision, batch.column, decision)
    if not is_local(rows):
        raise NotJoinable("linked rows decide who can read it")
    return access.join(batch, decision, rows)


def _remaining_condition(parent: Decision, column: str, decision: Decision) -> Predicate:
    """Return the condition that a row still has to match if a visible row references it: none if that row's policy implies it."""
    condition = substitute_copies(decision.rows, COPIED_COLUMNS.get((parent.entity, column, decision.entity), {}))
    return TRUE if implies(parent.rows, condition) else decision.rows


def _facts_of_referenced(access: RowAccess | Objects, batch: ToOne) -> Predicate:
    """Return what the visible rows of `access` say about the rows that they reference."""
    if not isinstance(access, Rows) or batch.by != "id":
        return TRUE
    return facts_of_referenced(access.facts, access.entity, batch.column, batch.entity)


def plan_computed_with_fallback(planner: FieldPlanner, site: FieldSite, batch: ComputedWithFallback) -> Code:
    """Plan a value that is computed from a column and from columns of related rows."""
    own = site.access.read(batch.own)
    related = ", ".join(_related_column(planner, site, own, each) for each in batch.related)
    return planner.complete_value(site, f"{planner.names.bind(batch.make)}({own}, {related})")


def _related_column(planner: FieldPlanner, site: FieldSite, own: str, related: RelatedColumn) -> str:
    """Return the code of a column of a related row."""
    row = related.row
    try:
        joined = _join_row(planner, site.access, row)
    except NotJoinable:
        return _look_up_column(planner, site, own, related)
    joined.keep()
    return joined.read(related.column)


def _look_up_column(planner: FieldPlanner, site: FieldSite, own: str, related: RelatedColumn) -> str:
    """Return the code of a column of a related row that can't be joined. It is looked up only where it is needed."""
    row = related.row
    rows = Rows(row.entity, planner.decide(row.entity))
    builder = ObjectBuilder(rows, planner.names)
    builder.set_code(rows.read(related.column))
    key = f"({site.access.read(row.column)} if {own} is None else None)"
    keys = ColumnReader(site.rows, planner.names, site.guarded(key))
    return site.builder.add_child(ToOneStep(keys, Target(RowLookup(rows, row.by), builder), required=False))


def plan_to_many(planner: FieldPlanner, site: FieldSite, batch: ToMany | ToManyByArray | ManyToMany) -> Code:
    """Plan a list of rows that isn't a connection."""
    kind = _object_type(site, batch.entity)
    child: ChildStep
    match batch:
        case ToMany(_, by, order, key):
            target, tracker = target_of(planner, kind, by, site.details, order)
            child = ToManyStep(site.keys(planner.names, key), target)
        case ToManyByArray(_, column, by):
            target, tracker = target_of(planner, kind, by, site.details)
            child = ToManyByArrayStep(site.keys(planner.names, column), target)
        case ManyToMany(links, by, column):
            decision, link_decision = planner.decide(kind.name), planner.decide(links)
            rows = Rows(kind.name, decision, ("id",), below=True)
            builder, tracker = planner.object_builder(kind, planner.subfields(kind, site.details), rows)
            source = partial(rows.source, _remaining_condition(link_decision, column, decision), link_decision.rows)
            child = ManyToManyStep(site.keys(planner.names, "id"), LinkedLookup(source, links, by, column), builder)
    return site.builder.add_child(child), track_list(site.kind, tracker)


def target_of(
    planner: FieldPlanner,
    kind: GraphQLObjectType,
    by: str,
    details: Sequence[FieldDetails],
    order: str | None = None,
    facts: Predicate = TRUE,
) -> tuple[Target, RedactionTracker | None]:
    """Return the target of a lookup by a column, and the tracker of what it hides. `facts` are true of the rows that it looks up."""
    rows = Rows(kind.name, planner.decide(kind.name), facts=facts)
    builder, tracker = planner.object_builder(kind, planner.subfields(kind, details), rows)
    return Target(RowLookup(rows, by, order), builder), tracker


def plan_by_id(planner: FieldPlanner, site: FieldSite, batch: ById | ByAnyId | ByAnyIds) -> Code:
    """Plan objects by their global ids. A type is planned when an id of it first occurs."""
    targets: dict[str, tuple[Target, RedactionTracker | None]] = {}

    def target(entity: str) -> tuple[Target, RedactionTracker | None]:
        if entity not in targets:
            kind = planner.executor.schema.get_type(entity)
            if not isinstance(kind, GraphQLObjectType):
                raise NotPlannable(f"{entity} isn't an object type of the schema")
            targets[entity] = target_of(planner, kind, "id", site.details)
        return targets[entity]

    parse_ids = parse_id_of(batch.entity) if isinstance(batch, ById) else batch.parse_ids
    many = isinstance(batch, ByAnyIds)
    tracker: RedactionTracker = ItemsTracker(TypedTracker()) if many else TypedTracker()
    return site.builder.add_child(NodeStep(parse_ids, planner.arguments(site), target, many, site.failure_policy)), tracker


def _object_type(site: FieldSite, entity: str) -> GraphQLObjectType:
    kind = get_named_type(site.kind)
    if not isinstance(kind, GraphQLObjectType) or kind.name != entity:
        raise NotPlannable(f"{kind} isn't the type of its rows")
    return kind
