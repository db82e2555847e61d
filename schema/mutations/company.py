"""The mutations of companies."""

from __future__ import annotations

import strawberry
from strawberry import ID

from resolvers.mutations import company
from schema.building.inputs import optional, required
from schema.building.mutation_fields import Payload, mutation_field
from schema.company import Company
from schema.enums import CompanyType
from schema.mutations.values import AddressInput


@strawberry.input(description="A company that is new to the gateway.")
class NewCompanyInput:
    trading_name: str = required("The name that the public knows. At most 200 characters.")
    legal_name: str = required("The name of the legal person. At most 200 characters.")
    country: str = required("Where it is registered: ISO 3166-1 alpha-2 code.")
    company_type: CompanyType | None = optional("What it does: ENTERPRISE, also if left out, or XAAS.")
    registration_number: str | None = optional("In the register of its country. At most 64 characters.")
    tax_number: str | None = optional("As its country issues it. At most 64 characters.")
    headquarters: AddressInput | None = optional("Its main site.")


@strawberry.input(
    description="What a company is called and what it is on paper. What is left out stays; null clears what may be missing."
)
class UpdateCompanyProfileInput:
    version: int = required("The version that was read.")
    company_id: ID | None = optional("Whose profile it is; the viewer's own company if left out.")
    trading_name: str | None = optional("The name that the public knows. At most 200 characters.")
    legal_name: str | None = optional("The name of the legal person. It stays from when the operator checks it.")
    registration_number: str | None = optional("In the register of its country. It stays from when the operator checks it.")
    tax_number: str | None = optional("As its country issues it. At most 64 characters.")
    headquarters: AddressInput | None = optional("Its main site, as a whole.")


@strawberry.type(description="What came of changing a company profile.")
class UpdateCompanyProfilePayload(Payload):
    company: Company | None = strawberry.field(default=None, description="The company as it is now.")


@strawberry.type
class CompanyMutations:
    update_company_profile: UpdateCompanyProfilePayload = mutation_field(
        company.update_company_profile,
        UpdateCompanyProfileInput,
        "Change a company profile: of the viewer's own company, or of one that it manages.",
    )
