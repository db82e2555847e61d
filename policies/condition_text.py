"""What a predicate speaks of, and how it reads."""

from __future__ import annotations

from policies.condition_tree import (
    TRUE,
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
    SetParameter,
    Value,
)


def attributes(predicate: Predicate) -> frozenset[str]:
    """The columns of the row itself that a predicate reads, and the local columns are not among them: ask its links."""
    match predicate:
        case Compare(_, name, Attribute(other)):
            return frozenset((name, other))
        case Compare(_, name, _) | OneOf(name, _):
            return frozenset((name,))
        case Not(item):
            return attributes(item)
        case And(items) | Or(items):
            return frozenset().union(*map(attributes, items))
    return frozenset()


def stated(predicate: Predicate) -> frozenset[str]:
    """The columns of the row itself of which a predicate tells more than that the viewer is meant: not compared with its values."""
    match predicate:
        case Compare(_, _, Parameter() | SetParameter()):
            return frozenset()
        case Not(item):
            return stated(item)
        case And(items) | Or(items):
            return frozenset().union(*map(stated, items))
    return attributes(predicate)


def links(predicate: Predicate) -> frozenset[str]:
    """The to-many links that a predicate follows."""
    match predicate:
        case Exists(link, _):
            return frozenset((link,))
        case Not(item):
            return links(item)
        case And(items) | Or(items):
            return frozenset().union(*map(links, items))
    return frozenset()


def parameters(predicate: Predicate) -> frozenset[str]:
    """The values of the viewer that a predicate needs."""
    match predicate:
        case Compare(_, _, Parameter(name) | SetParameter(name)):
            return frozenset((name,))
        case Exists(_, item) | Not(item):
            return parameters(item)
        case And(items) | Or(items):
            return frozenset().union(*map(parameters, items))
    return frozenset()


def show(predicate: Predicate) -> str:
    """A predicate as a person reads it."""
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
        case Attribute(name):
            return name
        case None:
            return "nil"
        case bool():
            return str(value).lower()
        case str():
            return f'"{value}"'
    return str(value)
