"""Commands declare which actions policy has to allow, and require exactly these: checked in their syntax trees, with helpers."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from resolvers.mutations.order_approval import OrderDecision
from resolvers.writing.bulk import BulkMutation
from resolvers.writing.procedures import Procedure
from resolvers.writing.runner import Mutation
from schema.building.mutation_fields import MutationField
from schema.mutation import Mutation as Root

ROOT: Final = Path(__file__).parents[2]
HELPERS: Final = (
    "resolvers.writing.lifecycle_steps",
    "resolvers.offering.locking",
    "resolvers.reviewing.locking",
)  # modules of functions that commands import
# Methods of a unit of work that check policy, with the positions of the entity and the action; None is always the company.
CHECKS: Final = {"lock_for_update": (2, 3), "lock_for_share": (2, 3), "lock_by_key": (2, 4)}
OF_VIEWER: Final = {"acting_company": ("Company", 1), "acting_user": ("User", 0)}  # the entity, and the position of the action
Bound = Mapping[str, str]


def mutations() -> list[Mutation | Procedure]:
    """Return every mutation of the schema."""
    fields = Root.__strawberry_definition__.fields
    found = [field.mutation for field in fields if isinstance(field, MutationField)]
    return [mutation for mutation in found if not isinstance(mutation, BulkMutation)]


def required(
    function: ast.AsyncFunctionDef, helpers: Mapping[str, ast.AsyncFunctionDef], bound: Bound
) -> Iterator[tuple[str, str]]:
    """Yield the entities and actions that a function requires, given what its parameters are bound to."""
    for call in ast.walk(function):
        if not isinstance(call, ast.Call):
            continue
        if isinstance(call.func, ast.Attribute) and _is_unit_of_work(call.func.value) and call.func.attr in CHECKS:
            first, second = CHECKS[call.func.attr]
            yield _text(call, first, bound) or "", _text(call, second, bound) or "read"
        elif isinstance(call.func, ast.Attribute) and _is_unit_of_work(call.func.value) and call.func.attr in OF_VIEWER:
            entity, position = OF_VIEWER[call.func.attr]
            yield entity, _text(call, position, bound) or ""
        elif isinstance(call.func, ast.Name) and (helper := helpers.get(call.func.id)):
            names = [argument.arg for argument in helper.args.args]
            texts = {name: _text(call, position, bound) for position, name in enumerate(names)}
            yield from required(helper, helpers, {name: text for name, text in texts.items() if text is not None})
        for argument in call.args:  # a step of a procedure, such as `transact(_revoke)`
            if isinstance(argument, ast.Name) and argument.id in helpers:
                yield from required(helpers[argument.id], helpers, {})


def _is_unit_of_work(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "work"


def _text(call: ast.Call, position: int, bound: Bound) -> str | None:
    """Return the text of an argument, or None."""
    match call.args[position] if position < len(call.args) else None:
        case ast.Constant(str() as text):
            return text
        case ast.Name(name):
            return bound.get(name)
    return None


def functions_of(module: str) -> dict[str, ast.AsyncFunctionDef]:
    """Return the asynchronous functions of a module by name, also those inside other functions."""
    tree = ast.parse((ROOT / f"{module.replace('.', '/')}.py").read_text("utf-8"))
    return {node.name: node for node in ast.walk(tree) if isinstance(node, ast.AsyncFunctionDef)}


@pytest.mark.parametrize("mutation", mutations(), ids=lambda mutation: mutation.name)
def test_command_declares_what_it_requires_of_policy(mutation: Mutation | Procedure) -> None:
    """Each action that it requires is declared, and no other. Rows that are only read don't count."""
    code, command = mutation.command.__code__, inspect.getclosurevars(mutation.command)
    helpers = {name: each for module in (*HELPERS, mutation.command.__module__) for name, each in functions_of(module).items()}
    bound = {name: value for name, value in command.nonlocals.items() if isinstance(value, str)}
    found = {(entity, action) for entity, action in required(helpers[code.co_name], helpers, bound) if action != "read"}

    assert found == set(mutation.requires)


BULK: Final[Mapping[str, Mapping[str, Any]]] = {
    "updatePorts": {"ports": [{}]},
    "decideOrders": {"ids": ["a"], "decision": OrderDecision.APPROVE},
}


def test_bulk_mutation_requires_what_its_commands_require() -> None:
    """Who can make one change can make several."""
    fields = Root.__strawberry_definition__.fields
    found = {each.mutation.name: each.mutation for each in fields if isinstance(each, MutationField)}
    bulk = {name: mutation for name, mutation in found.items() if isinstance(mutation, BulkMutation)}

    assert set(BULK) == set(bulk)
    for name, mutation in bulk.items():
        (item,) = mutation.items(BULK[name])
        assert mutation.requires == item.command.requires  # type: ignore[attr-defined]
