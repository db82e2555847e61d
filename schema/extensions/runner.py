"""Runs Strawberry's extensions as Strawberry does, but inspects their hooks only once.

Strawberry inspects and wraps every hook of every extension and opens an exit stack, four times per request. Here hooks are
inspected once per class. A stage without hooks costs nothing, and a stage with one hook needs no exit stack.
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

HOOK_CACHE_SIZE: Final = 1024
Kind = type[BaseException] | None
Open = Callable[[SchemaExtension], "AbstractAsyncContextManager[None] | _Opened"]


class Schema(strawberry.Schema):
    """A schema whose extensions are run by `Runner`. Coercion errors suggest schema names only if `_suggestions` is true."""

    _suggestions = True

    def _get_custom_context_kwargs(self, operation_extensions: dict[str, Any] | None = None, *, sync: bool = False) -> Any:
        """Return graphql-core's execution options."""
        options = super()._get_custom_context_kwargs(operation_extensions, sync=sync)
        return options if self._suggestions else {**options, "hide_suggestions": True}

    def create_extensions_runner(
        self, execution_context: ExecutionContext, extensions: list[SchemaExtension]
    ) -> SchemaExtensionsRunner:
        """Return the runner of one operation's extensions."""
        return Runner(execution_context, extensions)

    async def _handle_execution_result(self, context: ExecutionContext, result: Any, *args: Any, **options: Any) -> Any:
        """Call Strawberry's method, but set the result first so that extensions can read it in `get_results`, in streams too.

        Also keep apart a subscription that can't start because of its variables and one with an invalid document.
        """
        if isinstance(result, PreExecutionError) and not context.pre_execution_errors:
            result = ExecutionResult(data=None, errors=result.errors)
        context.result = result
        return await super()._handle_execution_result(context, result, *args, **options)


class Runner(SchemaExtensionsRunner):
    """Opens the stages of an operation."""

    def operation(self) -> Any:
        """Open the operation stage."""
        return self._stage("on_operation") or super().operation()

    def parsing(self) -> Any:
        """Open the parsing stage."""
        return self._stage("on_parse") or super().parsing()

    def validation(self) -> Any:
        """Open the validation stage."""
        return self._stage("on_validate") or super().validation()

    def executing(self) -> Any:
        """Open the execution stage."""
        return self._stage("on_execute") or super().executing()

    def _stage(self, name: str) -> Any:
        """Return the context manager of a stage with at most one generator hook. None for other stages, which Strawberry runs."""
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
    """A context manager that can be entered synchronously or asynchronously."""

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
FOREIGN: Final[Open] = lambda _extension: NOTHING  # noqa: E731 (a marker for hooks that aren't generators)


@lru_cache(HOOK_CACHE_SIZE)
def _hook(kind: type[SchemaExtension], name: str) -> Open | None:
    """Return a function that opens the hook of a class, or None if the class doesn't override it."""
    function: Any = getattr(kind, name)
    if function is getattr(SchemaExtension, name):
        return None
    if inspect.isasyncgenfunction(function):
        return asynccontextmanager(function)
    if inspect.isgeneratorfunction(function):
        opened = contextmanager(function)
        return lambda extension: _Opened(opened(extension))
    return FOREIGN
