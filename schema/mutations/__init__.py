"""Mutation fields with their inputs and payloads, one module per concept. `schema.mutation.Mutation` joins them."""
