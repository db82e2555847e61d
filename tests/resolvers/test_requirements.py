"""What commands say that policy has to allow them is what they ask for: read from their syntax trees, helpers included."""

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
# The calls of a unit of work that ask policy, with the place of the entity and that of the action, and what these are if not given.
ASKING: Final = {"lock_for_update": (2, 3), "lock_for_share": (2, 3), "lock_by_key": (2, 4), "acting_company": (None, 1)}
Bound = Mapping[str, str]


def mutations() -> list[Mutation]:
    """Every mutation of the schema."""
    fields = Root.__strawberry_definition__.fields  # type: ignore[attr-defined]
    return [field.mutation for field in fields if isinstance(field, MutationField)]


def asked(function: ast.AsyncFunctionDef, known: Mapping[str, ast.AsyncFunctionDef], bound: Bound) -> Iterator[tuple[str, str]]:
    """The entities and actions that a function asks for, with what its parameters are bound to."""
    for call in ast.walk(function):
        if not isinstance(call, ast.Call):
            continue
        if isinstance(call.func, ast.Attribute) and _is_work(call.func.value) and call.func.attr in ASKING:
            entity, action = ASKING[call.func.attr]
            yield ("Company" if entity is None else _word(call, entity, bound) or ""), _word(call, action, bound) or "read"
        elif isinstance(call.func, ast.Name) and (helper := known.get(call.func.id)):
            names = [argument.arg for argument in helper.args.args]
            words = {name: _word(call, place, bound) for place, name in enumerate(names)}
            yield from asked(helper, known, {name: word for name, word in words.items() if word is not None})


def _is_work(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id == "work"


def _word(call: ast.Call, place: int, bound: Bound) -> str | None:
    """The word that an argument is, None if there is none."""
    match call.args[place] if place < len(call.args) else None:
        case ast.Constant(str() as word):
            return word
        case ast.Name(name):
            return bound.get(name)
    return None


@pytest.mark.parametrize("mutation", mutations(), ids=lambda mutation: mutation.name)
def test_a_command_says_what_it_asks_of_policy(mutation: Mutation) -> None:
    """Each action that it asks for is declared, and no other; what is only read is not among them."""
    module, name = mutation.command.__module__, mutation.command.__name__
    tree = ast.parse((DIRECTORY / f"{module.rpartition('.')[2]}.py").read_text("utf-8"))
    known = {node.name: node for node in tree.body if isinstance(node, ast.AsyncFunctionDef)}
    found = {(entity, action) for entity, action in asked(known[name], known, {}) if action != "read"}

    assert found == set(mutation.requires)
