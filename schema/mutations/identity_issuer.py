"""Mutations of identity issuers."""

from __future__ import annotations

import strawberry
from strawberry import ID

from models.identity_issuer import MAX_AUDIENCE_LENGTH
from resolvers.mutations import identity_issuer
from schema.building.inputs import optional
from schema.building.mutation_fields import Payload, mutation_field
from schema.company import Company


@strawberry.input(description="Input for `setIdentityIssuer`.")
class SetIdentityIssuerInput:
    company_id: ID | None = optional("The company that the issuer is for. Defaults to the viewer's company.")
    issuer: str | None = optional(
        "The issuer's URL, with https, exactly as its tokens and its discovery document name it. Null removes the issuer."
    )
    audience: str | None = optional(
        f"The audience that a token must have, up to {MAX_AUDIENCE_LENGTH} characters: your client ID or API at the issuer. "
        "Required with an issuer."
    )


@strawberry.type(description="Result of `setIdentityIssuer`.")
class SetIdentityIssuerPayload(Payload):
    company: Company | None = strawberry.field(default=None, description="The company, with its issuer.")


@strawberry.type
class IdentityIssuerMutations:
    set_identity_issuer: SetIdentityIssuerPayload = mutation_field(
        identity_issuer.set_identity_issuer,
        SetIdentityIssuerInput,
        "Sets the OpenID issuer whose tokens the company's members sign in with, or removes it. Members who signed in with the "
        "previous issuer's tokens are signed out.",
    )
