"""Company mutations."""

from __future__ import annotations

import strawberry
from strawberry import ID

from models.company import CompanyType
from resolvers.mutations import company
from schema.building.inputs import optional, required
from schema.building.mutation_fields import Payload, mutation_field
from schema.company import Company
from schema.mutations.values import AddressInput


@strawberry.input(description="A new company.")
class NewCompanyInput:
    trading_name: str = required("The public name of the company, at most 200 characters.")
    legal_name: str = required("The legal name of the company, at most 200 characters.")
    country: str = required("The country of registration, as an ISO 3166-1 alpha-2 code.")
    company_type: CompanyType | None = optional("The line of business: ENTERPRISE (the default) or XAAS.")
    registration_number: str | None = optional("The company's number in its country's company register, at most 64 characters.")
    tax_number: str | None = optional("The tax number issued by the country of registration, at most 64 characters.")
    headquarters: AddressInput | None = optional("The address of the company's headquarters.")


@strawberry.input(
    description="Input for `updateCompanyProfile`. Omitted fields keep their values; null clears an optional field."
)
class UpdateCompanyProfileInput:
    version: int = required("The version that the edit is based on.")
    company_id: ID | None = optional("The company to update. Defaults to the viewer's company.")
    trading_name: str | None = optional("The public name of the company, at most 200 characters.")
    legal_name: str | None = optional(
        "The legal name of the company. It can't be changed once the operator has begun to verify it."
    )
    registration_number: str | None = optional(
        "The company's number in its country's company register. It can't be changed once the operator has begun to verify it."
    )
    tax_number: str | None = optional("The tax number issued by the country of registration, at most 64 characters.")
    headquarters: AddressInput | None = optional("The address of the company's headquarters. It replaces the whole address.")


@strawberry.type(description="Result of `updateCompanyProfile`.")
class UpdateCompanyProfilePayload(Payload):
    company: Company | None = strawberry.field(default=None, description="The updated company.")


@strawberry.type
class CompanyMutations:
    update_company_profile: UpdateCompanyProfilePayload = mutation_field(
        company.update_company_profile,
        UpdateCompanyProfileInput,
        "Updates the profile of the viewer's company or of a company it manages.",
    )
