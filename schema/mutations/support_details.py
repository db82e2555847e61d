"""The mutations of support details."""

from __future__ import annotations

import strawberry
from strawberry import ID

from resolvers.mutations import support_details
from schema.building.inputs import optional
from schema.building.mutation_fields import Payload, mutation_field
from schema.mutations.values import SupportContactInput
from schema.support_details import SupportDetails


@strawberry.input(description="Whom a company turns to for technical support. What is left out stays, null clears it.")
class UpdateSupportDetailsInput(SupportContactInput):
    company_id: ID | None = optional("Whose details they are; the viewer's own company's if left out.")
    version: int = strawberry.field(default=0, description="The version that was read; 0 if there were no details.")


@strawberry.type(description="What came of changing support details.")
class UpdateSupportDetailsPayload(Payload):
    support_details: SupportDetails | None = strawberry.field(default=None, description="The details as they are now.")


@strawberry.type
class SupportDetailsMutations:
    update_support_details: UpdateSupportDetailsPayload = mutation_field(
        support_details.update_support_details,
        UpdateSupportDetailsInput,
        "Change the support details of the viewer's own company, or of one that it manages.",
    )
