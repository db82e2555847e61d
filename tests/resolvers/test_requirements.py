"""Commands declare exactly the actions they request from policy. Checked in their syntax trees, including helpers."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import pytest

from resolvers.writing.runner import Mutation
from schema.building.mutation_fields import MutationField
from schema.mutation import Mutation as Root

DIRECTORY: Final = Path(__file__).parents[2] / "resolvers" / "mutations"
# Methods of UnitOfWork that request an action, with the positions of their entity and action arguments (None: Company).
METHODS: Final = {"lock_for_update": (2, 3), "lock_for_share": (2, 3), "lock_by_key": (2, 4), "acting_company": (None, 1)}
Bound = Mapping[str, str]


def mutations() -> list[Mutation]:
    """Return every mutation of the schema."""
    fields = Root.__strawberry_definition__.fields  # type: ignore[attr-defined]
    return [field.mutation for field in fields if isinstance(field, MutationField)]


def required_actions(
    function: ast.AsyncFunctionDef, helpers: Mapping[str, ast.AsyncFunctionDef], bound: Bound
) -> Iterator[tuple[str, str]]:
    """Yield the types and actions that a function requests from policy, given the bindings of its parameters."""
    for call in ast.walk(function):
        if not isinstance(call, ast.Call):
            continue
        if isinstance(call.func, ast.Attribute) and _is_work(call.func.value) and call.func.attr in METHODS:
            entity, action = METHODS[call.func.attr]
            yield (
                ("Company" if entity is None else _argument(call, entity, bound) or ""),
                _argument(call, action, bound) or "read",
            )
        elif isinstance(call.func, ast.Name) and (helper := helpers.get(call.func.id)):
            names = [argument.arg for argument in helper.args.args]
            values = {name: _argument(call, position, bound) for position, name in enumerate(names)}
            yield from required_actions(helper, helpers, {name: value for name, value in values.items() if value is not None})


def _is_work(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "work"


def _argument(call: ast.Call, position: int, bound: Bound) -> str | None:
    """Return the string passed as an argument, or None."""
    match call.args[position] if position < len(call.args) else None:
        case ast.Constant(str() as value):
            return value
        case ast.Name(name):
            return bound.get(name)
    return None


@pytest.mark.parametrize("mutation", mutations(), ids=lambda mutation: mutation.name)
def test_commands_declare_the_actions_they_take(mutation: Mutation) -> None:
    """A command declares exactly the actions that it requests from policy, apart from reading."""
    module, name = mutation.command.__module__, mutation.command.__name__
    tree = ast.parse((DIRECTORY / f"{module.rpartition('.')[2]}.py").read_text("utf-8"))
    helpers = {node.name: node for node in tree.body if isinstance(node, ast.AsyncFunctionDef)}
    found = {(entity, action) for entity, action in required_actions(helpers[name], helpers, {}) if action != "read"}

    assert found == set(mutation.requires)
