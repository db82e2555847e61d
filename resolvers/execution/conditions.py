"""Conditions: the variables that decide which fields of an operation are selected, for which it therefore has several plans."""

from __future__ import annotations

from typing import Any, Final

from graphql import DocumentNode, FieldNode, Node, VariableNode, Visitor, visit

DECIDING: Final = ("skip", "include")


def conditions(document: DocumentNode) -> tuple[str, ...]:
    """The variables of `@skip` and `@include` anywhere in a document."""
    found: dict[str, None] = {}

    class Finder(Visitor):
        def enter_directive(self, node: Any, *_: Any) -> None:
            if node.name.value in DECIDING:
                found.update(dict.fromkeys(variables(node)))

    visit(document, Finder())
    return tuple(found)


def variables(node: Node) -> list[str]:
    """The variables that stand in a node."""
    found: list[str] = []

    class Finder(Visitor):
        def enter_variable(self, node: VariableNode, *_: Any) -> None:
            found.append(node.name.value)

    visit(node, Finder())
    return found


def varies(node: FieldNode) -> bool:
    """Whether the arguments of a field depend on variables."""
    return any(variables(argument) for argument in node.arguments or ())
