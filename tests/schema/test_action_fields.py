"""Enums of actions: made from the policy, complete, and described by the sentences of its rules."""

from __future__ import annotations

import re
from typing import Final

import pytest
from graphql import GraphQLEnumType, GraphQLInterfaceType, GraphQLList, GraphQLNonNull

import server
from policies.actions import actions
from policies.source import Text, parse
from tests.schema.outline import NODE, SCHEMA, object_type

assert isinstance(NODE, GraphQLInterfaceType)
NODES: Final = sorted(each.name for each in SCHEMA.get_possible_types(NODE))


def enum(entity: str) -> GraphQLEnumType:
    """The actions of a type."""
    kind = SCHEMA.get_type(f"{entity}Action")
    assert isinstance(kind, GraphQLEnumType)
    return kind


@pytest.mark.parametrize("entity", NODES)
def test_each_node_lists_actions_of_its_own(entity: str) -> None:
    """`viewerCan` of every node is a list of words of the type's own enum, never null."""
    kind = object_type(entity).fields["viewerCan"].type

    assert str(GraphQLNonNull(GraphQLList(GraphQLNonNull(enum(entity))))) == str(kind)


@pytest.mark.parametrize("entity", NODES)
def test_the_words_are_the_actions_of_the_policy(entity: str) -> None:
    """Each action that the loaded policy allows anybody on the type is a word, in the order of the rules, and no other is."""
    rules = [rule for rule in server.load_policy().rules if rule.name == "allow" and rule.entity == entity]
    named = dict.fromkeys(str(rule.arguments[1].literal).upper() for rule in rules)

    assert list(named) == list(enum(entity).values)
    assert "READ" == next(iter(named))


def test_each_word_says_who_may() -> None:
    """An action is described by sentences, without the numbers of rules."""
    said = {f"{entity}.{word}": value.description or "" for entity in NODES for word, value in enum(entity).values.items()}

    assert [] == [word for word, text in said.items() if not text.endswith(".") or re.search(r"\b[RAVX]\d+\b", text)]
    assert (
        "A company can read its own ports. A partner can read the ports of the accounts that it manages. "
        "The operator can read every port." == said["Port.READ"]
    )


def test_what_is_denied_or_of_every_action_names_none() -> None:
    """Only an `allow` rule with a literal makes a word; what two rules say the same way is said once."""
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
