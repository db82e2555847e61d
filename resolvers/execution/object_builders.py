"""Shapes: generated code that makes the objects of a response from rows, all of one selection at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Protocol

from models.reading import Compiled
from resolvers.execution.codegen import CodeNamespace
from resolvers.execution.redaction_tracking import HiddenMarker, RedactionPass
from resolvers.execution.rows import Objects, Rows
from resolvers.execution.variables import Variables

if TYPE_CHECKING:
    from policies.viewer import Viewer
    from resolvers.context import Context

PARALLEL: Final = 4  # statements of one request that run at the same time


class PlanRun:
    """One request that runs a plan."""

    def __init__(self, context: Context, variables: Variables) -> None:
        self.context = context
        self.viewer: Viewer = context.viewer
        self.variables = variables
        self.look = RedactionPass()
        self.failures = 0  # errors that the plan tells itself
        self.failing: set[int] = set()  # the fields that they are of
        self.free = asyncio.Semaphore(PARALLEL)

    def hide(self, hidden: HiddenMarker) -> HiddenMarker:
        """What stands in the place of a value that is hidden, which this notes for the look at the response."""
        self.look.hidden = True
        return hidden

    async def fetch(self, statement: Compiled, parameters: Mapping[str, Any]) -> Sequence[Any]:
        """The rows of a statement, on a connection of its own, not too many at a time."""
        arguments = statement.arguments({**self.context.parameters, **parameters})
        async with self.free:
            return await self.context.services.reader.run(statement.text, arguments)


class ChildStep(Protocol):
    """A field whose values have to be waited for."""

    async def values(self, rows: Sequence[Any], run: PlanRun) -> Sequence[Any]:
        """The value in each row, in their order, as it stands in the response."""


class ObjectBuilder:
    """The objects of one selection. Its code reads the rows' columns, and the children's values under their names."""

    def __init__(self, access: Rows | Objects, names: CodeNamespace, *, is_root: bool = False) -> None:
        """`is_root` says that it is the value of one root field."""
        self.access = access
        self.is_root = is_root
        self._names = names
        self._given: list[str] = []
        self._children: list[ChildStep] = []
        self._make: Any = None

    def given(self, name: str) -> str:
        """The variable of a list that whoever asks for the objects gives beside the rows."""
        self._given.append(name)
        return name

    @property
    def waits(self) -> bool:
        """Whether anything has to be waited for."""
        return bool(self._children)

    def child(self, child: ChildStep) -> str:
        """The variable of a child's value."""
        self._children.append(child)
        return f"k{len(self._children) - 1}"

    def made_of(self, code: str) -> None:
        """Set the code of an object, once everything that it reads is known."""
        beside = [*self._given, *(f"k{number}" for number in range(len(self._children)))]
        self._code, self._beside = code, beside

    def make(self, rows: Sequence[Any], run: PlanRun, *beside: Sequence[Any]) -> list[Any]:
        """The objects, from rows and everything beside them."""
        if self._make is None:  # only now are all columns of the rows known
            self._make = self._compiled()
        made: list[Any] = self._make(rows, run, run.viewer, *beside)
        return made

    async def objects(self, rows: Sequence[Any], run: PlanRun, *given: Sequence[Any]) -> list[Any]:
        """The object of each row, in their order."""
        if not rows:
            return []
        values = await run_together([child.values(rows, run) for child in self._children])
        return self.make(rows, run, *given, *values)

    def _compiled(self) -> Any:
        beside = self._beside
        signature = ", ".join(["rows", "run", "viewer", *(f"all_{name}" for name in beside)])
        source = f"zip(rows, {', '.join(f'all_{name}' for name in beside)})" if beside else "rows"
        target = ", ".join([self.access.target, *beside])
        return self._names.function(f"({signature})", f"[{self._code} for {target} in {source}]")


class ColumnReader:
    """Generated code that reads one value of each row."""

    def __init__(self, access: Rows | Objects, names: CodeNamespace, code: str) -> None:
        self._access = access
        self._names = names
        self._code = code
        self._make: Any = None

    def __call__(self, rows: Sequence[Any], run: PlanRun) -> list[Any]:
        """The value of each row."""
        if self._make is None:
            self._make = self._names.function("(rows, run, viewer)", f"[{self._code} for {self._access.target} in rows]")
        read: list[Any] = self._make(rows, run, run.viewer)
        return read


async def run_together(work: Sequence[Awaitable[Any]]) -> Sequence[Any]:
    """The results of work that runs side by side; if some fails, the first failure, once all has ended."""
    if len(work) == 1:
        return [await work[0]]
    if not work:
        return ()
    results = await asyncio.gather(*work, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return results
