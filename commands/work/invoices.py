"""Invoices of a month: one per payer and currency, with their lines."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
import typer
from rich.console import Console
from rich.progress import track
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from commands.store import open_database, requiring_tables, running_database
from models.database import transaction
from models.invoice import Invoice, InvoiceLine, charges, payments
from resolvers.values.money import money
from settings import Settings

ISSUE_LOCK: Final = 7_041_937  # advisory lock key while issuing; any number that nothing else uses


@dataclass(frozen=True, slots=True)
class Period:
    """A month, given by its first day."""

    start: date

    @property
    def before(self) -> date:
        """The first day of the previous month."""
        return (self.start - timedelta(days=1)).replace(day=1)

    @property
    def end(self) -> date:
        """The last day of the month."""
        return (self.start + timedelta(days=31)).replace(day=1) - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Bill:
    """One payer's charges in one currency, as rows of `charges` and of `payments`."""

    payer_id: UUID
    payer: str
    currency: str
    ports: Sequence[Any]
    payments: Sequence[Any]

    @property
    def total(self) -> int:
        """The total in minor units of `currency`."""
        of_ports = sum(row.monthly_rate + row.setup_fee for row in self.ports)
        return int(of_ports + sum(row.amount for row in self.payments))

    def lines(self, period: Period) -> Iterator[dict[str, Any]]:
        """Yield the invoice lines: each port's monthly rate, its setup fee if due, and each payment of an agreement."""
        for row in self.ports:
            port = self._line(row, port_id=row.port_id)
            description = f"{row.name}, {row.speed_mbps // 1000} Gbps, {period.start:%B %Y}"
            yield {**port, "description": description, "amount": row.monthly_rate}
            if row.setup_fee:
                yield {**port, "description": f"{row.name}, setup", "amount": row.setup_fee}
        for row in self.payments:
            payment = self._line(row, agreement_id=row.agreement_id, instalment_id=row.instalment_id)
            yield {**payment, "description": f"{row.name}, payment due on {row.due}", "amount": row.amount}

    def _line(self, row: Any, **charged: UUID | None) -> dict[str, Any]:
        """Return what lines have in common. `charged` says what the line is for."""
        nothing = {"port_id": None, "agreement_id": None, "instalment_id": None}
        return {**nothing, **charged, "account_company_id": row.account_company_id, "currency": self.currency}


def issue_and_print(period: Period, *, dry_run: bool) -> None:
    """Issue a month's missing invoices, and print a line for each and a summary."""
    with running_database(Settings.load()) as settings:
        asyncio.run(_issue(settings, period, dry_run=dry_run))


async def _issue(settings: Settings, period: Period, *, dry_run: bool) -> None:
    async with open_database(settings) as engine:
        with requiring_tables():
            for line in await issued(engine, period, dry_run=dry_run):
                typer.echo(line)


async def issued(engine: AsyncEngine, period: Period, *, dry_run: bool = False) -> list[str]:
    """Issue a month's missing invoices. Returns a line per invoice and a summary. Concurrent runs wait for each other."""
    async with transaction(engine) as guard:  # of a transaction, not a session: a pooler shares sessions
        await guard.execute(sa.select(sa.func.pg_advisory_xact_lock(ISSUE_LOCK)))
        return await _issue_missing(engine, period, dry_run=dry_run)


async def _issue_missing(engine: AsyncEngine, period: Period, *, dry_run: bool) -> list[str]:
    async with engine.connect() as connection:
        ports = _by_payer((await connection.execute(charges(period.before, period.start))).all())
        due = _by_payer((await connection.execute(payments(period.end))).all())
        existing = await _existing(connection, period)
    keys = sorted(ports.keys() | due.keys())
    bills = [Bill(*key, ports.get(key, ()), due.get(key, ())) for key in keys]
    missing = [bill for bill in bills if (bill.payer_id, bill.currency) not in existing]
    last = max((int(number.rpartition("-")[2]) for number in existing.values()), default=0)
    lines, console = [], Console(stderr=True)
    progress = track(missing, "Issuing", console=console, transient=True, disable=not console.is_terminal)
    for sequence, bill in enumerate(progress, last + 1):
        number = f"INV-{period.start:%Y-%m}-{sequence:05d}"
        if not dry_run:
            await _store(engine, number, bill, period)
        lines.append(_summary(number, bill))
    verb = "would be issued" if dry_run else "issued"
    return [*lines, f"Invoices for {period.start:%Y-%m} {verb}: {len(missing)}; already issued: {len(existing)}."]


def _by_payer(rows: Sequence[Any]) -> dict[tuple[UUID, str, str], list[Any]]:
    """Group charges by payer and currency, in which they are sorted."""
    return {key: list(charged) for key, charged in groupby(rows, lambda row: (row.payer_id, row.payer, row.currency))}


async def _existing(connection: AsyncConnection, period: Period) -> dict[tuple[UUID, str], str]:
    """Return the numbers of the month's existing invoices, by payer and currency."""
    statement = sa.select(Invoice.company_id, Invoice.currency, Invoice.number).where(Invoice.period_start == period.start)
    return {(row.company_id, row.currency): row.number for row in await connection.execute(statement)}


async def _store(engine: AsyncEngine, number: str, bill: Bill, period: Period) -> None:
    """Store an invoice with all its lines in one transaction."""
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


def _summary(number: str, bill: Bill) -> str:
    total = money(bill.total, bill.currency)
    assert total is not None  # noqa: S101 (money() returns None only for None)
    return f"{number}: {bill.payer}, {total.amount} {total.currency}, ports: {len(bill.ports)}, payments: {len(bill.payments)}"
