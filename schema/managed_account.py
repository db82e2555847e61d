"""Managed accounts."""

from __future__ import annotations

import strawberry

from resolvers import managed_account
from schema.company import Company
from schema.enums import SupportedBy
from schema.fields import column, resolved
from schema.node import Node, of
from schema.values import ManagedAccountSettings


@strawberry.type(description="The account of a company with the partner that manages it.")
class ManagedAccount(Node):
    is_type_of = of("ManagedAccount")

    account_name: str = column("What the partner calls it.")
    account_ref: str | None = column("The partner's own reference. Never for the managed account.")
    company: Company = resolved(managed_account.company, "The company that is managed.")
    partner: Company = resolved(managed_account.partner, "The partner that manages it.")
    supported_by: SupportedBy = column("Who gives it technical support.")
    settings: ManagedAccountSettings = resolved(managed_account.settings, "What is switched on for it.")
