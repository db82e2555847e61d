"""Support detail mutations."""

from __future__ import annotations

import strawberry
from strawberry import ID

from resolvers.mutations import support_details
from schema.building.inputs import optional
from schema.building.mutation_fields import Payload, mutation_field
from schema.mutations.values import SupportContactInput
from schema.support_details import SupportDetails


@strawberry.input(description="Input for `updateSupportDetails`. Omitted fields keep their values; null clears them.")
class UpdateSupportDetailsInput(SupportContactInput):
    company_id: ID | None = optional("The company to update. Defaults to the viewer's company.")
    version: int = strawberry.field(
        default=0, description="The version that the edit is based on. 0 if there are no details yet."
    )


@strawberry.type(description="Result of `updateSupportDetails`.")
class UpdateSupportDetailsPayload(Payload):
    support_details: SupportDetails | None = strawberry.field(default=None, description="The updated support details.")


@strawberry.type
class SupportDetailsMutations:
    update_support_details: UpdateSupportDetailsPayload = mutation_field(
        support_details.update_support_details,
        UpdateSupportDetailsInput,
        "Updates the support details of the viewer's company or of a company it manages.",
    )
