"""How Strawberry's extensions are run: as it runs them, without looking at their hooks anew for each request.

Strawberry inspects each hook of each extension, wraps it, and opens an exit stack, four times a request. Here hooks are looked
at once for each class. A stage without hooks costs nothing, and one with a single hook no stack.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AbstractContextManager, asynccontextmanager, contextmanager, nullcontext
from functools import lru_cache
from types import TracebackType
from typing import Any, Final

import strawberry
from strawberry.extensions import SchemaExtension
from strawberry.extensions.runner import SchemaExtensionsRunner
from strawberry.types import ExecutionContext, ExecutionResult
from strawberry.types.execution import PreExecutionError

CLASSES: Final = 1024
Kind = type[BaseException] | None
Open = Callable[[SchemaExtension], "AbstractAsyncContextManager[None] | _Opened"]


class Schema(strawberry.Schema):
    """A schema whose extensions are run by `Runner`. Errors of coercion suggest names of the schema only where that is wanted."""

    def __init__(self, *parts: Any, suggestions: bool = True, **more: Any) -> None:
        super().__init__(*parts, **more)
        self._suggestions = suggestions

    def _get_custom_context_kwargs(self, operation_extensions: dict[str, Any] | None = None, *, sync: bool = False) -> Any:
        """What graphql-core is given beside the operation."""
        given = super()._get_custom_context_kwargs(operation_extensions, sync=sync)
        return given if self._suggestions else {**given, "hide_suggestions": True}

    def create_extensions_runner(
        self, execution_context: ExecutionContext, extensions: list[SchemaExtension]
    ) -> SchemaExtensionsRunner:
        """What runs the extensions of one operation."""
        return Runner(execution_context, extensions)

    async def _handle_execution_result(self, context: ExecutionContext, result: Any, *given: Any, **options: Any) -> Any:
        """Strawberry's own, but that extensions know the result when they are asked what they tell of it, in streams too.

        Nor is a subscription that cannot begin, for its variables, mistaken for one whose document is not valid.
        """
        if isinstance(result, PreExecutionError) and not context.pre_execution_errors:
            result = ExecutionResult(data=None, errors=result.errors)
        context.result = result
        return await super()._handle_execution_result(context, result, *given, **options)


class Runner(SchemaExtensionsRunner):
    """Opens the stages of an operation."""

    def operation(self) -> Any:
        """The whole operation."""
        return self._stage("on_operation") or super().operation()

    def parsing(self) -> Any:
        """Parsing."""
        return self._stage("on_parse") or super().parsing()

    def validation(self) -> Any:
        """Validation."""
        return self._stage("on_validate") or super().validation()

    def executing(self) -> Any:
        """Execution."""
        return self._stage("on_execute") or super().executing()

    def _stage(self, name: str) -> Any:
        """The context of a stage that has one generator for a hook, or none; None for any other, which Strawberry runs."""
        only: AbstractAsyncContextManager[None] | _Opened = NOTHING
        for extension in self.extensions:
            kind: Any = type(extension)
            if (hook := _hook(kind, name)) is None:
                continue
            if hook is FOREIGN or only is not NOTHING:
                return None
            only = hook(extension)
        return only


class _Opened:
    """A context manager, in either way of entering it."""

    __slots__ = ("_inner",)

    def __init__(self, inner: AbstractContextManager[None]) -> None:
        self._inner = inner

    def __enter__(self) -> None:
        self._inner.__enter__()

    def __exit__(self, kind: Kind, error: BaseException | None, trace: TracebackType | None) -> bool | None:
        return self._inner.__exit__(kind, error, trace)

    async def __aenter__(self) -> None:
        self._inner.__enter__()

    async def __aexit__(self, kind: Kind, error: BaseException | None, trace: TracebackType | None) -> bool | None:
        return self._inner.__exit__(kind, error, trace)


NOTHING: Final = _Opened(nullcontext())
FOREIGN: Final[Open] = lambda _extension: NOTHING  # noqa: E731 (a mark: a hook that is no generator)


@lru_cache(CLASSES)
def _hook(kind: type[SchemaExtension], name: str) -> Open | None:
    """How the hook of a class is opened, None where it has none."""
    function: Any = getattr(kind, name)
    if function is getattr(SchemaExtension, name):
        return None
    if inspect.isasyncgenfunction(function):
        return asynccontextmanager(function)
    if inspect.isgeneratorfunction(function):
        opened = contextmanager(function)
        return lambda extension: _Opened(opened(extension))
    return FOREIGN
