"""Object builders: generated code that builds the objects of a response from rows, all objects of one selection at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, Protocol

from models.reading import Compiled
from resolvers.execution.codegen import CodeNamespace
from resolvers.execution.redaction_tracking import HiddenMarker, RedactionPass
from resolvers.execution.rows import Objects, Rows
from resolvers.execution.variables import Variables
from resolvers.values.identifiers import TAGS, global_ids

if TYPE_CHECKING:
    from policies.viewer import Viewer
    from resolvers.context import Context

MAX_CONCURRENT_STATEMENTS: Final = 4  # of one request


class PlanRun:
    """One request that runs a plan."""

    def __init__(self, context: Context, variables: Variables) -> None:
        self.context = context
        self.viewer: Viewer = context.viewer
        self.variables = variables
        self.redaction_pass = RedactionPass()
        self.failures = 0  # errors that the plan reports itself
        self.failing: set[int] = set()  # the fields that these errors belong to
        self.statement_slots = asyncio.Semaphore(MAX_CONCURRENT_STATEMENTS)

    def hide(self, hidden: HiddenMarker) -> HiddenMarker:
        """Return the marker of a hidden value, after noting for the redaction pass that there is one."""
        self.redaction_pass.hidden = True
        return hidden

    async def fetch(self, statement: Compiled, parameters: Mapping[str, Any]) -> Sequence[Any]:
        """Return the rows of a statement. It runs on its own connection; few statements of a request run at the same time."""
        arguments = statement.arguments({**self.context.parameters, **parameters})
        run = self.context.reader.run if self.context.guard is None else self.context.guard.run
        async with self.statement_slots:
            return await run(statement.text, arguments)


class ChildStep(Protocol):
    """A field whose values have to be awaited."""

    async def values(self, rows: Sequence[Any], run: PlanRun) -> Sequence[Any]:
        """Return the value for each row, in their order, in the form of the response."""


class ObjectBuilder:
    """Builds the objects of one selection. Its code reads the rows' columns, and the children's values as variables."""

    def __init__(self, access: Rows | Objects, names: CodeNamespace, *, is_root: bool = False) -> None:
        """`is_root` is set for the value of a root field."""
        self.access = access
        self.is_root = is_root
        self._names = names
        self._lists: list[str] = []
        self._children: list[ChildStep] = []
        self._ids: dict[str, tuple[str, str]] = {}
        self._function: Any = None

    def add_list(self, name: str) -> str:
        """Return the variable of a further list that the caller passes along with the rows."""
        self._lists.append(name)
        return name

    def add_id(self, entity: str, column: str) -> str:
        """Return the variable of the global ID of the key in a column's variable. A column's IDs are encoded at once."""
        variable = f"id_{column}"
        self._ids[variable] = entity, column
        return variable

    def take_ids(self, inner: ObjectBuilder) -> None:
        """Also encode the IDs of an object that the code contains."""
        self._ids |= inner._ids

    @property
    def children(self) -> Sequence[ChildStep]:
        """The fields whose values have to be awaited."""
        return self._children

    def add_child(self, child: ChildStep) -> str:
        """Return the variable of a child's value."""
        self._children.append(child)
        return f"k{len(self._children) - 1}"

    def set_code(self, code: str) -> None:
        """Set the code of an object, once everything that it reads is known."""
        variables = [*self._lists, *(f"k{number}" for number in range(len(self._children)))]
        self._code, self._variables = code, variables

    def build(self, rows: Sequence[Any], run: PlanRun, *variables: Sequence[Any]) -> list[Any]:
        """Build the objects from rows and the values of lists and children."""
        if self._function is None:  # all columns of the rows are known only now
            self._function = self._compiled()
        built: list[Any] = self._function(rows, run, run.viewer, *variables)
        return built

    async def objects(self, rows: Sequence[Any], run: PlanRun, *lists: Sequence[Any]) -> list[Any]:
        """Return the object for each row, in their order."""
        if not rows:
            return []
        values = await run_together([child.values(rows, run) for child in self._children])
        return self.build(rows, run, *lists, *values)

    def _compiled(self) -> Any:
        lists = {name: f"all_{name}" for name in self._variables}
        signature = ", ".join(["rows", "run", "viewer", *lists.values()])
        lists |= {name: self._id_column(entity, column) for name, (entity, column) in self._ids.items()}
        source = f"zip(rows, {', '.join(lists.values())})" if lists else "rows"
        target = ", ".join([self.access.target, *lists])
        return self._names.function(f"({signature})", f"[{self._code} for {target} in {source}]")

    def _id_column(self, entity: str, column: str) -> str:
        """Return the code of the global IDs of all rows."""
        position = self.access.position(column)
        return f"{self._names.bind(global_ids)}({TAGS[entity]!r}, [row[{position}] for row in rows])"


class ColumnReader:
    """Generated code that reads one value of each row."""

    def __init__(self, access: Rows | Objects, names: CodeNamespace, code: str) -> None:
        self._access = access
        self._names = names
        self._code = code
        self._function: Any = None

    def __call__(self, rows: Sequence[Any], run: PlanRun) -> list[Any]:
        """Return the value of each row."""
        if self._function is None:
            self._function = self._names.function("(rows, run, viewer)", f"[{self._code} for {self._access.target} in rows]")
        read: list[Any] = self._function(rows, run, run.viewer)
        return read


async def run_together(awaitables: Sequence[Awaitable[Any]]) -> Sequence[Any]:
    """Await concurrently. Once all have ended, return their results or raise the first failure."""
    if len(awaitables) == 1:
        return [await awaitables[0]]
    if not awaitables:
        return ()
    results = await asyncio.gather(*awaitables, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return results
