"""Registrations of sellers."""

from __future__ import annotations

from datetime import datetime

import strawberry

from schema.building.fields import column


@strawberry.type(description="A company's registration as a seller. The number of its bank account is never shown again.")
class SellerRegistration:
    registered_at: datetime = column("When the bank account was registered.")
    bank_account_country: str = column("The country of the bank account, as an ISO 3166-1 alpha-2 code.")
    bank_account_last4: str = column("The last four characters of the bank account's number.")
    account_holder: str = column("The holder of the bank account.")
