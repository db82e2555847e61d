"""`crossgate invoices`: charge a month to whoever pays. What was issued stays as it is, so repeating it adds what is missing only."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Annotated, Any, Final
from uuid import UUID

import sqlalchemy as sa
import typer
from rich.console import Console
from rich.progress import track
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from commands.failure import Failure
from commands.store import open_database, running_database
from models.database import transaction
from models.invoice import Invoice, InvoiceLine, charges
from resolvers.values.money import money
from settings import Settings

app = typer.Typer(add_completion=False, no_args_is_help=True)
ISSUING: Final = 7_041_937  # the advisory lock of whoever issues; any number that nothing else uses
MONTH: Final = re.compile(r"20\d\d-(0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True)
class Period:
    """A month, by its first day."""

    start: date

    @property
    def before(self) -> date:
        """The first day of the month before it."""
        return (self.start - timedelta(days=1)).replace(day=1)

    @property
    def end(self) -> date:
        """Its last day."""
        return (self.start + timedelta(days=31)).replace(day=1) - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Bill:
    """What one payer is charged in one currency: rows of `charges`."""

    payer_id: UUID
    payer: str
    currency: str
    rows: Sequence[Any]

    @property
    def total(self) -> int:
        """In minor units."""
        return sum(row.monthly_rate + row.setup_fee for row in self.rows)

    def lines(self, period: Period) -> Iterator[dict[str, Any]]:
        """Its lines: each port's rate, and its setup where that is due."""
        for row in self.rows:
            known = {"account_company_id": row.account_company_id, "port_id": row.port_id, "currency": self.currency}
            said = f"{row.name}, {row.speed_mbps // 1000} Gbps, {period.start:%B %Y}"
            yield {**known, "description": said, "amount": row.monthly_rate}
            if row.setup_fee:
                yield {**known, "description": f"{row.name}, setup", "amount": row.setup_fee}


@app.callback()
def invoices() -> None:
    """Charge what is in service."""


@app.command()
def issue(
    month: Annotated[str, typer.Argument(metavar="YYYY-MM", help="The month that is charged.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be issued, and store nothing.")] = False,
) -> None:
    """Issue the invoices of a month, one for each payer and currency, and say which. Those that are there stay as they are."""
    if not MONTH.fullmatch(month):
        raise typer.BadParameter(f"{month} is no month such as 2026-04.")
    period = Period(date.fromisoformat(f"{month}-01"))
    if period.start > datetime.now(UTC).date():
        raise Failure(f"{month} has not begun.")
    with running_database(Settings.load()) as settings:
        asyncio.run(_issue(settings, period, dry_run=dry_run))


async def _issue(settings: Settings, period: Period, *, dry_run: bool) -> None:
    async with open_database(settings) as engine:
        try:
            for line in await issued(engine, period, dry_run=dry_run):
                typer.echo(line)
        except ProgrammingError:
            raise Failure("The database has no tables yet. Run `crossgate serve` or `crossgate database upgrade`.") from None


async def issued(engine: AsyncEngine, period: Period, *, dry_run: bool = False) -> list[str]:
    """Issue what a month has not been charged for yet; a line for each invoice, and a summary. Others who issue take turns."""
    async with engine.connect() as guard:
        await guard.execute(sa.select(sa.func.pg_advisory_lock(ISSUING)))
        try:
            return await _all(engine, period, dry_run=dry_run)
        finally:
            await guard.execute(sa.select(sa.func.pg_advisory_unlock(ISSUING)))


async def _all(engine: AsyncEngine, period: Period, *, dry_run: bool) -> list[str]:
    async with engine.connect() as connection:
        found = (await connection.execute(charges(period.before, period.start))).all()
        there = await _there(connection, period)
    bills = [Bill(*key, list(rows)) for key, rows in groupby(found, lambda row: (row.payer_id, row.payer, row.currency))]
    missing = [bill for bill in bills if (bill.payer_id, bill.currency) not in there]
    last = max((int(number.rpartition("-")[2]) for number in there.values()), default=0)
    said, console = [], Console(stderr=True)
    shown = track(missing, "Issuing", console=console, transient=True, disable=not console.is_terminal)
    for place, bill in enumerate(shown, last + 1):
        number = f"INV-{period.start:%Y-%m}-{place:05d}"
        if not dry_run:
            await _store(engine, number, bill, period)
        said.append(_said(number, bill))
    word = "would be issued" if dry_run else "issued"
    return [*said, f"Invoices of {period.start:%Y-%m} {word}: {len(missing)}; there before: {len(bills) - len(missing)}."]


async def _there(connection: AsyncConnection, period: Period) -> dict[tuple[UUID, str], str]:
    """The numbers of the month's invoices that are there, by payer and currency."""
    known = sa.select(Invoice.company_id, Invoice.currency, Invoice.number).where(Invoice.period_start == period.start)
    return {(row.company_id, row.currency): row.number for row in await connection.execute(known)}


async def _store(engine: AsyncEngine, number: str, bill: Bill, period: Period) -> None:
    """Store an invoice with all its lines, or nothing of it."""
    invoice = sa.insert(Invoice).values(
        company_id=bill.payer_id,
        number=number,
        period_start=period.start,
        period_end=period.end,
        currency=bill.currency,
        total=bill.total,
    )
    async with transaction(engine) as session:
        key = await session.scalar(invoice.returning(Invoice.id))
        await session.execute(sa.insert(InvoiceLine), [{"invoice_id": key, **line} for line in bill.lines(period)])


def _said(number: str, bill: Bill) -> str:
    total = money(bill.total, bill.currency)
    assert total is not None  # noqa: S101 (only None has no amount)
    return f"{number}: {bill.payer}, {total.amount} {total.currency}, ports: {len(bill.rows)}"
