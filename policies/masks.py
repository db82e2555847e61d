"""Predicates as Python: an expression over a row and the viewer, generated once and as fast as if written by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from policies.predicate import (
    And,
    Attribute,
    Compare,
    Constant,
    Exists,
    Not,
    OneOf,
    Or,
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
    """Read a column of an object `row`."""
    return f"row.{name}"


def is_local(predicate: Predicate) -> bool:
    """Whether the row's own columns and the viewer decide it, without a look at linked rows."""
    return not links(predicate)


def compile_predicate(predicate: Predicate, get: Get = by_attribute) -> Mask:
    """A function of a row and a viewer. `get` gives the code that reads a column (or a link's list) from `row`."""
    code = compile(f"lambda row, viewer: {expression(predicate, get)}", "<policy mask>", "eval")
    mask: Mask = eval(code)  # noqa: S307  # names come from the catalogue, literals pass through repr
    return mask


def expression(predicate: Predicate, get: Get = by_attribute) -> str:
    """The code of a predicate, for whoever generates more around it; it names `viewer` and whatever `get` names."""
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
        case Attribute(name):
            return _between_values(operator, left, get(name))
    return _with_literal(operator, left, value)


def _with_literal(operator: str, left: str, literal: Scalar) -> str:
    if operator == "=":
        return f"({left} == {literal!r})"
    return f"({left} is not None and {left} {operator} {literal!r})"


def _between_values(operator: str, left: str, right: str) -> str:
    """None on either side makes it false; two values are compared."""
    if operator == "=":
        return f"({left} is not None and {left} == {right})"
    return f"({left} is not None and {right} is not None and {left} {operator} {right})"
