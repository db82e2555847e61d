"""Invoices."""

from __future__ import annotations

from datetime import date, datetime

import strawberry

from resolvers import invoice
from schema.building.action_fields import viewer_can_field
from schema.building.fields import column, resolved
from schema.building.nodes import Node, of
from schema.company import Company
from schema.managed_account import ManagedAccount
from schema.port import Port
from schema.values import Money


@strawberry.type(description="A charge of an invoice.")
class InvoiceLine:
    description: str = column("What is charged.")
    amount: Money = resolved(invoice.amount, "How much.")
    managed_account: ManagedAccount | None = resolved(
        invoice.managed_account, "The account that it is for, null for what the payer has itself."
    )
    port: Port | None = resolved(invoice.port, "The port that it is for, if it is for one.")


@strawberry.type(description="What the operator charges a company for a month, in one currency.")
class Invoice(Node):
    is_type_of = of("Invoice")

    company: Company = resolved(invoice.company, "Who pays it.")
    number: str = column("Unique among all invoices.")
    period_start: date = column("The first day that it is for.")
    period_end: date = column("The last day that it is for.")
    total: Money = resolved(invoice.total, "What its lines come to.")
    created_at: datetime = column("When it was issued.")
    lines: list[InvoiceLine] = resolved(invoice.lines, "What is charged, those of managed accounts among them.")
    viewer_can: list[str] = viewer_can_field("Invoice")
