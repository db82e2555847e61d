"""Billing markets: where a company has enabled billing and can therefore order (A19, V12)."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Owned
from models.concept import Concept

# ISO 4217 currency by market code. The market codes are the industry's own: UK, not GB.
CURRENCIES: Final = {
    **dict.fromkeys(("AT", "BE", "BG", "DE", "ES", "FI", "FR", "IE", "IT", "LU", "NL"), "EUR"),
    "AU": "AUD",
    "CA": "CAD",
    "CH": "CHF",
    "DK": "DKK",
    "HK": "HKD",
    "JP": "JPY",
    "NO": "NOK",
    "NZ": "NZD",
    "PL": "PLN",
    "SE": "SEK",
    "SG": "SGD",
    "UK": "GBP",
    "US": "USD",
}


class BillingMarket(Owned, Base):
    """One market of one company. `market` is the industry's own code: UK, not GB."""

    __tablename__ = "billing_market"

    market: Mapped[str] = mapped_column(sa.String(2))
    currency: Mapped[str] = mapped_column(sa.String(3))
    enabled: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        sa.UniqueConstraint("company_id", "market"),
        sa.Index("billing_market_partner_id_page", "partner_id", "company_id", "id"),
    )


CONCEPTS: Final = (Concept("BillingMarket", BillingMarket, tag=b"bm"),)
