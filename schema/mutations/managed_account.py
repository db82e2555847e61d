"""Mutations of managed accounts, and of a partner's defaults for them."""

from __future__ import annotations

import strawberry
from strawberry import ID

from models.managed_account import SupportedBy
from resolvers.mutations import managed_account
from schema.building.inputs import optional, required
from schema.building.mutation_fields import Payload, mutation_field
from schema.managed_account import ManagedAccount, PartnerDefaults
from schema.mutations.company import NewCompanyInput
from schema.mutations.values import SupportContactInput


@strawberry.input(
    description="Settings of a managed account. True or false overrides the default, null restores it, and "
    "omitted settings keep their values."
)
class ManagedAccountSettingsInput:
    pricing: bool | None = optional("Whether prices are visible.")
    chat_support: bool | None = optional("Whether chat support is available.")
    dashboard: bool | None = optional("Whether the dashboard is available.")
    company_profile: bool | None = optional("Whether an account can see its own company profile.")
    order_approval: bool | None = optional("Whether orders need the partner's approval.")


@strawberry.input(description="The first user of a new account, who is invited to become its account administrator.")
class FirstUserInput:
    email: str = required("The user's email address, to which the invitation is sent.")
    name: str | None = optional("Ignored: users enter their names themselves. Leave it out.")


@strawberry.input(description="Input for `createManagedAccount`.")
class CreateManagedAccountInput:
    account_name: str = required(
        "The partner's name for the account, from 1 to 128 characters. It must be unique among the partner's accounts."
    )
    supported_by: SupportedBy = required("Who provides technical support to the account.")
    company: NewCompanyInput = required("The managed company. It is always a new company.")
    account_ref: str | None = optional("The partner's own reference for the account, at most 128 characters.")
    support_details: SupportContactInput | None = optional(
        "The company's technical support contact. Required if the operator provides support."
    )
    settings: ManagedAccountSettingsInput | None = optional("Settings that override the partner's defaults.")
    admin: FirstUserInput | None = optional("The account's first user. `company.invitations` has the invitation.")


@strawberry.input(description="Input for `updateManagedAccount`. Omitted fields keep their values.")
class UpdateManagedAccountInput:
    id: ID = required("The managed account.")
    version: int = required("The version that the edit is based on.")
    account_name: str | None = optional(
        "The partner's name for the account, from 1 to 128 characters. It must be unique among the partner's accounts."
    )
    account_ref: str | None = optional("The partner's own reference for the account, at most 128 characters. Null clears it.")
    supported_by: SupportedBy | None = optional(
        "Who provides technical support to the account. The operator can only be chosen if it can contact the account."
    )


@strawberry.input(description="Input for `updateManagedAccountSettings`.")
class UpdateManagedAccountSettingsInput:
    id: ID = required("The managed account.")
    version: int = required("The version that the edit is based on.")
    settings: ManagedAccountSettingsInput = required(
        "The settings to change. Settings that are null follow the partner's defaults."
    )


@strawberry.input(description="Input for `updatePartnerDefaults`. Settings that are null follow the built-in defaults.")
class UpdatePartnerDefaultsInput(ManagedAccountSettingsInput):
    version: int = strawberry.field(
        default=0, description="The version that the edit is based on. 0 if no defaults were ever set."
    )


@strawberry.type(description="Result of `createManagedAccount`.")
class CreateManagedAccountPayload(Payload):
    managed_account: ManagedAccount | None = strawberry.field(default=None, description="The new managed account.")


@strawberry.type(description="Result of `updateManagedAccount`.")
class UpdateManagedAccountPayload(Payload):
    managed_account: ManagedAccount | None = strawberry.field(default=None, description="The updated managed account.")


@strawberry.type(description="Result of `updateManagedAccountSettings`.")
class UpdateManagedAccountSettingsPayload(Payload):
    managed_account: ManagedAccount | None = strawberry.field(default=None, description="The updated managed account.")


@strawberry.type(description="Result of `updatePartnerDefaults`.")
class UpdatePartnerDefaultsPayload(Payload):
    partner_defaults: PartnerDefaults | None = strawberry.field(default=None, description="The updated defaults.")


@strawberry.type
class ManagedAccountMutations:
    create_managed_account: CreateManagedAccountPayload = mutation_field(
        managed_account.create_managed_account,
        CreateManagedAccountInput,
        "Creates a managed account for a new company.",
    )
    update_managed_account: UpdateManagedAccountPayload = mutation_field(
        managed_account.update_managed_account,
        UpdateManagedAccountInput,
        "Updates an account's name, the partner's reference for it, or who supports it.",
    )
    update_managed_account_settings: UpdateManagedAccountSettingsPayload = mutation_field(
        managed_account.update_managed_account_settings,
        UpdateManagedAccountSettingsInput,
        "Updates the settings of one account. The change takes effect with the next request.",
    )
    update_partner_defaults: UpdatePartnerDefaultsPayload = mutation_field(
        managed_account.update_partner_defaults,
        UpdatePartnerDefaultsInput,
        "Updates the default settings of the accounts that the viewer's company manages. An account's own "
        "settings take precedence.",
    )
