"""Invoices as files: a PDF to book, and the lines as CSV."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from resolvers.files.csv_rows import encode_rows
from resolvers.values.identifiers import Identifier
from resolvers.values.money import Money

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
    """A line of an invoice. The account, the port and the agreement are None for others and if the reader can't see them."""

    description: str
    amount: Money
    account: str | None
    port: Identifier | None
    agreement: Identifier | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheets:
    """What the files of an invoice contain."""

    number: str
    company: str
    period_start: date
    period_end: date
    created_at: datetime
    total: Money
    lines: Sequence[Line]

    def table(self) -> bytes:
        """Return the lines as CSV."""
        period = (self.number, self.period_start, self.period_end)
        rows = [
            (*period, line.description, line.account, line.port, line.agreement, line.amount.amount, line.amount.currency)
            for line in self.lines
        ]
        return encode_rows([HEADER, *rows])

    def pdf(self) -> bytes:
        """Return the invoice as a PDF, which is the same each time."""
        from fpdf import FPDF  # imported late, with the typesetting: a sixth of the time in which a gateway starts

        from resolvers.files.typesetting import Sheet

        page = FPDF(format="A4")
        page.set_title(f"Invoice {self.number}")
        page.set_creation_date(self.created_at)
        page.add_page()
        y = Sheet(page, 18).write(f"Invoice {self.number}", LEFT, page.t_margin, WIDTH, 16)
        text = Sheet(page, 10)
        for label, value in self._facts().items():
            text.write(label, LEFT, y, LABEL_WIDTH, LINE_HEIGHT)
            y = text.write(value, LEFT + LABEL_WIDTH, y, WIDTH - LABEL_WIDTH, LINE_HEIGHT)
        y = text.write_row(TITLES, COLUMNS, y + LINE_HEIGHT, LINE_HEIGHT)
        for line in self.lines:
            y = text.write_row((line.description, line.account or "", line.amount.amount), COLUMNS, y, LINE_HEIGHT)
        total = ("Total", "", f"{self.total.amount} {self.total.currency}")
        text.write_row(total, COLUMNS, y + LINE_HEIGHT / 2, LINE_HEIGHT)
        return bytes(page.output())

    def _facts(self) -> Mapping[str, str]:
        return {
            "Company": self.company,
            "Period": f"{self.period_start} to {self.period_end}",
            "Issued": self.created_at.date().isoformat(),
        }
