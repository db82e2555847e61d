"""The GraphQL schema: what exists and what it means. `schema.make_schema` builds it; resolvers and policy live elsewhere."""
