"""Namespaces of generated code: the objects that it uses, and unique variables."""

from __future__ import annotations

from enum import StrEnum
from itertools import count
from typing import Any, NoReturn


class Unplanned(StrEnum):
    """Why graphql-core executes something, as metrics count it."""

    NOT_A_QUERY = "not_a_query"
    INTROSPECTION = "introspection"
    NO_BATCH_FORM = "no_batch_form"
    INVALID_VARIABLES = "invalid_variables"
    INVALID_VALUE = "invalid_value"  # null for a non-null field, or a value that its type can't serialize
    UNSUPPORTED = "unsupported"
    PUBLIC_ERROR = "public_error"
    FAILED = "failed"  # a defect


class NotPlannable(Exception):
    """The plan leaves this to graphql-core. The message says why, in a few words without values."""

    def __init__(self, reason: str, why: Unplanned = Unplanned.UNSUPPORTED) -> None:
        super().__init__(reason)
        self.why = why


class NotJoinable(NotPlannable):
    """A row can't be joined to the one that references it, and has to be looked up."""


class CodeNamespace:
    """The namespace of one plan's generated code."""

    def __init__(self) -> None:
        self.bound: dict[str, Any] = {"need": require_non_null, "items": require_list, "refuse": reject_record}
        self._names: dict[int, str] = {}
        self._numbers = count()

    def bind(self, value: Any) -> str:
        """Return the name by which code uses an object."""
        name = self._names.get(id(value))
        if name is None:
            name = self._names[id(value)] = f"n{len(self._names)}"
            self.bound[name] = value
        return name

    def variable(self) -> str:
        """Return a new variable."""
        return f"v{next(self._numbers)}"

    def function(self, signature: str, body: str) -> Any:
        """Compile a function with this signature that returns the value of `body`."""
        code = compile(f"def made{signature}:\n return {body}\n", "<plan>", "exec")
        namespace: dict[str, Any] = {}
        exec(code, self.bound, namespace)  # noqa: S102 (names come from the schema, literals pass through repr)
        return namespace["made"]


def require_non_null(value: Any) -> Any:
    """Return the value of a non-null field. Raises NotPlannable."""
    if value is None:
        raise NotPlannable("null for a non-null field", Unplanned.INVALID_VALUE)
    return value


def require_list(value: Any) -> Any:
    """Return the items of a list. Raises NotPlannable for other iterables, such as text."""
    if isinstance(value, list | tuple):
        return value
    raise NotPlannable("not a list", Unplanned.INVALID_VALUE)


def reject_record() -> NoReturn:
    """Refuse to show a record, which can have hidden fields, as a type without policy. Raises NotPlannable."""
    raise NotPlannable("a record as a type without policy")
