"""Invoices for three months: one per payer and currency, including the charges of managed accounts (R114, R115)."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Final
from uuid import UUID

from commands.demo.world import TODAY, Row, World
from models.company import AccountKind
from models.port import PortStatus

MONTHS: Final = (
    date(2026, 1, 1),
    date(2026, 2, 1),
    date(2026, 3, 1),
    date(2026, 4, 1),
)  # the last one only ends the third month


def fill(world: World) -> None:
    """Charge every port in service for each month that started after its activation."""
    payers = {row["id"]: row["partner_id"] or row["id"] for row in world.companies(*AccountKind)}
    operator = world.cast.operator["id"]
    charged = [row for row in world.rows["port"] if row["status"] in {PortStatus.ACTIVE, PortStatus.DISABLED}]
    for start, following in pairwise(MONTHS):
        bills: dict[tuple[UUID, str], list[Row]] = defaultdict(list)
        for port in charged:
            payer = payers[port["company_id"]]
            if port["activated_at"].date() < start and payer != operator:
                bills[payer, port["currency"]].append(port)
        for (payer, currency), ports in bills.items():
            _invoice(world, payer, currency, ports, start, following)


def _invoice(world: World, payer: UUID, currency: str, ports: list[Row], start: date, following: date) -> None:
    at = datetime(following.year, following.month, following.day, 6, tzinfo=TODAY.tzinfo)
    invoice = world.add(
        "invoice",
        at=at,
        company_id=payer,
        number=f"INV-{start:%Y-%m}-{len(world.rows['invoice']) + 1:05d}",
        period_start=start,
        period_end=following - timedelta(days=1),
        currency=currency,
        total=sum(port["monthly_rate"] for port in ports),
        created_at=at,
    )
    for port in ports:
        world.add(
            "invoice_line",
            at=at,
            invoice_id=invoice["id"],
            account_company_id=None if port["company_id"] == payer else port["company_id"],
            port_id=port["id"],
            description=f"{port['name']}, {port['speed_mbps'] // 1000} Gbps, {start:%B %Y}",
            amount=port["monthly_rate"],
            currency=currency,
        )
