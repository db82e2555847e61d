"""Action enums: built from policy, complete, and described by the sentences of its rules."""

from __future__ import annotations

import re
from typing import Final

import pytest
from graphql import GraphQLEnumType, GraphQLInterfaceType, GraphQLList, GraphQLNonNull

import server
from policies.language.actions import actions
from policies.language.source import Text, parse
from tests.schema.outline import NODE, SCHEMA, object_type

assert isinstance(NODE, GraphQLInterfaceType)
NODES: Final = sorted(each.name for each in SCHEMA.get_possible_types(NODE))


def enum(entity: str) -> GraphQLEnumType:
    """Return the action enum of a type."""
    kind = SCHEMA.get_type(f"{entity}Action")
    assert isinstance(kind, GraphQLEnumType)
    return kind


@pytest.mark.parametrize("entity", NODES)
def test_each_node_lists_its_own_actions(entity: str) -> None:
    """`viewerCan` of every node is a non-null list of values of the type's own enum."""
    kind = object_type(entity).fields["viewerCan"].type

    assert str(GraphQLNonNull(GraphQLList(GraphQLNonNull(enum(entity))))) == str(kind)


@pytest.mark.parametrize("entity", NODES)
def test_enum_values_are_the_actions_in_policy(entity: str) -> None:
    """The values are exactly the actions that policy can allow on the type, in the order of the rules."""
    rules = [rule for rule in server.load_policy().rules if rule.name == "allow" and rule.entity == entity]
    actions_in_rules = dict.fromkeys(str(rule.arguments[1].literal).upper() for rule in rules)

    assert list(actions_in_rules) == list(enum(entity).values)
    assert "READ" == next(iter(actions_in_rules))


def test_each_value_says_who_can_take_the_action() -> None:
    """An action is described by the sentences of its rules, without rule numbers."""
    descriptions = {
        f"{entity}.{name}": value.description or "" for entity in NODES for name, value in enum(entity).values.items()
    }

    assert [] == [name for name, text in descriptions.items() if not text.endswith(".") or re.search(r"\b[RAVX]\d+\b", text)]
    assert (
        "A company can read its own ports. A partner can read the ports of the accounts that it manages. "
        "The operator can read every port." == descriptions["Port.READ"]
    )


def test_denials_and_rules_for_every_action_add_no_value() -> None:
    """Only an `allow` rule with a literal action adds a value. A sentence shared by two rules appears once."""
    text = """
        # One may. R1
        allow(viewer: Viewer, "do", port: Port) if port.id = viewer.company_id;
        allow(viewer: Viewer, "do", port: Port) if port.id = viewer.user_id;

        # Another may. R2 R3
        allow(_viewer: Viewer, "do", _port: Port);

        # All may do all.
        allow(_viewer: Viewer, _action, _port: Port);

        # Nobody may undo.
        deny(_viewer: Viewer, "undo", _port: Port);
    """

    assert {"Port": {"do": "One may. Another may."}} == actions(parse(Text("sample.polar", text)))
