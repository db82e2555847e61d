"""How invoices and their lines get their data."""

from __future__ import annotations

from typing import Final

from resolvers.reading.batching import Made
from resolvers.reading.field_sources import Listed, NamedBy
from resolvers.values.money import money

company: Final = NamedBy("Company", "company_id")
total: Final = Made(money, ("total", "currency"))
lines: Final = Listed("InvoiceLine", by="invoice_id", order="id")
amount: Final = Made(money, ("amount", "currency"))
managed_account: Final = NamedBy("ManagedAccount", "account_company_id", by="company_id")  # R115
port: Final = NamedBy("Port", "port_id")
