"""Leaving parts out of a schema takes with them what cannot be without, and nothing else."""

from __future__ import annotations

from typing import Final

import pytest
from graphql import GraphQLSchema, build_schema, print_schema, validate_schema

from schema.introspection.pruning import prune

SDL: Final = """
type Query {
  "Whoever asks."
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


def pruned(*left_out: str) -> GraphQLSchema:
    """The schema without some of its parts, which is valid."""
    made = prune(build_schema(SDL), left_out, {})
    assert [] == validate_schema(GraphQLSchema(made.query_type, made.mutation_type, types=list(made.type_map.values())))
    return made


def missing(schema: GraphQLSchema) -> set[str]:
    """The lines of the full schema that another one has not."""
    full = print_schema(build_schema(SDL))
    return {line.strip() for line in full.splitlines()} - {line.strip() for line in print_schema(schema).splitlines()}


def test_without_nothing_it_is_the_same() -> None:
    """Where nothing is left out, nothing is missing."""
    assert print_schema(build_schema(SDL)) == print_schema(pruned())


@pytest.mark.parametrize(
    ("left_out", "lines"),
    [
        (["Thing.size"], {"size: Int"}),
        (["Order.SIZE"], {"SIZE"}),
        (["Query.things(sizes:)"], {"things(order: Order, sizes: Sizes): [Thing!]!"}),
        (["Sizes.most"], {"most: Int"}),
    ],
)
def test_a_part_is_left_out(left_out: list[str], lines: set[str]) -> None:
    """A field, a value, an argument, a field of an input."""
    assert lines == missing(pruned(*left_out))


@pytest.mark.parametrize(
    ("left_out", "gone", "kept"),
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
def test_what_leads_to_nothing_goes_too(left_out: list[str], gone: set[str], kept: set[str]) -> None:
    """A type without parts, an input without what it needs, what needs that input, and whatever is then not reached."""
    types = set(pruned(*left_out).type_map)

    assert (set(), kept) == (gone & types, kept & types)


def test_notes_follow_descriptions() -> None:
    """What is said of a field stands behind what it means."""
    made = prune(build_schema(SDL), [], {"Query.viewer": "Null at times."})

    assert made.query_type is not None
    assert "Whoever asks. Null at times." == made.query_type.fields["viewer"].description
