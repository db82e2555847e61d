"""Resolvers of invoices and their lines."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final, cast

from resolvers.files.invoice import Line, Sheets
from resolvers.files.urls import File, url_of
from resolvers.reading.batching import Computed, reads_columns
from resolvers.reading.field_sources import RootConnection, ToMany, ToOne
from resolvers.reading.records import Record
from resolvers.values.identifiers import Identifier
from resolvers.values.money import money

if TYPE_CHECKING:
    from resolvers.context import Context
    from resolvers.values.money import Money


@reads_columns("id")
async def pdf_url(invoices: Sequence[Record], context: Context) -> list[str]:
    """Return the URL of each invoice as a PDF."""
    return [url_of("Invoice", invoice.id, context) for invoice in invoices]


@reads_columns("id")
async def csv_url(invoices: Sequence[Record], context: Context) -> list[str]:
    """Return the URL of each invoice's lines as CSV."""
    return [url_of("Invoice", invoice.id, context, ".csv") for invoice in invoices]


async def invoice_pdf(record: Record, context: Context) -> File:
    """Return an invoice as a PDF."""
    sheets = await _sheets(record, context)
    return File("application/pdf", await asyncio.to_thread(sheets.pdf), f"{record.number}.pdf")


async def invoice_csv(record: Record, context: Context) -> File:
    """Return the lines of an invoice as CSV."""
    sheets = await _sheets(record, context)
    return File("text/csv; charset=utf-8", await asyncio.to_thread(sheets.table), f"{record.number}.csv")


async def _sheets(record: Record, context: Context) -> Sheets:
    """Return what the fields of an invoice show to the viewer. Accounts that it can't see have no name."""
    (company_of,) = await company([record], context)
    (charges,) = await lines([record], context)
    accounts, ports, agreements = [await field(charges, context) for field in (managed_account, port, agreement)]
    return Sheets(
        number=record.number,
        company=company_of.trading_name if company_of else "",
        period_start=record.period_start,
        period_end=record.period_end,
        created_at=record.created_at,
        total=cast("Money", money(record.total, record.currency)),
        lines=[
            Line(
                description=charge.description,
                amount=cast("Money", money(charge.amount, charge.currency)),
                account=None if account_of is None else account_of.account_name,
                port=None if port_of is None else Identifier("Port", port_of.id),
                agreement=None if agreement_of is None else Identifier("Agreement", agreement_of.id),
            )
            for charge, account_of, port_of, agreement_of in zip(charges, accounts, ports, agreements, strict=True)
        ],
    )


invoices: Final = RootConnection("Invoice")
company: Final = ToOne("Company", "company_id")
total: Final = Computed(money, ("total", "currency"))
lines: Final = ToMany("InvoiceLine", by="invoice_id", order="id")
amount: Final = Computed(money, ("amount", "currency"))
managed_account: Final = ToOne("ManagedAccount", "account_company_id", by="company_id")  # R115
port: Final = ToOne("Port", "port_id")
agreement: Final = ToOne("Agreement", "agreement_id")
