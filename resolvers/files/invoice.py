"""Invoices as files: a PDF to book, and the lines as CSV.

A file contains what the fields of the invoice show to its reader. Accounts that the reader can't see have no name in it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Final, cast

from resolvers import invoice
from resolvers.files.csv_rows import encode_rows
from resolvers.files.urls import File
from resolvers.reading.records import Record
from resolvers.values.identifiers import Identifier
from resolvers.values.money import Money, money

if TYPE_CHECKING:
    from resolvers.context import Context

HEADER: Final = (
    "invoice",
    "periodStart",
    "periodEnd",
    "description",
    "managedAccount",
    "portId",
    "agreementId",
    "amount",
    "currency",
)
LEFT: Final = 10  # millimetres
WIDTH: Final = 190
LABEL_WIDTH: Final = 40
LINE_HEIGHT: Final = 6
TITLES: Final = ("Charge", "Account", "Amount")
COLUMNS: Final = ((LEFT, 100), (LEFT + 103, 50), (LEFT + 156, 34))  # where each begins, and its width


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the invoice. The account, the port and the agreement are None for others and if the reader can't see them."""

    description: str
    amount: Money
    account: Record | None
    port: Record | None
    agreement: Record | None

    @property
    def account_name(self) -> str | None:
        """The name of the managed account that the charge is for."""
        return None if self.account is None else self.account.account_name


async def render_pdf(record: Record, context: Context) -> File:
    """Return an invoice as a PDF, which is the same each time."""
    (company,) = await context.loaders.rows("Company", [record.company_id])
    facts = {
        "Company": company.trading_name if company else "",
        "Period": f"{record.period_start} to {record.period_end}",
        "Issued": record.created_at.date().isoformat(),
    }
    lines = await _lines(record, context)
    total = money(record.total, record.currency)
    content = await asyncio.to_thread(_typeset, record.number, record.created_at, facts, lines, total)
    return File("application/pdf", content, f"{record.number}.pdf")


async def render_csv(record: Record, context: Context) -> File:
    """Return the lines of an invoice as CSV."""
    rows = [
        (
            record.number,
            record.period_start,
            record.period_end,
            line.description,
            line.account_name,
            line.port and Identifier("Port", line.port.id),
            line.agreement and Identifier("Agreement", line.agreement.id),
            line.amount.amount,
            line.amount.currency,
        )
        for line in await _lines(record, context)
    ]
    return File("text/csv; charset=utf-8", encode_rows([HEADER, *rows]), f"{record.number}.csv")


async def _lines(record: Record, context: Context) -> list[Line]:
    (charges,) = await invoice.lines([record], context)
    return [
        Line(charge.description, cast("Money", amount), *related)
        for charge, amount, *related in zip(
            charges,
            await invoice.amount(charges, context),
            await invoice.managed_account(charges, context),
            await invoice.port(charges, context),
            await invoice.agreement(charges, context),
            strict=True,
        )
    ]


def _typeset(number: str, created_at: datetime, facts: Mapping[str, str], lines: Sequence[Line], total: Money | None) -> bytes:
    """Return the PDF, which only depends on the arguments."""
    from fpdf import FPDF  # imported late, with the typesetting: a sixth of the time in which a gateway starts

    from resolvers.files.typesetting import Sheet

    page = FPDF(format="A4")
    page.set_title(f"Invoice {number}")
    page.set_creation_date(created_at)
    page.add_page()
    y = Sheet(page, 18).write(f"Invoice {number}", LEFT, page.t_margin, WIDTH, 16)
    text = Sheet(page, 10)
    for label, value in facts.items():
        text.write(label, LEFT, y, LABEL_WIDTH, LINE_HEIGHT)
        y = text.write(value, LEFT + LABEL_WIDTH, y, WIDTH - LABEL_WIDTH, LINE_HEIGHT)
    y = text.write_row(TITLES, COLUMNS, y + LINE_HEIGHT, LINE_HEIGHT)
    for line in lines:
        y = text.write_row((line.description, line.account_name or "", line.amount.amount), COLUMNS, y, LINE_HEIGHT)
    if total is not None:
        text.write_row(("Total", "", f"{total.amount} {total.currency}"), COLUMNS, y + LINE_HEIGHT / 2, LINE_HEIGHT)
    return bytes(page.output())
