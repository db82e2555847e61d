"""The market of the workload: 300 locations, 2,000 companies, 20,000 ports, 1,500 profiles, 3,000 products and 9,000 offers.

The rows are always the same. Pages are full: the partner's accounts have enough ports and offers for every list, and providers
have public ports. Columns that the database derives are left to its triggers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from benchmarks.workload.viewers import DIRECT, MANAGED, PARTNER, email

SEED: Final = 7
PARTNERS, DIRECT_COMPANIES, MANAGED_COMPANIES = 40, 1_200, 760
MAIN_PARTNER_SHARE: Final = 0.3  # of the managed companies
LOCATIONS, PROFILES, PUBLIC_PROFILES, PRODUCTS, OFFERS = 300, 1_500, 1_200, 3_000, 9_000
ACCOUNT_PORTS, ACCOUNT_OFFERS, PROVIDER_PORTS, VIEWER_PORTS = 45, 12, 8, 120
MOST_BUYERS: Final = 25
START: Final = datetime(2024, 1, 1, tzinfo=UTC)
WORDS: Final = (
    "network",
    "fabric",
    "latency",
    "carrier",
    "dense",
    "peering",
    "cloud",
    "metro",
    "fibre",
    "edge",
    "route",
    "transit",
)
STATUSES: Final = {"PUBLISHED": 50, "ACCEPTED": 20, "DRAFT": 15, "EXPIRED": 15}

Row = dict[str, Any]


@dataclass(slots=True)
class Market:
    """The rows by table, in insertion order."""

    chance: Random = field(default_factory=lambda: Random(SEED))  # noqa: S311 (samples, not secrets)
    rows: dict[str, list[Row]] = field(default_factory=dict)
    divisor: int = 1
    _made: int = 0

    def add(self, table: str, **values: Any) -> Row:
        """Add a row with its own key, greater than the previous ones."""
        row = {"id": self._key(), **values}
        self.rows.setdefault(table, []).append(row)
        return row

    def link(self, table: str, **values: Any) -> None:
        """Add a row without its own key."""
        self.rows.setdefault(table, []).append(values)

    def count(self, full: int) -> int:
        """Scale a number of the full market to this market's size."""
        return full // self.divisor

    def words(self, count: int) -> str:
        """Some words."""
        return " ".join(self.chance.choices(WORDS, k=count))

    def _key(self) -> UUID:
        """Return a UUIDv7 with a unique millisecond."""
        self._made += 1
        time = int(START.timestamp() * 1000) + self._made
        return UUID(int=time << 80 | 7 << 76 | self.chance.getrandbits(12) << 64 | 2 << 62 | self.chance.getrandbits(62))


def make(divisor: int = 1) -> Market:
    """Build all rows of the market, or of one that is `divisor` times smaller."""
    market = Market(divisor=divisor)
    locations = [_location(market, number) for number in range(market.count(LOCATIONS))]
    companies = _companies(market)
    main = companies[0]
    accounts = [company for company in companies if company["partner_id"] == main["id"]]
    direct = next(company for company in companies if company["account_kind"] == "DIRECT")
    viewers = {PARTNER: main, MANAGED: accounts[0], DIRECT: direct}
    for name, company in viewers.items():
        user = market.add("app_user", email=email(name), name=name.title(), created_at=START)
        market.add("membership", user_id=user["id"], company_id=company["id"], roles=["ACCOUNT_ADMIN"], created_at=START)
    providers = _profiles(market, companies, list(viewers.values()))
    _ports(market, companies, accounts, providers, list(viewers.values()), locations)
    _offers(market, companies, accounts)
    return market


def _location(market: Market, number: int) -> Row:
    chance = market.chance
    return market.add(
        "location",
        name=f"Site {chance.choice('ABCDEFGH')}{number + 1}",
        metro=f"Metro {chance.randrange(60)}",
        country=chance.choice(("US", "DE", "GB", "FR", "AU", "SG", "JP", "NL")),
        market="US",
        status="ACTIVE",
        latitude=0.0,
        longitude=0.0,
        speeds_mbps=[1_000, 10_000, 100_000],
    )


def _companies(market: Market) -> list[Row]:
    """Add the companies, partners first. The first partner has a large share of the managed companies."""
    chance = market.chance
    companies: list[Row] = []
    partners = market.count(PARTNERS)
    rest = ["DIRECT"] * market.count(DIRECT_COMPANIES) + ["MANAGED"] * market.count(MANAGED_COMPANIES)
    chance.shuffle(rest)
    for number, kind in enumerate(["PARTNER"] * partners + rest):
        partner = (
            companies[0 if chance.random() < MAIN_PARTNER_SHARE else chance.randrange(1, partners)]
            if kind == "MANAGED"
            else None
        )
        name = f"{market.words(2).title()} {number + 1}"
        company = market.add(
            "company",
            trading_name=name,
            legal_name=f"{name} Ltd",
            account_kind=kind,
            company_type="ENTERPRISE",
            verification_status="VERIFIED",
            partner_id=partner and partner["id"],
            country="DE",
            created_at=START,
        )
        if partner:
            market.add(
                "managed_account",
                company_id=company["id"],
                partner_id=partner["id"],
                account_name=name,
                supported_by="PARTNER",
                pricing=False,
                created_at=START,
            )
        companies.append(company)
    return companies


