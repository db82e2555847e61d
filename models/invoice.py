"""Invoices: what the operator charges a company for a month.

The charges of managed accounts are on their partner's invoice (R114, R115).
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, aliased, mapped_column

from models.agreement import Agreement, AgreementStatus
from models.base import Base, Identified, Owned, now
from models.company import AccountKind, Company
from models.concept import Concept, Relation, SortOrder, at_least, at_most, equals
from models.kinds import BigAmount
from models.offer import Instalment, Offer, PaymentModel
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
        sa.Index("invoice_partner_id_page", "partner_id", "id"),
        sa.Index("invoice_partner_id_period_start_page", "partner_id", "period_start", "id"),
        sa.Index("invoice_period_start_page", "period_start", "id"),
    )


class InvoiceLine(Identified, Base):
    """One charge, in the invoice's currency. `account_company_id` is the managed company charged for, or None for the payer.

    It's for a port, or for a payment of an agreement: one of its instalments or, without `instalment_id`, its only payment.
    """

    __tablename__ = "invoice_line"

    invoice_id: Mapped[UUID] = mapped_column(sa.ForeignKey("invoice.id", ondelete="CASCADE"), index=True)
    account_company_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("company.id"))
    port_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("port.id"))
    agreement_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("agreement.id"))
    instalment_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("instalment.id"))
    description: Mapped[str]
    amount: Mapped[BigAmount]
    currency: Mapped[str] = mapped_column(sa.String(3))

    __table_args__ = (
        sa.Index(  # a payment is charged once
            "invoice_line_payment",
            "agreement_id",
            "instalment_id",
            unique=True,
            postgresql_where=sa.text("agreement_id IS NOT NULL"),
            postgresql_nulls_not_distinct=True,
        ),
    )


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


def payments(end: date) -> sa.Select[Any]:
    """Select the payments of agreements that fall due by `end` and aren't on any invoice, by payer and currency (R115, R230, R236).

    An instalment is due on its date, but not before the agreement. An agreement without instalments is due when it's accepted.
    What would be due after a cancellation isn't charged.
    """
    payer = aliased(Company)
    due = sa.func.greatest(Instalment.charge_date, Agreement.starts_on)
    charged = sa.exists().where(
        InvoiceLine.agreement_id == Agreement.id, InvoiceLine.instalment_id.is_not_distinct_from(Instalment.id)
    )
    cancelled = sa.and_(Agreement.status == AgreementStatus.CANCELLED, _midnight_of(due) > Agreement.ended_at)
    amount = sa.func.coalesce(Instalment.amount, Agreement.total_value)
    return (
        sa.select(
            payer.id.label("payer_id"),
            payer.trading_name.label("payer"),
            Agreement.currency,
            sa.func.nullif(Agreement.company_id, payer.id).label("account_company_id"),
            Agreement.id.label("agreement_id"),
            Instalment.id.label("instalment_id"),
            Offer.name,
            due.label("due"),
            amount.label("amount"),
        )
        .join(payer, payer.id == sa.func.coalesce(Agreement.partner_id, Agreement.company_id))
        .join(Offer, Offer.id == Agreement.offer_id)
        .outerjoin(Instalment, sa.and_(Instalment.offer_id == Offer.id, Offer.payment_model == PaymentModel.SCHEDULE))
        .where(due <= end, amount > 0, ~cancelled, ~charged, payer.account_kind != AccountKind.OPERATOR)
        .order_by(payer.id, Agreement.currency, sa.nulls_first(sa.column("account_company_id")), Agreement.id, due)
    )


def _midnight_of(day: sa.ColumnElement[date]) -> sa.ColumnElement[datetime]:
    """Return the beginning of a day in UTC."""
    return sa.func.timezone("UTC", sa.cast(day, sa.DateTime()))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


CONCEPTS: Final = (
    Concept(
        "Invoice",
        Invoice,
        tag=b"in",
        below={"company.invoices": Relation(("company_id",))},
        orders={"PERIOD": SortOrder(("period_start",), "period_start", "By month.")},
        filters={
            "period_from": at_least("period_start", "Matches periods that begin on or after this date.", order="PERIOD"),
            "period_to": at_most("period_start", "Matches periods that begin on or before this date.", order="PERIOD"),
            "company_id": equals("company_id", "Matches the company that pays the invoice.", "company", id_of="Company"),
        },
    ),
    Concept("InvoiceLine", InvoiceLine, part_of="Invoice"),
)
