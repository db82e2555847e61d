"""Pruning a schema removes the given parts and what can't exist without them, and nothing else."""

from __future__ import annotations

from typing import Final

import pytest
from graphql import GraphQLSchema, build_schema, print_schema, validate_schema

from schema.introspection.pruning import prune

SDL: Final = """
type Query {
  "The current viewer."
  viewer: Viewer
  node(id: ID!): Node
  things(order: Order, sizes: Sizes): [Thing!]!
  found: Found
}

interface Node {
  id: ID!
}

type Viewer {
  name: String
}

type Thing implements Node {
  id: ID!
  size: Int
}

type Other implements Node {
  id: ID!
}

union Found = Thing | Other

enum Order {
  NAME
  SIZE
}

input Sizes {
  least: Int!
  most: Int
}

type Mutation {
  change(sizes: Sizes!): Changed!
}

type Changed {
  thing: Thing
  problems: [String!]!
}
"""


def pruned(*removed: str) -> GraphQLSchema:
    """Prune the schema and check that the result is valid."""
    result = prune(build_schema(SDL), removed, {})
    assert [] == validate_schema(GraphQLSchema(result.query_type, result.mutation_type, types=list(result.type_map.values())))
    return result


def missing(schema: GraphQLSchema) -> set[str]:
    """Return the lines of the full schema that another one lacks."""
    full = print_schema(build_schema(SDL))
    return {line.strip() for line in full.splitlines()} - {line.strip() for line in print_schema(schema).splitlines()}


def test_removing_nothing_changes_nothing() -> None:
    """If nothing is removed, nothing is missing."""
    assert print_schema(build_schema(SDL)) == print_schema(pruned())


@pytest.mark.parametrize(
    ("removed", "lines"),
    [
        (["Thing.size"], {"size: Int"}),
        (["Order.SIZE"], {"SIZE"}),
        (["Query.things(sizes:)"], {"things(order: Order, sizes: Sizes): [Thing!]!"}),
        (["Sizes.most"], {"most: Int"}),
    ],
)
def test_part_is_removed(removed: list[str], lines: set[str]) -> None:
    """A part can be a field, an enum value, an argument or an input field."""
    assert lines == missing(pruned(*removed))


@pytest.mark.parametrize(
    ("removed", "gone", "kept"),
    [
        (["Thing"], {"Thing", "Order"}, {"Other", "Found", "Node", "Changed", "Sizes"}),
        (["Thing", "Other"], {"Thing", "Other", "Found"}, {"Node"}),
        (["Order.NAME", "Order.SIZE"], {"Order"}, {"Sizes", "Thing"}),
        (["Viewer.name"], {"Viewer"}, {"Thing"}),
        (["Sizes.least"], {"Sizes", "Mutation", "Changed"}, {"Order", "Thing"}),
        (["Mutation.change"], {"Mutation", "Changed"}, {"Sizes"}),
        (["Mutation.change", "Query.things"], {"Sizes", "Order"}, {"Thing"}),
        (["Query.node", "Query.found"], {"Other", "Found"}, {"Node", "Thing"}),
    ],
)
def test_unreachable_and_unusable_parts_are_removed_too(removed: list[str], gone: set[str], kept: set[str]) -> None:
    """These are empty types, inputs without a required field, fields that need such an input, and types no longer reachable."""
    types = set(pruned(*removed).type_map)

    assert (set(), kept) == (gone & types, kept & types)


def test_notes_follow_descriptions() -> None:
    """A note is appended to a field's description."""
    result = prune(build_schema(SDL), [], {"Query.viewer": "Sometimes null."})

    assert result.query_type is not None
    assert "The current viewer. Sometimes null." == result.query_type.fields["viewer"].description