def _profiles(market: Market, companies: list[Row], viewers: list[Row]) -> list[Row]:
    """Return the companies with a public profile, including the viewers' companies."""
    others = [company for company in companies if company not in viewers]
    owners = [*viewers, *market.chance.sample(others, market.count(PROFILES) - len(viewers))]
    public = [number < market.count(PUBLIC_PROFILES) for number in range(len(owners))]
    order = list(zip(owners, public, strict=True))
    market.chance.shuffle(order)
    for number, (company, shown) in enumerate(order):
        market.add(
            "marketplace_profile",
            company_id=company["id"],
            company_name=company["trading_name"],
            slug=f"profile-{number + 1}",
            visibility="PUBLIC" if shown else "PRIVATE",
            bio=market.words(market.chance.randint(60, 80)),
            contact_email=f"sales{number}@provider.example",
            website=f"https://www.provider{number}.example",
            provider_types=["NETWORK"],
            service_types=[],
            social_links="[]",
            created_at=START,
        )
    return [company for company, shown in order if shown]


def _ports(
    market: Market,
    companies: list[Row],
    accounts: list[Row],
    providers: list[Row],
    viewers: list[Row],
    locations: list[Row],
) -> None:
    counts = {company["id"]: market.chance.randint(0, 2) for company in companies}
    counts |= {company["id"]: PROVIDER_PORTS for company in providers}
    counts |= {company["id"]: ACCOUNT_PORTS for company in accounts}
    counts |= {company["id"]: VIEWER_PORTS for company in viewers}
    owners = [company for company, count in counts.items() for _ in range(count)]
    market.chance.shuffle(owners)
    for number, owner in enumerate(owners):
        _port(market, owner, number, market.chance.choice(locations))


def _port(market: Market, owner: UUID, number: int, location: Row) -> None:
    chance = market.chance
    market.add(
        "port",
        company_id=owner,
        location_id=location["id"],
        name=f"Port {market.words(2)} {number + 1}",
        speed_mbps=chance.choice((1_000, 10_000, 100_000)),
        term_months=12,
        status=chance.choices(("ACTIVE", "REQUESTED", "DECOMMISSIONED"), (80, 12, 8))[0],
        visibility="PUBLIC" if chance.random() < 0.9 else "PRIVATE",
        monthly_rate=chance.randint(10_000, 500_000),
        setup_fee=chance.randint(0, 100_000),
        currency=chance.choice(("USD", "EUR", "AUD")),
        marketplace_name=f"Access {market.words(2)}" if chance.random() < 0.5 else None,
        created_at=START + timedelta(seconds=chance.randrange(50_000_000)),
    )


def _products(market: Market, companies: list[Row]) -> dict[UUID, list[UUID]]:
    """Add the products; each company has one."""
    products: dict[UUID, list[UUID]] = {}
    for number, seller in enumerate([*companies, *market.chance.choices(companies, k=market.count(PRODUCTS) - len(companies))]):
        product = market.add(
            "product",
            company_id=seller["id"],
            title=f"Product {market.words(2)} {number + 1}",
            slug=f"product-{number + 1}",
            kind="SERVICE",
            visibility="LIMITED",
            categories=["TRAINING"],
            highlights=[],
            keywords=[],
            supports=[],
            related_ids=[],
            customer_references=[],
            created_at=START,
        )
        products.setdefault(seller["id"], []).append(product["id"])
    return products


def _offers(market: Market, companies: list[Row], accounts: list[Row]) -> None:
    chance, products = market.chance, _products(market, companies)
    sellers = accounts * ACCOUNT_OFFERS
    sellers += chance.choices(companies, k=market.count(OFFERS) - len(sellers))
    chance.shuffle(sellers)
    for number, seller in enumerate(sellers):
        offer = market.add(
            "offer",
            company_id=seller["id"],
            product_id=chance.choice(products[seller["id"]]),
            name=f"Offer {market.words(3)} {number + 1}",
            status=chance.choices(list(STATUSES), list(STATUSES.values()))[0],
            payment_model="UPFRONT",
            currency=chance.choice(("USD", "EUR", "AUD")),
            total_value=chance.randint(1_000, 900_000),
            contract_end_date=date(2028, 1, 1),
            expires_on=date(2027, 1, 1),
            created_at=START,
        )
        for buyer in chance.sample(companies, chance.randint(1, MOST_BUYERS)):
            if buyer is not seller:
                market.link("offer_buyer", offer_id=offer["id"], company_id=buyer["id"])


async def store(engine: AsyncEngine, market: Market, progress: Callable[[str], None]) -> None:
    """Copy all rows into an empty database in one transaction."""
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="READ COMMITTED")
        async with connection.begin():
            await connection.execute(sa.text("LOCK TABLE company IN SHARE ROW EXCLUSIVE MODE"))  # starts the transaction
            await connection.execute(sa.text("SET LOCAL crossgate.silent = 'on'"))
            raw: Any = (await connection.get_raw_connection()).driver_connection
            for table, rows in market.rows.items():
                progress(f"storing {len(rows):,} rows of {table}")
                records = [tuple(row.values()) for row in rows]
                await raw.copy_records_to_table(table, records=records, columns=list(rows[0]))
    async with engine.connect() as connection:
        await connection.execute(sa.text("VACUUM (ANALYZE)"))
