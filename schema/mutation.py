"""The root mutation type. Each mutation takes one `input` and returns a payload that lists problems in `userErrors`."""

from __future__ import annotations

import strawberry

from schema.building.roots import classes_of_concepts


@strawberry.type(
    description="The root of all mutations. Each mutation is one transaction: it takes effect completely or not "
    "at all. Send an `Idempotency-Key` header to retry a mutation safely."
)
class Mutation(*classes_of_concepts("schema.mutations", "Mutations")):  # type: ignore[misc] # a list of bases
    pass
