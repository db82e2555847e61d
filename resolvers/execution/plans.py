"""Plans: built once for an operation and the viewers with the same policy decisions, cached within bounds, and run."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

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

from models.caches import find
from models.remembered_facts import StaleFacts
from resolvers.auditing.audit_trail import AuditTrail
from resolvers.execution.codegen import NotPlannable, Unplanned
from resolvers.execution.conditions import conditions
from resolvers.execution.failures import errors_of
from resolvers.execution.field_sites import Describe
from resolvers.execution.object_builders import ObjectBuilder, PlanRun, run_together
from resolvers.execution.planner import PlannedField, Planner
from resolvers.execution.redaction_tracking import FieldsTracker, RedactionTracker
from resolvers.execution.roots import Roots
from resolvers.execution.streamed_pages import PageStream, StreamedPage
from resolvers.execution.variables import Definitions, Variables
from resolvers.execution.worker_thread import SHORT_DOCUMENT, run_in_worker
from resolvers.reading.allowed_actions import allowed_actions
from resolvers.reading.batching import ROOT
from resolvers.reading.hidden_fields import unnamed
from resolvers.values.errors import PublicError
from telemetry import metrics

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from policies.evaluation.policy import Policy
    from resolvers.context import Context

Answered = TypeVar("Answered")
PLANNED: Final = "planned"
PLAN_CACHE_SIZE: Final = 1_000_000  # in characters of documents; a plan takes about 50 times the memory of its document
MAX_CONCURRENT_FIELDS: Final = 8  # root fields of one request that run at the same time
CACHE_SHARE_DIVISOR: Final = 10  # documents larger than a tenth of the cache aren't cached: they would evict too many others
PLAN_OVERHEAD: Final = 500  # characters that each plan counts in addition, which limits the cache to 2,000 plans

log = structlog.stdlib.get_logger("crossgate.execution")


class ExecutedBy(StrEnum):
    """What executed an operation, as metrics count it."""

    PLAN = "plan"
    BOTH = "both"  # a plan, and graphql-core for some root fields
    GRAPHQL_CORE = "graphql-core"


EXECUTIONS: Final = metrics.EXECUTIONS.every(ExecutedBy)
BY_PLAN: Final = EXECUTIONS[ExecutedBy.PLAN]
UNPLANNED: Final = metrics.UNPLANNED.every(Unplanned)
HITS: Final = metrics.PLAN_LOOKUPS.child("hit")
MISSES: Final = metrics.PLAN_LOOKUPS.child("miss")


class Why(NamedTuple):
    """Why graphql-core has to answer: in a few words without values, and as metrics count it."""

    text: str
    kind: Unplanned


@dataclass(frozen=True, slots=True)
class SelectedOperation:
    """An operation of a document, and the variables that decide which of its fields are selected."""

    characters: int
    document: DocumentNode
    node: OperationDefinitionNode
    conditions: tuple[str, ...]
    variables: Definitions


class Answer(NamedTuple):
    """The answer of a plan. `unplanned` maps the keys that graphql-core has to answer to the reasons.

    `unordered` has the keys of errors whose order among other errors only graphql-core knows.
    """

    data: dict[str, Any] | None
    errors: list[GraphQLError]
    unplanned: Mapping[str, Why]
    unordered: Collection[str]
    roots: Roots


@dataclass(frozen=True, slots=True)
class Plan:
    """How to answer an operation, one root field at a time. A root field that can't be answered doesn't affect the others."""

    characters: int
    roots: Roots
    planned: Mapping[str, PlannedField | NotPlannable | GraphQLError]
    tracker: RedactionTracker | None
    with_children: Sequence[str]  # the root fields that await something
    is_whole: bool  # every root field has a plan
    stream: PageStream | None  # how to send its page in pieces, if that is possible

    async def run(self, context: Context, variables: Variables) -> Answer:
        """Return the answer, and record its redactions in the context."""
        run = PlanRun(context, variables)
        awaited = dict(await self._values(self.with_children, run))
        data = {key: awaited[key] if key in awaited else self._value_without_children(key, run) for key in self.planned}
        unplanned = {key: _why(value.error) for key, value in data.items() if value.__class__ is _Failed}
        if not unplanned and not run.failures:
            context.redactions.settle(run.redaction_pass.collect(self.tracker, data))
            return Answer(data, [], unplanned, (), self.roots)
        return self._failed(context, run, data, unplanned)

    def _failed(self, context: Context, run: PlanRun, values: dict[str, Any], unplanned: Mapping[str, Why]) -> Answer:
        """Return the answer of an operation in which root fields, or fields below them, failed."""
        data: dict[str, Any] = {key: None if key in unplanned else value for key, value in values.items()}
        errors = errors_of(data, run.failures) if run.failures else []
        entries = run.redaction_pass.collect(self.tracker, data)
        for key in unplanned:
            del data[key]
        failed = {str((error.path or [""])[0]) for error in errors}
        unordered = (
            failed if len(run.failing) > 1 or any(isinstance(self.planned[key], PlannedField) for key in unplanned) else ()
        )
        is_null = any(data[key] is None and self._is_required(key) for key in failed)
        context.redactions.settle([] if is_null else entries)
        return Answer(None if is_null else data, errors, unplanned, unordered, self.roots)

    def _is_required(self, key: str) -> bool:
        planned = self.planned[key]
        return isinstance(planned, PlannedField) and planned.is_required

    async def _values(self, keys: Sequence[str], run: PlanRun) -> Sequence[tuple[str, Any]]:
        """Return the values of root fields with children. A limited number run at a time, so that other requests run in between."""
        if len(keys) <= MAX_CONCURRENT_FIELDS:
            return list(zip(keys, await run_together([self._value(key, run) for key in keys]), strict=True))
        remaining, values = iter(keys), dict[str, Any]()

        async def work() -> None:
            for key in remaining:
                values[key] = await self._value(key, run)
                await asyncio.sleep(0)

        await run_together([work() for _ in range(MAX_CONCURRENT_FIELDS)])
        return list(values.items())

    async def _value(self, key: str, run: PlanRun) -> Any:
        """Return the value of a root field, or its failure. Raises StaleFacts."""
        try:
            return (await self._builder(key).objects([ROOT], run))[0]
        except StaleFacts:
            raise
        except Exception as error:
            return _Failed(error)

    def _value_without_children(self, key: str, run: PlanRun) -> Any:
        """Return the value or the failure of a root field that awaits nothing."""
        try:
            return self._builder(key).build([ROOT], run)[0]
        except Exception as error:
            return _Failed(error)

    def _builder(self, key: str) -> ObjectBuilder:
        """Return the builder of a root field. Raises the reason why graphql-core has to answer it."""
        planned = self.planned[key]
        if isinstance(planned, PlannedField):
            return planned.builder
        raise planned


class _Failed:
    """The reason why the plan can't answer a root field."""

    __slots__ = ("error",)

    def __init__(self, error: Exception) -> None:
        self.error = error


