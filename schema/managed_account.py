"""Managed accounts, and a partner's defaults for them."""

from __future__ import annotations

import strawberry

from models.managed_account import SupportedBy
from resolvers import managed_account
from schema.building.action_fields import viewer_can_field
from schema.building.connections import Connection
from schema.building.fields import column, resolved
from schema.building.nodes import Node, of
from schema.building.page_inputs import page_arguments
from schema.company import Company
from schema.values import ManagedAccountSettings


@strawberry.type(description="A company's account with the partner that manages it.")
class ManagedAccount(Node):
    is_type_of = of("ManagedAccount")

    account_name: str = column("The partner's name for the account.")
    account_ref: str | None = column("The partner's own reference for the account.")
    company: Company = resolved(managed_account.company, "The managed company.")
    partner: Company = resolved(managed_account.partner, "The partner that manages the account.")
    supported_by: SupportedBy = column("Who provides technical support to the account.")
    settings: ManagedAccountSettings = resolved(managed_account.settings, "The account's effective settings.")
    version: int | None = column("The current version. Send it with the next edit.")
    viewer_can: list[str] = viewer_can_field("ManagedAccount")


@strawberry.type(
    description="A partner's default settings for the accounts it manages. Null means that the partner hasn't set "
    "a default, and the built-in one applies."
)
class PartnerDefaults:
    pricing: bool | None = column("Whether the accounts can see prices.")
    chat_support: bool | None = column("Whether the accounts have chat support.")
    dashboard: bool | None = column("Whether the accounts have a dashboard.")
    company_profile: bool | None = column("Whether the accounts can see their own company profiles.")
    order_approval: bool | None = column("Whether the accounts' orders need the partner's approval.")
    version: int | None = column("The current version. Send it with the next edit.")


@strawberry.type
class ManagedAccountQueries:
    managed_accounts: Connection[ManagedAccount] = resolved(
        managed_account.managed_accounts,
        "The accounts that the viewer's company manages. For a managed account, its own account.",
        page_arguments("ManagedAccount", "managed accounts"),
    )
