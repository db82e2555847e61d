"""The mutations of managed accounts, and of what a partner sets for all of its own."""

from __future__ import annotations

import strawberry
from strawberry import ID

from resolvers.mutations import managed_account
from schema.building.inputs import optional, required
from schema.building.mutation_fields import Payload, mutation_field
from schema.enums import SupportedBy
from schema.managed_account import ManagedAccount, PartnerDefaults
from schema.mutations.company import NewCompanyInput
from schema.mutations.values import SupportContactInput


@strawberry.input(
    description="Switches: true and false are set, null is left to whoever decides next, what is left out stays as it is."
)
class ManagedAccountSettingsInput:
    pricing: bool | None = optional("Whether prices are seen.")
    chat_support: bool | None = optional("Whether there is support by chat.")
    dashboard: bool | None = optional("Whether there is a dashboard.")
    company_profile: bool | None = optional("Whether an account reads its own company profile.")
    order_approval: bool | None = optional("Whether orders wait for the partner's approval.")


@strawberry.input(description="The first user of a new account: its account administrator.")
class FirstUserInput:
    email: str = required("The person's address. A user whom you can read keeps their own name.")
    name: str = required("The person's full name. At most 200 characters.")


@strawberry.input(description="An account to be made.")
class CreateManagedAccountInput:
    account_name: str = required("What the partner calls it: 1 to 128 characters, no two of its accounts alike.")
    supported_by: SupportedBy = required("Who gives it technical support.")
    company: NewCompanyInput = required("The company that is managed. It is always new.")
    account_ref: str | None = optional("The partner's own reference. At most 128 characters.")
    support_details: SupportContactInput | None = optional("Whom it turns to. Required if the operator supports it.")
    settings: ManagedAccountSettingsInput | None = optional("What is switched on for it, whatever the partner's defaults are.")
    admin: FirstUserInput | None = optional("Who may use it first.")


@strawberry.input(description="What of an account is to be changed. What is left out stays.")
class UpdateManagedAccountInput:
    id: ID = required("The account.")
    version: int = required("The version that was read.")
    account_name: str | None = optional("What the partner calls it: 1 to 128 characters, no two of its accounts alike.")
    account_ref: str | None = optional("The partner's own reference; null for none. At most 128 characters.")
    supported_by: SupportedBy | None = optional("Who gives it technical support. The operator, if it can reach the account.")


@strawberry.input(description="What is to be switched for one account.")
class UpdateManagedAccountSettingsInput:
    id: ID = required("The account.")
    version: int = required("The version that was read.")
    settings: ManagedAccountSettingsInput = required("The switches; those that are null follow the partner's defaults.")


@strawberry.input(
    description="What is to be switched for all accounts of the viewer's company; null follows the rules' own default."
)
class UpdatePartnerDefaultsInput(ManagedAccountSettingsInput):
    version: int = strawberry.field(default=0, description="The version that was read; 0 if nothing was ever set.")


@strawberry.type(description="What came of making an account.")
class CreateManagedAccountPayload(Payload):
    managed_account: ManagedAccount | None = strawberry.field(default=None, description="The new account.")


@strawberry.type(description="What came of changing an account.")
class UpdateManagedAccountPayload(Payload):
    managed_account: ManagedAccount | None = strawberry.field(default=None, description="The account as it is now.")


@strawberry.type(description="What came of switching things for an account.")
class UpdateManagedAccountSettingsPayload(Payload):
    managed_account: ManagedAccount | None = strawberry.field(default=None, description="The account as it is now.")


@strawberry.type(description="What came of switching things for all accounts of a partner.")
class UpdatePartnerDefaultsPayload(Payload):
    partner_defaults: PartnerDefaults | None = strawberry.field(default=None, description="The defaults as they are now.")


@strawberry.type
class ManagedAccountMutations:
    create_managed_account: CreateManagedAccountPayload = mutation_field(
        managed_account.create_managed_account,
        CreateManagedAccountInput,
        "Make a managed account of a new company.",
    )
    update_managed_account: UpdateManagedAccountPayload = mutation_field(
        managed_account.update_managed_account,
        UpdateManagedAccountInput,
        "Change what an account is called, the partner's reference to it or who supports it.",
    )
    update_managed_account_settings: UpdateManagedAccountSettingsPayload = mutation_field(
        managed_account.update_managed_account_settings,
        UpdateManagedAccountSettingsInput,
        "Switch things on or off for one account. In effect with the next request, in every gateway.",
    )
    update_partner_defaults: UpdatePartnerDefaultsPayload = mutation_field(
        managed_account.update_partner_defaults,
        UpdatePartnerDefaultsInput,
        "Switch things on or off for all accounts of the viewer's company that do not say otherwise.",
    )
