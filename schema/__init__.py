"""The GraphQL schema: what exists and what it means. `schema.make_schema` builds it; resolvers and policy live elsewhere."""

from schema.building.enums import register_enums

register_enums()  # before any type uses one
