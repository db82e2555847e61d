"""Invoices."""

from __future__ import annotations

from datetime import date, datetime

import strawberry

from resolvers import invoice
from schema.agreement import Agreement
from schema.building.action_fields import viewer_can_field
from schema.building.connections import Connection
from schema.building.fields import column, resolved
from schema.building.nodes import Node, of
from schema.building.page_inputs import page_arguments
from schema.building.scalars import URL
from schema.company import Company
from schema.managed_account import ManagedAccount
from schema.port import Port
from schema.values import Money


@strawberry.type(description="A line item of an invoice.")
class InvoiceLine:
    description: str = column("A description of the charge.")
    amount: Money = resolved(invoice.amount, "The amount charged.")
    managed_account: ManagedAccount | None = resolved(
        invoice.managed_account,
        "The managed account that the charge is for. Null if the charge is for the paying company itself.",
    )
    port: Port | None = resolved(invoice.port, "The port that the charge is for, if any.")
    agreement: Agreement | None = resolved(invoice.agreement, "The agreement whose payment is charged, if any.")


@strawberry.type(description="The operator's monthly charges to a company, in one currency.")
class Invoice(Node):
    is_type_of = of("Invoice")

    company: Company = resolved(invoice.company, "The company that pays the invoice.")
    number: str = column("The unique number of the invoice.")
    period_start: date = column("The first day of the billing period.")
    period_end: date = column("The last day of the billing period.")
    total: Money = resolved(invoice.total, "The sum of all lines.")
    created_at: datetime = column("When the invoice was issued.")
    lines: list[InvoiceLine] = resolved(invoice.lines, "The charges, including those of managed accounts.")
    pdf_url: URL = resolved(invoice.pdf_url, "The URL of the invoice as a PDF.")
    csv_url: URL = resolved(invoice.csv_url, "The URL of the lines as CSV.")
    viewer_can: list[str] = viewer_can_field("Invoice")


@strawberry.type
class InvoiceQueries:
    invoices: Connection[Invoice] = resolved(
        invoice.invoices,
        "The invoices of the viewer's company. A partner's include the charges of the accounts it manages.",
        page_arguments("Invoice", "invoices"),
    )
