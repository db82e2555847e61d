"""Invoices: what the operator charges a company for a month.

The charges of managed accounts are on their partner's invoice (R114, R115).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, aliased, mapped_column

from models.base import Base, Identified, Owned, now
from models.company import AccountKind, Company
from models.concept import Concept, Relation, SortOrder, at_least, at_most
from models.kinds import BigAmount
from models.port import CHARGED, Port


class Invoice(Owned, Base):
    """The invoice of a paying company (a partner or a direct company) for one period. Amounts are in minor units of `currency`."""

    __tablename__ = "invoice"

    number: Mapped[str] = mapped_column(unique=True)
    period_start: Mapped[date]
    period_end: Mapped[date]
    currency: Mapped[str] = mapped_column(sa.String(3))
    total: Mapped[BigAmount]
    created_at: Mapped[datetime] = mapped_column(default=now)

    __table_args__ = (
        sa.UniqueConstraint("company_id", "period_start", "currency"),
        sa.Index("invoice_company_id_page", "company_id", "id"),
        sa.Index("invoice_partner_id_company_id_page", "partner_id", "company_id", "id"),
        sa.Index("invoice_company_id_period_start_page", "company_id", "period_start", "id"),
        sa.Index("invoice_partner_id_company_id_period_start_page", "partner_id", "company_id", "period_start", "id"),
    )


class InvoiceLine(Identified, Base):
    """One charge, in the invoice's currency. `account_company_id` is the managed company charged for, or None for the payer."""

    __tablename__ = "invoice_line"

    invoice_id: Mapped[UUID] = mapped_column(sa.ForeignKey("invoice.id", ondelete="CASCADE"), index=True)
    account_company_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("company.id"))
    port_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("port.id"))
    description: Mapped[str]
    amount: Mapped[BigAmount]
    currency: Mapped[str] = mapped_column(sa.String(3))


def charges(before: date, start: date) -> sa.Select[Any]:
    """Select the charges of the month that begins at `start`: one row per port in service, by payer and currency (R115).

    A port is charged from the first full month after its activation. That month also has its `setup_fee`, which is 0 later;
    `before` is the start of the previous month. `account_company_id` is None for the payer's own ports.
    """
    payer = aliased(Company)
    fee = sa.case((Port.activated_at >= _midnight(before), Port.setup_fee), else_=0)
    return (
        sa.select(
            payer.id.label("payer_id"),
            payer.trading_name.label("payer"),
            Port.currency,
            sa.func.nullif(Port.company_id, payer.id).label("account_company_id"),
            Port.id.label("port_id"),
            Port.name,
            Port.speed_mbps,
            Port.monthly_rate,
            fee.label("setup_fee"),
        )
        .join(payer, payer.id == sa.func.coalesce(Port.partner_id, Port.company_id))
        .where(Port.status.in_(CHARGED), Port.activated_at < _midnight(start), payer.account_kind != AccountKind.OPERATOR)
        .order_by(payer.id, Port.currency, sa.nulls_first(sa.column("account_company_id")), Port.id)
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


CONCEPTS: Final = (
    Concept(
        "Invoice",
        Invoice,
        tag=b"in",
        below={"company.invoices": Relation(("company_id",))},
        orders={"PERIOD": SortOrder(("period_start",), "period_start")},
        filters={
            "period_from": at_least("period_start", "Matches periods that begin on or after this date."),
            "period_to": at_most("period_start", "Matches periods that begin on or before this date."),
        },
    ),
    Concept("InvoiceLine", InvoiceLine, part_of="Invoice"),
)
