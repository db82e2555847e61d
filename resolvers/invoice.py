"""Resolvers of invoices and their lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from resolvers.files.urls import url_of
from resolvers.reading.batching import Computed, reads_columns
from resolvers.reading.field_sources import RootConnection, ToMany, ToOne
from resolvers.reading.records import Record
from resolvers.values.money import money

if TYPE_CHECKING:
    from resolvers.context import Context


@reads_columns("id")
async def pdf_url(invoices: Sequence[Record], context: Context) -> list[str]:
    """Return the URL of each invoice as a PDF."""
    return [url_of("Invoice", invoice.id, context) for invoice in invoices]


@reads_columns("id")
async def csv_url(invoices: Sequence[Record], context: Context) -> list[str]:
    """Return the URL of each invoice's lines as CSV."""
    return [url_of("Invoice", invoice.id, context, ".csv") for invoice in invoices]


invoices: Final = RootConnection("Invoice")
company: Final = ToOne("Company", "company_id")
total: Final = Computed(money, ("total", "currency"))
lines: Final = ToMany("InvoiceLine", by="invoice_id", order="id")
amount: Final = Computed(money, ("amount", "currency"))
managed_account: Final = ToOne("ManagedAccount", "account_company_id", by="company_id")  # R115
port: Final = ToOne("Port", "port_id")
agreement: Final = ToOne("Agreement", "agreement_id")
