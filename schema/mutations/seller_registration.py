"""Mutations of sellers."""

from __future__ import annotations

import strawberry
from strawberry import ID

from models.seller_registration import MAX_HOLDER_LENGTH
from resolvers.mutations import seller_registration
from schema.building.inputs import optional, required
from schema.building.mutation_fields import Payload, mutation_field
from schema.company import Company


@strawberry.input(description="Input for `registerSeller`.")
class RegisterSellerInput:
    company_id: ID | None = optional("The company that sells. Defaults to the viewer's company.")
    bank_account_country: str = required("The country of the bank account, as an ISO 3166-1 alpha-2 code.")
    bank_account_number: str = required(
        "The number of the bank account: the IBAN if its country has IBANs, otherwise 6 to 34 letters and digits. Spaces and hyphens "
        "are ignored."
    )
    account_holder: str = required(f"The holder of the bank account, at most {MAX_HOLDER_LENGTH} characters.")


@strawberry.type(description="Result of `registerSeller`.")
class RegisterSellerPayload(Payload):
    company: Company | None = strawberry.field(default=None, description="The company, with its registration.")


@strawberry.input(description="Input for `setPublisherRights`.")
class SetPublisherRightsInput:
    company_id: ID = required("The company.")
    auto_publish: bool = required("Whether the company can have products published as soon as they are approved.")


@strawberry.type(description="Result of `setPublisherRights`.")
class SetPublisherRightsPayload(Payload):
    company: Company | None = strawberry.field(default=None, description="The updated company.")


@strawberry.type
class SellerRegistrationMutations:
    register_seller: RegisterSellerPayload = mutation_field(
        seller_registration.register_seller,
        RegisterSellerInput,
        "Registers a company as a seller, with the bank account that it's paid to. Registering again replaces the account.",
    )
    set_publisher_rights: SetPublisherRightsPayload = mutation_field(
        seller_registration.set_publisher_rights,
        SetPublisherRightsInput,
        "Says whether a company can have its products published automatically.",
    )