def _why(error: Exception) -> Why:
    """Return why graphql-core has to answer."""
    if isinstance(error, NotPlannable):
        return Why(str(error), error.why)
    if isinstance(error, GraphQLError):
        return Why(error.code if isinstance(error, PublicError) else "an error", Unplanned.PUBLIC_ERROR)
    log.error("plan.failed", exc_info=error)
    return Why("the plan failed", Unplanned.FAILED)


@dataclass(frozen=True, slots=True)
class NoPlan:
    """An operation that graphql-core has to answer, and the reason."""

    characters: int
    reason: NotPlannable

    async def run(self, _context: Context, _variables: Variables) -> Answer:
        """Raise NotPlannable."""
        raise NotPlannable(str(self.reason), self.reason.why)


class Cache:
    """Operations and their plans, bounded in characters of their documents. The least recently used are evicted."""

    def __init__(self, max_characters: int) -> None:
        self.operations: LRUCache[Any, SelectedOperation] = LRUCache(max_characters, attrgetter("characters"))
        self.plans: LRUCache[Any, Plan | NoPlan] = LRUCache(max_characters, attrgetter("characters"))


class PlanRunner:
    """Builds, caches and runs the plans of one schema under one policy."""

    def __init__(
        self,
        schema: GraphQLSchema,
        describe: Describe,
        max_characters: int = PLAN_CACHE_SIZE,
        is_trusted: Callable[[str], bool] = lambda _text: False,
    ) -> None:
        """`max_characters` bounds each of two caches: that of trusted documents, and that of all others, which can't evict them."""
        self._schema = schema
        self._describe = describe
        self._is_trusted = is_trusted
        self._caches = {trusted: Cache(max_characters) for trusted in (True, False)}
        self._policy: Policy | None = None  # the policy of all cached plans

    async def answer(
        self, text: str, document: DocumentNode, name: str | None, raw: Mapping[str, Any], context: Context
    ) -> Answer | None:
        """Return the answer, or None if graphql-core has to answer everything. Sets `context.execution` to what answered, and why."""
        try:
            answer = await self._run(text, document, name, raw, context)
        except Exception as error:
            why = _why(error)
            EXECUTIONS[ExecutedBy.GRAPHQL_CORE].value += 1
            UNPLANNED[why.kind].value += 1
            context.execution = f"graphql-core; {why.text}"
            context.audit_trail = AuditTrail()  # graphql-core records again what the plan has recorded
            return None
        context.execution = _execution(answer.unplanned, answer.roots)
        _count(answer)
        return answer

    async def answer_at_once(self, text: str, name: str | None, raw: Mapping[str, Any], context: Context) -> Answer | None:
        """Return the answer of a cached plan that needs nothing of graphql-core. None if there is none: then use `answer`.

        A plan is built only after its document has been validated, so a cached one shows that the document is valid.
        """
        cached = self._cached(text, name, raw, context)
        if cached is None or not cached[0].is_whole:
            return None
        plan, variables = cached
        try:
            answer = await plan.run(context, variables)
        except Exception:  # stale facts; or reported by `answer`, which runs the operation again
            answer = None
        return _by_plan(context, None if answer is None or answer.unplanned or answer.unordered else answer)

    async def stream(self, text: str, name: str | None, raw: Mapping[str, Any], context: Context) -> StreamedPage | None:
        """Return the page that a cached plan sends in pieces, if it's large enough. None otherwise: then use `answer_at_once`."""
        cached = self._cached(text, name, raw, context)
        if cached is None or (stream := cached[0].stream) is None:
            return None
        try:
            page = await stream.open(context, cached[1])
        except Exception:  # nothing has been sent yet, so `answer_at_once` can run the operation again
            page = None
        return _by_plan(context, page)

    def _cached(self, text: str, name: str | None, raw: Mapping[str, Any], context: Context) -> tuple[Plan, Variables] | None:
        """Return the cached plan of an operation and its variables, or None if there is none."""
        cache = self._caches[self._is_trusted(text)]
        operation = find(cache.operations, (text, name))
        if operation is None:
            return None
        self._use(context.policy)
        try:
            variables = operation.variables.read(raw)
        except NotPlannable:  # `answer` reports it
            return None
        plan = find(cache.plans, _key(text, name, operation, variables, context))
        return (plan, variables) if isinstance(plan, Plan) else None

    async def plan_ahead(self, text: str, document: DocumentNode, name: str | None, context: Context) -> None:
        """Build the plan for viewers of the context's shape before one of them sends the document.

        The values of variables aren't known yet, so operations that they select fields of are left to the first request.
        """
        cache = self._caches[self._is_trusted(text)]
        operation = self._operation(cache, text, document, name)
        if operation.conditions:
            return
        self._use(context.policy)
        try:
            await self._plan(cache, (text, name, context.viewer.shape, ()), operation, None, context, in_worker=True)
        except Exception as error:
            log.warning("plan.failed_ahead", operation=name, reason=_why(error).text)

    async def _run(
        self, text: str, document: DocumentNode, name: str | None, raw: Mapping[str, Any], context: Context
    ) -> Answer:
        cache = self._caches[self._is_trusted(text)]
        operation = self._operation(cache, text, document, name)
        variables = operation.variables.read(raw)
        self._use(context.policy)
        key = _key(text, name, operation, variables, context)
        plan = cache.plans.get(key)
        (MISSES if plan is None else HITS).value += 1
        if plan is None:
            plan = await self._plan(cache, key, operation, dict(raw), context, in_worker=len(text) >= SHORT_DOCUMENT)
        return await plan.run(context, variables)

    def sizes(self) -> Mapping[bool, tuple[int, float]]:
        """Return the number of plans and of the characters they count, for trusted documents (True) and all others."""
        return {trusted: (len(cache.plans), cache.plans.currsize) for trusted, cache in self._caches.items()}

    def _use(self, policy: Policy) -> None:
        """Drop all plans if the policy was reloaded."""
        if policy is not self._policy:
            for cache in self._caches.values():
                cache.plans.clear()
            self._policy = policy

    async def _plan(
        self,
        cache: Cache,
        key: Any,
        operation: SelectedOperation,
        raw: dict[str, Any] | None,
        context: Context,
        *,
        in_worker: bool,
    ) -> Plan | NoPlan:
        _, name, *_ = key
        build = partial(self._build, operation, name, raw, context)
        plan = await run_in_worker(build) if in_worker else build()
        if context.policy is self._policy:  # it may have been reloaded while the plan was built
            _cache(cache.plans, key, plan)
        return plan

    def _operation(self, cache: Cache, text: str, document: DocumentNode, name: str | None) -> SelectedOperation:
        operation = cache.operations.get((text, name))
        if operation is None:
            node = get_operation_ast(document, name)
            assert node is not None  # noqa: S101 (Strawberry has selected it before)
            definitions = Definitions(self._schema, node.variable_definitions or ())
            operation = SelectedOperation(PLAN_OVERHEAD + len(text), document, node, conditions(document), definitions)
            _cache(cache.operations, (text, name), operation)
        return operation

    def _build(
        self, operation: SelectedOperation, name: str | None, raw: dict[str, Any] | None, context: Context
    ) -> Plan | NoPlan:
        """Build a plan. `raw` has the values of the variables, or is None if they aren't known yet."""
        if operation.node.operation is not OperationType.QUERY:
            return NoPlan(operation.characters, NotPlannable("not a query", Unplanned.NOT_A_QUERY))
        document = _without_variables(operation.document) if raw is None else operation.document
        executor = Executor.build(self._schema, document, raw_variable_values=raw or {}, operation_name=name)
        assert not isinstance(executor, list)  # noqa: S101 (the variables have been coerced before)
        policy, shape = context.policy, context.viewer.shape
        decide, denial_reason = partial(policy.decide, shape), partial(policy.denial_reason, shape)
        allowed_actions_of = partial(allowed_actions, policy, shape)
        try:
            planner = Planner(
                operation.document,
                executor,
                self._describe,
                decide,
                denial_reason,
                allowed_actions_of,
                partial(unnamed, context),
            )
            roots, planned = planner.plan()
        except NotPlannable as reason:
            return NoPlan(operation.characters, reason)
        fields = {key: each for key, each in planned.items() if isinstance(each, PlannedField)}
        trackers = {key: each.tracker for key, each in fields.items() if each.tracker}
        roots = replace(roots, operation=operation.node)
        with_children = [key for key, each in fields.items() if each.builder.children]
        is_whole = len(fields) == len(planned)
        tracker = FieldsTracker(trackers) if trackers else None
        stream = PageStream.of(fields, tracker) if is_whole else None
        return Plan(operation.characters, roots, planned, tracker, with_children, is_whole, stream)


