"""Mutations of portal origins."""

from __future__ import annotations

import strawberry
from strawberry import ID

from models.portal_origin import CHECK_INTERVAL, MAX_ORIGINS
from resolvers.mutations import portal_origin
from schema.building.inputs import optional, required
from schema.building.mutation_fields import Payload, mutation_field, procedure_field
from schema.company import Company


@strawberry.input(description="Input for `setPortalOrigins`.")
class SetPortalOriginsInput:
    company_id: ID | None = optional("The company whose portal it is. Defaults to the viewer's company.")
    version: int = required("The company's version that the edit is based on.")
    origins: list[str] = required(
        f"All web origins of the portal's pages, such as `https://portal.example.com`, at most {MAX_ORIGINS}. An empty list removes "
        "them all."
    )


@strawberry.type(description="Result of `setPortalOrigins`.")
class SetPortalOriginsPayload(Payload):
    company: Company | None = strawberry.field(default=None, description="The company, with its portal origins.")


@strawberry.input(description="Input for `verifyPortalOrigin`.")
class VerifyPortalOriginInput:
    company_id: ID | None = optional("The company whose portal it is. Defaults to the viewer's company.")
    origin: str = required("One of the company's portal origins.")


@strawberry.type(description="Result of `verifyPortalOrigin`.")
class VerifyPortalOriginPayload(Payload):
    company: Company | None = strawberry.field(default=None, description="The company, with its portal origins.")


@strawberry.type
class PortalOriginMutations:
    set_portal_origins: SetPortalOriginsPayload = mutation_field(
        portal_origin.set_portal_origins,
        SetPortalOriginsInput,
        "Sets the web origins whose pages embed the company's portal. New ones count once they are verified. Embed sessions of "
        "removed ones end with their next request.",
    )
    verify_portal_origin: VerifyPortalOriginPayload = procedure_field(
        portal_origin.verify_portal_origin,
        VerifyPortalOriginInput,
        "Reads the file at the origin's `proofUrl`. From then on the origin counts, if the file has the proof. It needs a public "
        f"address, and it's read at most once in {CHECK_INTERVAL.seconds} seconds.",
    )
