"""Conditions: the variables that decide which fields of an operation are selected. Each of their combinations has its own plan."""

from __future__ import annotations

from typing import Any, Final

from graphql import DocumentNode, FieldNode, Node, VariableNode, Visitor, visit

CONDITIONAL_DIRECTIVES: Final = ("skip", "include")


def conditions(document: DocumentNode) -> tuple[str, ...]:
    """Return the variables of `@skip` and `@include` anywhere in a document."""
    names: dict[str, None] = {}

    class Finder(Visitor):
        def enter_directive(self, node: Any, *_: Any) -> None:
            if node.name.value in CONDITIONAL_DIRECTIVES:
                names.update(dict.fromkeys(variables(node)))

    visit(document, Finder())
    return tuple(names)


def variables(node: Node) -> list[str]:
    """Return the variables used in a node."""
    names: list[str] = []

    class Finder(Visitor):
        def enter_variable(self, node: VariableNode, *_: Any) -> None:
            names.append(node.name.value)

    visit(node, Finder())
    return names


def varies(node: FieldNode) -> bool:
    """Return whether the arguments of a field depend on variables."""
    return any(variables(argument) for argument in node.arguments or ())
