"""Names of generated code: the objects that it uses, and variables that do not meet each other."""

from __future__ import annotations

from itertools import count
from typing import Any, NoReturn


class NotPlannable(Exception):
    """What a plan leaves to graphql-core, and why, in a few words without values."""


class NotJoinable(NotPlannable):
    """A row cannot be read beside the one that names it: it has to be looked up."""


class CodeNamespace:
    """The namespace of one plan's generated code."""

    def __init__(self) -> None:
        self.bound: dict[str, Any] = {"need": require_non_null, "items": require_list, "refuse": reject_record}
        self._known: dict[int, str] = {}
        self._numbers = count()

    def bind(self, value: Any) -> str:
        """The name by which code uses an object."""
        name = self._known.get(id(value))
        if name is None:
            name = self._known[id(value)] = f"n{len(self._known)}"
            self.bound[name] = value
        return name

    def variable(self) -> str:
        """A variable that nothing else uses."""
        return f"v{next(self._numbers)}"

    def function(self, signature: str, body: str) -> Any:
        """The function `signature` that returns the value of `body`."""
        code = compile(f"def made{signature}:\n return {body}\n", "<plan>", "exec")
        made: dict[str, Any] = {}
        exec(code, self.bound, made)  # noqa: S102 (names come from the schema, literals pass through repr)
        return made["made"]


def require_non_null(value: Any) -> Any:
    """The value of a place that is never null. Raises Unplanned."""
    if value is None:
        raise NotPlannable("null in a place that is never null")
    return value


def require_list(value: Any) -> Any:
    """The items of a list. Raises Unplanned for whatever else can be iterated over, such as text."""
    if isinstance(value, list | tuple):
        return value
    raise NotPlannable("no list where one was promised")


def reject_record() -> NoReturn:
    """Do not show a record, which policy may hide parts of, as a type that policy does not know. Raises Unplanned."""
    raise NotPlannable("a record of a type without policy")
