"""Plans: made once for an operation and the viewers for whom policy decides the same, kept within bounds, and run."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

import structlog
from cachetools import LRUCache
from graphql import (
    DocumentNode,
    Executor,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    get_operation_ast,
)

from resolvers.auditing.audit_trail import AuditTrail
from resolvers.execution.codegen import NotPlannable
from resolvers.execution.conditions import conditions
from resolvers.execution.failures import errors_of
from resolvers.execution.field_sites import Describe
from resolvers.execution.object_builders import ObjectBuilder, PlanRun, run_together
from resolvers.execution.planner import PlannedField, Planner
from resolvers.execution.redaction_tracking import FieldsTracker, RedactionTracker
from resolvers.execution.roots import Roots
from resolvers.execution.variables import Definitions, Variables
from resolvers.execution.worker_thread import SHORT_DOCUMENT, run_in_worker
from resolvers.reading.allowed_actions import allowed_actions
from resolvers.reading.batching import ROOT
from resolvers.values.errors import PublicError

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from policies.policy import Policy
    from resolvers.context import Context

PLANNED: Final = "planned"
PLAN_CACHE_SIZE: Final = (
    1_000_000  # characters of the documents that plans are kept of: a plan is some fifty times its document
)
AT_ONCE: Final = 8  # root fields of one request that run at the same time
SHARE: Final = 10  # a document of more than this part of all would push out too many others
BESIDE: Final = 500  # what a plan of the shortest document counts: so there are 2,000 at most

log = structlog.stdlib.get_logger("crossgate.execution")


@dataclass(frozen=True, slots=True)
class SelectedOperation:
    """An operation of a document, and the variables that decide which of its fields are selected."""

    characters: int
    document: DocumentNode
    node: OperationDefinitionNode
    conditions: tuple[str, ...]
    variables: Definitions


@dataclass(frozen=True, slots=True)
class Answer:
    """What a plan answers. `left` are the keys that graphql-core has to answer, and why.

    `unsure` are the keys of errors whose order among others only graphql-core knows.
    """

    data: dict[str, Any] | None
    errors: list[GraphQLError]
    left: Mapping[str, str]
    unsure: Collection[str]
    roots: Roots


@dataclass(frozen=True, slots=True)
class Plan:
    """How an operation is answered, root field by root field: what one cannot be answered for does not concern the others."""

    characters: int
    roots: Roots
    planned: Mapping[str, PlannedField | NotPlannable | GraphQLError]
    watch: RedactionTracker | None

    async def run(self, context: Context, variables: Variables) -> Answer:
        """The answer; what is hidden in it is noted in the context."""
        run = PlanRun(context, variables)
        waiting = [key for key, each in self.planned.items() if isinstance(each, PlannedField) and each.shape.waits]
        one = len(waiting) == 1  # which spares what it costs to look after several
        waited = {key: await self._value(key, run) for key in waiting} if one else dict(await self._values(waiting, run))
        data = {key: waited[key] if key in waited else self._at_once(key, run) for key in self.planned}
        left = {key: _reason(value.error) for key, value in data.items() if value.__class__ is _Stopped}
        if not left and not run.failures:
            context.redactions.settle(run.look.over(self.watch, data))
            return Answer(data, [], left, (), self.roots)
        return self._failed(context, run, data, left)

    def _failed(self, context: Context, run: PlanRun, values: dict[str, Any], left: Mapping[str, str]) -> Answer:
        """The answer where root fields were stopped, or fields below them failed."""
        data: dict[str, Any] = {key: None if key in left else value for key, value in values.items()}
        errors = errors_of(data, run.failures) if run.failures else []
        entries = run.look.over(self.watch, data)
        for key in left:
            del data[key]
        failed = {str((error.path or [""])[0]) for error in errors}
        unsure = failed if len(run.failing) > 1 or any(isinstance(self.planned[key], PlannedField) for key in left) else ()
        is_null = any(data[key] is None and self._is_required(key) for key in failed)
        context.redactions.settle([] if is_null else entries)
        return Answer(None if is_null else data, errors, left, unsure, self.roots)

    def _is_required(self, key: str) -> bool:
        planned = self.planned[key]
        return isinstance(planned, PlannedField) and planned.is_required

    async def _values(self, keys: Sequence[str], run: PlanRun) -> Sequence[tuple[str, Any]]:
        """The values of root fields that wait, AT_ONCE of them at a time, so that other requests run between them."""
        if len(keys) <= AT_ONCE:
            return list(zip(keys, await run_together([self._value(key, run) for key in keys]), strict=True))
        left, found = iter(keys), dict[str, Any]()

        async def work() -> None:
            for key in left:
                found[key] = await self._value(key, run)
                await asyncio.sleep(0)

        await run_together([work() for _ in range(AT_ONCE)])
        return list(found.items())

    async def _value(self, key: str, run: PlanRun) -> Any:
        """The value of a root field, or what stopped it."""
        try:
            return (await self._shape(key).objects([ROOT], run))[0]
        except Exception as error:
            return _Stopped(error)

    def _at_once(self, key: str, run: PlanRun) -> Any:
        """The same of one that waits for nothing."""
        try:
            return self._shape(key).make([ROOT], run)[0]
        except Exception as error:
            return _Stopped(error)

    def _shape(self, key: str) -> ObjectBuilder:
        """The shape of a root field. Raises what leaves it to graphql-core."""
        planned = self.planned[key]
        if isinstance(planned, PlannedField):
            return planned.shape
        raise planned


class _Stopped:
    """What keeps a root field from being answered by the plan."""

    __slots__ = ("error",)

    def __init__(self, error: Exception) -> None:
        self.error = error


def _reason(error: Exception) -> str:
    """Why graphql-core has to answer, in a few words without values."""
    if isinstance(error, NotPlannable):
        return str(error)
    if isinstance(error, GraphQLError):
        return error.code if isinstance(error, PublicError) else "an error"
    log.error("plan.failed", exc_info=error)
    return "the plan failed"


@dataclass(frozen=True, slots=True)
class NoPlan:
    """An operation that graphql-core has to answer, and why."""

    characters: int
    reason: str

    async def run(self, _context: Context, _variables: Variables) -> Answer:
        """Raise Unplanned."""
        raise NotPlannable(self.reason)


class Plans:
    """The plans of one schema under one policy, the most recently used ones kept."""

    def __init__(self, schema: GraphQLSchema, describe: Describe, kept: int = PLAN_CACHE_SIZE) -> None:
        """`kept` bounds the plans, in characters of the documents that they are made of."""
        self._schema = schema
        self._describe = describe
        self._operations: LRUCache[Any, SelectedOperation] = LRUCache(kept, attrgetter("characters"))
        self._plans: LRUCache[Any, Plan | NoPlan] = LRUCache(kept, attrgetter("characters"))
        self._policy: Policy | None = None  # by which all of them are

    async def answer(
        self, text: str, document: DocumentNode, name: str | None, raw: Mapping[str, Any], context: Context
    ) -> Answer | None:
        """The answer, None where graphql-core has to give all of it. `context.execution` says what did, and why."""
        try:
            answer = await self._planned(text, document, name, raw, context)
        except Exception as error:
            context.execution = f"graphql-core; {_reason(error)}"
            context.audit_trail = AuditTrail()  # what the plan has noted, whoever answers now notes again
            return None
        context.execution = _execution(answer.left, answer.roots)
        return answer

    async def _planned(
        self, text: str, document: DocumentNode, name: str | None, raw: Mapping[str, Any], context: Context
    ) -> Answer:
        operation = self._operation(text, document, name)
        variables = operation.variables.read(raw)
        decided = tuple(variables.coerced.get(condition) for condition in operation.conditions)
        if context.policy is not self._policy:  # loaded anew
            self._plans.clear()
            self._policy = context.policy
        key = (text, name, context.viewer.shape, decided)
        plan = self._plans.get(key)
        if plan is None:
            made = partial(self._made, operation, name, dict(raw), context)
            plan = made() if len(text) < SHORT_DOCUMENT else await run_in_worker(made)
            _keep(self._plans, key, plan)
        return await plan.run(context, variables)

    def _operation(self, text: str, document: DocumentNode, name: str | None) -> SelectedOperation:
        known = self._operations.get((text, name))
        if known is None:
            node = get_operation_ast(document, name)
            assert node is not None  # noqa: S101 (Strawberry has chosen it before)
            definitions = Definitions(self._schema, node.variable_definitions or ())
            known = SelectedOperation(BESIDE + len(text), document, node, conditions(document), definitions)
            _keep(self._operations, (text, name), known)
        return known

    def _made(self, operation: SelectedOperation, name: str | None, raw: dict[str, Any], context: Context) -> Plan | NoPlan:
        if operation.node.operation is not OperationType.QUERY:
            return NoPlan(operation.characters, "no query")
        executor = Executor.build(self._schema, operation.document, raw_variable_values=raw, operation_name=name)
        assert not isinstance(executor, list)  # noqa: S101 (the variables have been read before)
        policy, shape = context.policy, context.viewer.shape
        decide, withheld = partial(policy.decide, shape), partial(policy.denial_reason, shape)
        rights = partial(allowed_actions, policy, shape)
        try:
            planner = Planner(operation.document, executor, self._describe, decide, withheld, rights)
            roots, planned = planner.plan()
        except NotPlannable as reason:
            return NoPlan(operation.characters, str(reason))
        watches = {key: each.watch for key, each in planned.items() if isinstance(each, PlannedField) and each.watch}
        return Plan(operation.characters, roots, planned, FieldsTracker(watches) if watches else None)


def _execution(left: Mapping[str, str], roots: Roots) -> str:
    """What ran an operation."""
    if not left:
        return PLANNED
    why = next(iter(left.values()))
    if len(left) == len(roots.fields):
        return f"graphql-core; {why}"
    return f"{PLANNED}, but {len(left)} of {len(roots.fields)} root fields by graphql-core; {why}"


def _keep(cache: LRUCache[Any, Any], key: Any, value: SelectedOperation | Plan | NoPlan) -> None:
    if value.characters <= cache.maxsize / SHARE:
        cache[key] = value
