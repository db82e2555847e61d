"""Resolvers of invoices and their lines."""

from __future__ import annotations

from typing import Final

from resolvers.reading.batching import Computed
from resolvers.reading.field_sources import ToMany, ToOne
from resolvers.values.money import money

company: Final = ToOne("Company", "company_id")
total: Final = Computed(money, ("total", "currency"))
lines: Final = ToMany("InvoiceLine", by="invoice_id", order="id")
amount: Final = Computed(money, ("amount", "currency"))
managed_account: Final = ToOne("ManagedAccount", "account_company_id", by="company_id")  # R115
port: Final = ToOne("Port", "port_id")
agreement: Final = ToOne("Agreement", "agreement_id")
