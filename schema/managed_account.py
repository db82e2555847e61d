"""Managed accounts, and what a partner sets for all of its own."""

from __future__ import annotations

import strawberry

from resolvers import managed_account
from schema.building.action_fields import viewer_can_field
from schema.building.fields import column, resolved
from schema.building.nodes import Node, of
from schema.company import Company
from schema.enums import SupportedBy
from schema.values import ManagedAccountSettings


@strawberry.type(description="The account of a company with the partner that manages it.")
class ManagedAccount(Node):
    is_type_of = of("ManagedAccount")

    account_name: str = column("What the partner calls it.")
    account_ref: str | None = column("The partner's own reference.")
    company: Company = resolved(managed_account.company, "The company that is managed.")
    partner: Company = resolved(managed_account.partner, "The partner that manages it.")
    supported_by: SupportedBy = column("Who gives it technical support.")
    settings: ManagedAccountSettings = resolved(managed_account.settings, "What is switched on for it.")
    version: int | None = column("Counts the edits of the account; to be stated by whoever edits it.")
    viewer_can: list[str] = viewer_can_field("ManagedAccount")


@strawberry.type(
    description="What a partner has set for all accounts that it manages. Null is: nothing, the rules' own default."
)
class PartnerDefaults:
    pricing: bool | None = column("Whether the accounts see prices.")
    chat_support: bool | None = column("Whether the accounts have support by chat.")
    dashboard: bool | None = column("Whether the accounts have a dashboard.")
    company_profile: bool | None = column("Whether the accounts read their own company profiles.")
    order_approval: bool | None = column("Whether the accounts' orders wait for their partner's approval.")
    version: int | None = column("Counts the edits of the defaults; to be stated by whoever edits them.")
