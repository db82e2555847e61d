"""Predicates as Python: generated expressions over a row and the viewer, as fast as handwritten code."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from policies.predicates.predicate import (
    And,
    Compare,
    Constant,
    Exists,
    Not,
    OneOf,
    Or,
    OtherColumn,
    Parameter,
    Predicate,
    Scalar,
    SetParameter,
    Value,
    links,
)
from policies.viewer import Viewer

Get: TypeAlias = Callable[[str], str]
Mask: TypeAlias = Callable[[Any, Viewer], bool]


def by_attribute(name: str) -> str:
    """Return the code that reads a column as an attribute of `row`."""
    return f"row.{name}"


def is_local(predicate: Predicate) -> bool:
    """Return True if the row's own columns and the viewer decide the predicate, without linked rows."""
    return not links(predicate)


def compile_predicate(predicate: Predicate, get: Get = by_attribute) -> Mask:
    """Compile a predicate to a function of a row and a viewer. `get` returns the code that reads a column (or a link's list)."""
    code = compile(f"lambda row, viewer: {expression(predicate, get)}", "<policy mask>", "eval")
    mask: Mask = eval(code)  # noqa: S307  # names come from the catalogue, literals pass through repr
    return mask


def expression(predicate: Predicate, get: Get = by_attribute) -> str:
    """Return the code of a predicate, for use in generated code. It refers to `viewer` and to whatever `get` refers to."""
    match predicate:
        case Constant(value):
            return str(value)
        case And(items):
            return "(" + " and ".join(expression(item, get) for item in items) + ")"
        case Or(items):
            return "(" + " or ".join(expression(item, get) for item in items) + ")"
        case Not(item):
            return f"(not {expression(item, get)})"
        case OneOf(name, values):
            return f"({get(name)} in {values!r})"
        case Exists(link, condition):
            return f"any({expression(condition, lambda name: f'linked.{name}')} for linked in {get(link)})"
        case Compare("!=", name, value):
            return f"(not {_comparison('=', get(name), value, get)})"
        case Compare(operator, name, value):
            return _comparison(operator, get(name), value, get)


def _comparison(operator: str, left: str, value: Value, get: Get) -> str:
    match value:
        case None | bool():
            return f"({left} is {value})"
        case SetParameter(name):
            return f"({left} in viewer.{name})"
        case Parameter(name):
            return _between_values(operator, left, f"viewer.{name}")
        case OtherColumn(name):
            return _between_values(operator, left, get(name))
    return _with_literal(operator, left, value)


def _with_literal(operator: str, left: str, literal: Scalar) -> str:
    if operator == "=":
        return f"({left} == {literal!r})"
    return f"({left} is not None and {left} {operator} {literal!r})"


def _between_values(operator: str, left: str, right: str) -> str:
    """Return the code that compares two values. None on either side makes it false."""
    if operator == "=":
        return f"({left} is not None and {left} == {right})"
    return f"({left} is not None and {right} is not None and {left} {operator} {right})"
