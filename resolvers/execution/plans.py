"""Plans: made once for an operation and the viewers for whom policy decides the same, kept within bounds, and run."""

from __future__ import annotations

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

from resolvers.actions import rights_of
from resolvers.acts import Acts
from resolvers.batch import ROOT
from resolvers.errors import PublicError
from resolvers.execution.conditions import conditions
from resolvers.execution.names import Unplanned
from resolvers.execution.places import Describe
from resolvers.execution.planner import Planner
from resolvers.execution.shapes import Run, Shape
from resolvers.execution.variables import Definitions, Variables
from resolvers.execution.watches import Watch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from policies.policy import Policy
    from resolvers.context import Context

PLANNED: Final = "planned"
KEPT: Final = 1_000_000  # characters of the documents that plans are kept of: a plan is some fifty times its document
SHARE: Final = 10  # a document of more than this part of all would push out too many others
BESIDE: Final = 500  # what a plan of the shortest document counts: so there are 2,000 at most

log = structlog.stdlib.get_logger("crossgate.execution")


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation of a document, and the variables that decide which of its fields are selected."""

    characters: int
    document: DocumentNode
    node: OperationDefinitionNode
    conditions: tuple[str, ...]
    variables: Definitions


@dataclass(frozen=True, slots=True)
class Plan:
    """How an operation is answered."""

    characters: int
    shape: Shape
    watch: Watch | None

    async def run(self, context: Context, variables: Variables) -> dict[str, Any]:
        """The data of the response; what is hidden in it is noted in the context. Raises whatever goes wrong."""
        run = Run(context, variables)
        (data,) = await self.shape.objects([ROOT], run)
        context.redactions.settle(run.look.over(self.watch, data))
        answer: dict[str, Any] = data
        return answer


@dataclass(frozen=True, slots=True)
class NoPlan:
    """An operation that graphql-core has to answer, and why."""

    characters: int
    reason: str

    async def run(self, _context: Context, _variables: Variables) -> dict[str, Any]:
        """Raise Unplanned."""
        raise Unplanned(self.reason)


class Plans:
    """The plans of one schema under one policy, the most recently used ones kept."""

    def __init__(self, schema: GraphQLSchema, describe: Describe, kept: int = KEPT) -> None:
        """`kept` bounds the plans, in characters of the documents that they are made of."""
        self._schema = schema
        self._describe = describe
        self._operations: LRUCache[Any, Operation] = LRUCache(kept, attrgetter("characters"))
        self._plans: LRUCache[Any, Plan | NoPlan] = LRUCache(kept, attrgetter("characters"))
        self._policy: Policy | None = None  # by which all of them are

    async def answer(
        self, text: str, document: DocumentNode, name: str | None, raw: Mapping[str, Any], context: Context
    ) -> dict[str, Any] | None:
        """The data of the response, None where graphql-core has to answer. `context.execution` says what did, and why."""
        try:
            data = await self._planned(text, document, name, raw, context)
        except Unplanned as reason:
            context.execution = f"graphql-core; {reason}"
        except GraphQLError as error:
            context.execution = f"graphql-core; {error.code if isinstance(error, PublicError) else 'an error'}"
        except Exception as error:
            log.error("plan.failed", operation=name, exc_info=error)
            context.execution = "graphql-core; the plan failed"
        else:
            context.execution = PLANNED
            return data
        context.acts = Acts()  # what the plan has noted, whoever answers now notes again
        return None

    async def _planned(
        self, text: str, document: DocumentNode, name: str | None, raw: Mapping[str, Any], context: Context
    ) -> dict[str, Any]:
        operation = self._operation(text, document, name)
        variables = operation.variables.read(raw)
        decided = tuple(variables.coerced.get(condition) for condition in operation.conditions)
        if context.policy is not self._policy:  # loaded anew
            self._plans.clear()
            self._policy = context.policy
        key = (text, name, context.viewer.shape, decided)
        plan = self._plans.get(key)
        if plan is None:
            plan = self._made(operation, name, dict(raw), context)
            _keep(self._plans, key, plan)
        return await plan.run(context, variables)

    def _operation(self, text: str, document: DocumentNode, name: str | None) -> Operation:
        known = self._operations.get((text, name))
        if known is None:
            node = get_operation_ast(document, name)
            assert node is not None  # noqa: S101 (Strawberry has chosen it before)
            definitions = Definitions(self._schema, node.variable_definitions or ())
            known = Operation(BESIDE + len(text), document, node, conditions(document), definitions)
            _keep(self._operations, (text, name), known)
        return known

    def _made(self, operation: Operation, name: str | None, raw: dict[str, Any], context: Context) -> Plan | NoPlan:
        if operation.node.operation is not OperationType.QUERY:
            return NoPlan(operation.characters, "no query")
        executor = Executor.build(self._schema, operation.document, raw_variable_values=raw, operation_name=name)
        assert not isinstance(executor, list)  # noqa: S101 (the variables have been read before)
        policy, shape = context.policy, context.viewer.shape
        decide, withheld = partial(policy.decide, shape), partial(policy.withheld, shape)
        rights = partial(rights_of, policy, shape)
        try:
            return Plan(operation.characters, *Planner(executor, self._describe, decide, withheld, rights).plan())
        except Unplanned as reason:
            return NoPlan(operation.characters, str(reason))


def _keep(cache: LRUCache[Any, Any], key: Any, value: Operation | Plan | NoPlan) -> None:
    if value.characters <= cache.maxsize / SHARE:
        cache[key] = value
