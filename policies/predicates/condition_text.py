"""The names that a predicate uses (columns, links, viewer parameters), and its readable form."""

from __future__ import annotations

from policies.predicates.condition_tree import (
    TRUE,
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
    SetParameter,
    Value,
)


def own_columns(predicate: Predicate) -> frozenset[str]:
    """Return the row's own columns that a predicate reads. It excludes the local columns of links: see `links`."""
    match predicate:
        case Compare(_, name, OtherColumn(other)):
            return frozenset((name, other))
        case Compare(_, name, _) | OneOf(name, _):
            return frozenset((name,))
        case Not(item):
            return own_columns(item)
        case And(items) | Or(items):
            return frozenset().union(*map(own_columns, items))
    return frozenset()


def revealed_columns(predicate: Predicate) -> frozenset[str]:
    """Return the row's own columns that a predicate compares with something other than the viewer's values."""
    match predicate:
        case Compare(_, _, Parameter() | SetParameter()):
            return frozenset()
        case Not(item):
            return revealed_columns(item)
        case And(items) | Or(items):
            return frozenset().union(*map(revealed_columns, items))
    return own_columns(predicate)


def links(predicate: Predicate) -> frozenset[str]:
    """Return the to-many links that a predicate follows."""
    match predicate:
        case Exists(link, _):
            return frozenset((link,))
        case Not(item):
            return links(item)
        case And(items) | Or(items):
            return frozenset().union(*map(links, items))
    return frozenset()


def parameters(predicate: Predicate) -> frozenset[str]:
    """Return the viewer parameters that a predicate needs."""
    match predicate:
        case Compare(_, _, Parameter(name) | SetParameter(name)):
            return frozenset((name,))
        case Exists(_, item) | Not(item):
            return parameters(item)
        case And(items) | Or(items):
            return frozenset().union(*map(parameters, items))
    return frozenset()


def show(predicate: Predicate) -> str:
    """Format a predicate for people."""
    match predicate:
        case Constant(value):
            return str(value).upper()
        case Compare(operator, name, SetParameter() as many):
            return f"{name} {'in' if operator == '=' else 'not in'} {_show_value(many)}"
        case Compare(operator, name, value):
            return f"{name} {operator} {_show_value(value)}"
        case OneOf(name, values):
            return f"{name} in [{', '.join(map(_show_value, values))}]"
        case Exists(link, condition):
            return f"some {link}" if condition == TRUE else f"some {link} ({show(condition)})"
        case Not(item):
            return f"not ({show(item)})"
        case And(items):
            return " and ".join(f"({show(item)})" if isinstance(item, Or) else show(item) for item in items)
        case Or(items):
            return " or ".join(f"({show(item)})" if isinstance(item, And) else show(item) for item in items)


def _show_value(value: Value) -> str:
    match value:
        case Parameter(name) | SetParameter(name):
            return f"viewer.{name}"
        case OtherColumn(name):
            return name
        case None:
            return "nil"
        case bool():
            return str(value).lower()
        case str():
            return f'"{value}"'
    return str(value)
