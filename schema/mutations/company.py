"""Company mutations."""

from __future__ import annotations

import strawberry
from strawberry import ID

from choices import CompanyType
from resolvers.mutations import company
from schema.building.inputs import optional, required
from schema.building.mutation_fields import Payload, mutation_field, procedure_field
from schema.company import Company
from schema.mutations.values import AddressInput
from schema.session import Tokens


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


@strawberry.input(description="Input for `submitVerification`.")
class SubmitVerificationInput:
    company_id: ID | None = optional("The company to submit. Defaults to the viewer's company.")
    certificate_id: ID = required("The certificate of registration: the ID of an upload with the purpose CERTIFICATE.")


@strawberry.type(description="Result of `submitVerification`.")
class SubmitVerificationPayload(Payload):
    company: Company | None = strawberry.field(default=None, description="The submitted company.")


@strawberry.input(description="Input for `verifyCompany`.")
class VerifyCompanyInput:
    company_id: ID = required("The company.")
    company_type: CompanyType | None = optional(
        "The line of business that fits the company best. Defaults to the one that it has. All but ENTERPRISE and XAAS need a "
        "distribution agreement."
    )


@strawberry.type(description="Result of `verifyCompany`.")
class VerifyCompanyPayload(Payload):
    company: Company | None = strawberry.field(default=None, description="The verified company.")


@strawberry.input(description="Input for `rejectCompany`.")
class RejectCompanyInput:
    company_id: ID = required("The company.")
    reason: str = required("What is wrong with the submission, at most 1,000 characters. The company reads it.")


@strawberry.type(description="Result of `rejectCompany`.")
class RejectCompanyPayload(Payload):
    company: Company | None = strawberry.field(default=None, description="The rejected company.")


@strawberry.input(description="Input for `setDistributionAgreement`.")
class SetDistributionAgreementInput:
    company_id: ID = required("The company.")
    agreed: bool = required("Whether the company has a distribution agreement.")


@strawberry.type(description="Result of `setDistributionAgreement`.")
class SetDistributionAgreementPayload(Payload):
    company: Company | None = strawberry.field(default=None, description="The updated company.")


@strawberry.input(description="Input for `registerCompany`.")
class RegisterCompanyInput:
    legal_name: str = required("The legal name of the company, as on its certificate of registration, at most 200 characters.")
    trading_name: str = required("The public name of the company, at most 200 characters.")
    country: str = required("The country of registration, as an ISO 3166-1 alpha-2 code.")
    registration_number: str = required("The company's number in its country's company register, at most 64 characters.")
    company_type: CompanyType | None = optional("The line of business: ENTERPRISE (the default) or XAAS.")
    headquarters: AddressInput | None = optional("The address of the headquarters.")
    certificate_id: ID | None = optional(
        "The company's certificate of registration, from `POST /files?purpose=CERTIFICATE`. With it, the company is submitted for "
        "verification at once."
    )


@strawberry.type(description="Result of `registerCompany`.")
class RegisterCompanyPayload(Payload):
    company: Company | None = strawberry.field(default=None, description="The new company.")
    tokens: Tokens | None = strawberry.field(
        default=None, description="An access token for the company. The session keeps its refresh token."
    )


@strawberry.type
class CompanyMutations:
    register_company: RegisterCompanyPayload = procedure_field(
        company.register_company,
        RegisterCompanyInput,
        "Registers a company, whose account administrator the user becomes. It can't order, connect or publish until the "
        "operator has verified it.",
    )
    update_company_profile: UpdateCompanyProfilePayload = mutation_field(
        company.update_company_profile,
        UpdateCompanyProfileInput,
        "Updates the profile of the viewer's company or of a company it manages.",
    )
    submit_verification: SubmitVerificationPayload = mutation_field(
        company.submit_verification,
        SubmitVerificationInput,
        "Submits a company for verification by the operator, also again after a rejection. It becomes PENDING.",
    )
    verify_company: VerifyCompanyPayload = mutation_field(
        company.verify_company,
        VerifyCompanyInput,
        "Verifies a PENDING company. It can order, connect and publish from then on.",
    )
    reject_company: RejectCompanyPayload = mutation_field(
        company.reject_company,
        RejectCompanyInput,
        "Rejects a PENDING company, with a reason that it reads. It can submit again.",
    )
    set_distribution_agreement: SetDistributionAgreementPayload = mutation_field(
        company.set_distribution_agreement,
        SetDistributionAgreementInput,
        "Records that a company has a distribution agreement with the operator, or no longer has one. Without one, a type that "
        "needs it becomes ENTERPRISE.",
    )