def _key(text: str, name: str | None, operation: SelectedOperation, variables: Variables, context: Context) -> Any:
    """Return what a plan is cached by: its operation, the viewer's shape, and the values that decide which fields are selected."""
    condition_values = tuple(variables.coerced.get(condition) for condition in operation.conditions)
    return text, name, context.viewer.shape, condition_values


def _by_plan(context: Context, answer: Answered | None) -> Answered | None:
    """Note that a cached plan has answered an operation, or else that it's executed again."""
    if answer is None:
        context.start_again()
        return None
    context.execution = PLANNED
    HITS.value += 1
    BY_PLAN.value += 1
    return answer


def _without_variables(document: DocumentNode) -> DocumentNode:
    """Return a document that declares no variables, so that none is required."""
    definitions = tuple(
        replace(each, variable_definitions=()) if isinstance(each, OperationDefinitionNode) else each
        for each in document.definitions
    )
    return DocumentNode(definitions=definitions, loc=document.loc)


def _count(answer: Answer) -> None:
    """Count what executed an operation, and why its plan didn't execute all of it."""
    for kind in {why.kind for why in answer.unplanned.values()}:
        UNPLANNED[kind].value += 1
    EXECUTIONS[_executed_by(answer.unplanned, answer.roots)].value += 1


def _executed_by(unplanned: Mapping[str, Why], roots: Roots) -> ExecutedBy:
    if not unplanned:
        return ExecutedBy.PLAN
    return ExecutedBy.BOTH if len(unplanned) < len(roots.fields) else ExecutedBy.GRAPHQL_CORE


def _execution(unplanned: Mapping[str, Why], roots: Roots) -> str:
    """Return the description of what executed an operation."""
    executed_by = _executed_by(unplanned, roots)
    if executed_by is ExecutedBy.PLAN:
        return PLANNED
    reason = next(iter(unplanned.values())).text
    if executed_by is ExecutedBy.GRAPHQL_CORE:
        return f"graphql-core; {reason}"
    return f"{PLANNED}, but {len(unplanned)} of {len(roots.fields)} root fields by graphql-core; {reason}"


def _cache(cache: LRUCache[Any, Any], key: Any, value: SelectedOperation | Plan | NoPlan) -> None:
    if value.characters <= cache.maxsize / CACHE_SHARE_DIVISOR:
        cache[key] = value
