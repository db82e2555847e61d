"""`viewerHides` names what policy hides from the viewer in an object, as `extensions.redactions` does for what was selected."""

from __future__ import annotations

from typing import Any, Final

import pytest
from graphql import GraphQLObjectType, get_named_type, is_leaf_type, is_required_argument

from tests.client import ANONYMOUS, DIRECT, HIDDEN, OPERATOR, PARTNER, SHOWN, Answer, Client
from tests.schema.outline import SCHEMA

VIEWERS: Final = (
    ANONYMOUS,
    PARTNER,
    HIDDEN,
    SHOWN,
    DIRECT,
    OPERATOR,
    "hidden-finance@managed.example",
    "viewer@direct.example",
)
HIDES: Final = "viewerHides { field reason }"
NODES: Final = [
    kind for kind in SCHEMA.type_map.values() if isinstance(kind, GraphQLObjectType) and "viewerHides" in kind.fields
]
ROOTS: Final = {  # connections of the query type, by the type of their nodes
    get_named_type(field.type).fields["nodes"].type.of_type.of_type.of_type.name: name
    for name, field in SCHEMA.query_type.fields.items()  # type: ignore[union-attr]
    if "first" in field.args and not any(is_required_argument(argument) for argument in field.args.values())
}


def selection(kind: GraphQLObjectType) -> str:
    """Select all fields of a type that need no argument. Objects are selected by their type's name."""
    fields = {name: field for name, field in kind.fields.items() if name != "viewerHides"}
    return " ".join(
        name if is_leaf_type(get_named_type(field.type)) else f"{name} {{ __typename }}"
        for name, field in fields.items()
        if not any(is_required_argument(argument) for argument in field.args.values())
    )


def hidden_by_redactions(answer: Answer, index: int) -> set[tuple[str, str]]:
    """Return the fields of a node that are redacted, with the reasons."""
    paths = {tuple(redaction.path): redaction.reason for redaction in answer.redactions if len(redaction.path) == 4}
    return {(str(path[3]), reason) for path, reason in paths.items() if path[2] in ("*", index)}


@pytest.mark.parametrize("kind", [kind for kind in NODES if kind.name in ROOTS], ids=str)
async def test_hidden_fields_are_those_that_are_redacted_R116(demo_client: Client, kind: GraphQLObjectType) -> None:
    """Both tell the same for every object and every viewer, since both come from the same masks."""
    query = f"{{ {ROOTS[kind.name]}(first: 20) {{ nodes {{ {selection(kind)} {HIDES} }} }} }}"
    compared = 0
    for viewer in VIEWERS:
        answer = await demo_client(viewer, query)
        assert [] == answer.errors
        page = answer.data[ROOTS[kind.name]]
        for index, node in enumerate(page["nodes"] if page else []):
            told = {(hidden["field"], hidden["reason"]) for hidden in node["viewerHides"]}
            assert hidden_by_redactions(answer, index) == told
            compared += 1
    assert compared


async def test_list_needs_no_statement_of_its_own(demo_client: Client) -> None:
    """The page of ports is read by the same number of statements with and without it."""
    counted = []
    for selected in ("id", f"id {HIDES}"):
        with demo_client.counting() as statements:
            await demo_client(HIDDEN, f"{{ ports(first: 100) {{ nodes {{ {selected} }} }} }}")
        counted.append(len(statements))

    assert counted[0] == counted[1]


async def test_every_node_tells_what_it_hides(demo_client: Client) -> None:
    """A client can ask through the interface, whatever the type."""
    ports = await demo_client(HIDDEN, "{ ports(first: 2) { nodes { id } } }")
    ids: list[Any] = [node["id"] for node in ports.data["ports"]["nodes"]]
    answer = await demo_client(HIDDEN, f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ id {HIDES} }} }}", ids=ids)

    hides = {"field": "monthlyRate", "reason": "HIDDEN_BY_PARTNER"}
    assert [True, True] == [hides in node["viewerHides"] for node in answer.data["nodes"]]
    assert [] == answer.redactions
