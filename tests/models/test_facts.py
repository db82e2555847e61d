"""Columns that the database derives stay correct through inserts, updates and deletes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from random import Random
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from models import (
    BillingMarket,
    Company,
    ConnectionRequest,
    Dealing,
    Invitation,
    Offer,
    OfferBuyer,
    Port,
    Product,
    ProductTestAccount,
    User,
)
from models.base import now
from models.marketplace_profile import MarketplaceProfile
from models.offer import OfferStatus
from tests.models import factory

WAITING = sa.text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'")
PATIENCE = 30  # seconds, even on a busy machine
HISTORIES = 5
STEPS = 40
TRUE_DEALINGS = (
    sa.select(
        Offer.product_id,
        OfferBuyer.company_id,
        Offer.status,
        Company.partner_id,
        Offer.company_id,
        Offer.partner_id,
        sa.func.count(),
    )
    .join_from(Offer, OfferBuyer, OfferBuyer.offer_id == Offer.id)
    .join(Company, Company.id == OfferBuyer.company_id)
    .group_by(Offer.product_id, OfferBuyer.company_id, Offer.status, Company.partner_id, Offer.company_id, Offer.partner_id)
)
STORED_DEALINGS = sa.select(
    Dealing.product_id,
    Dealing.buyer_id,
    Dealing.status,
    Dealing.buyer_partner_id,
    Dealing.seller_id,
    Dealing.seller_partner_id,
    Dealing.offers,
)


@pytest.fixture
async def connection(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    async with engine.connect() as connection:
        yield connection


async def test_rows_of_a_managed_company_carry_its_partner_V14(connection: AsyncConnection) -> None:
    """A managed company's row gets the partner from the company, whatever the insert says."""
    partner = await factory.company(connection)
    managed = await factory.company(connection, partner)
    row = {"market": "NL", "currency": "EUR", "company_id": managed}
    await factory.add(connection, BillingMarket, **row, partner_id=managed)
    await factory.add(connection, BillingMarket, **row | {"company_id": partner}, partner_id=managed)

    facts = await connection.execute(sa.select(BillingMarket.company_id, BillingMarket.partner_id))

    assert {(managed, partner), (partner, None)} == {tuple(row) for row in facts}


async def test_company_and_public_ports_carry_the_profile_visibility_A7(connection: AsyncConnection) -> None:
    """A profile's visibility is copied to existing and new PUBLIC ports, follows changes, and is removed with the profile."""
    owner, where = await factory.company(connection), await factory.location(connection)
    for visibility in ("PUBLIC", "PRIVATE"):
        await factory.port(connection, owner, where, visibility=visibility)
    seen = [await _visibilities(connection)]
    await factory.profile(connection, owner, "PUBLIC")
    await factory.port(connection, owner, where, visibility="PUBLIC")
    seen.append(await _visibilities(connection))
    await connection.execute(sa.update(MarketplaceProfile).values(visibility="PRIVATE"))
    seen.append(await _visibilities(connection))
    await connection.execute(sa.delete(MarketplaceProfile))
    seen.append(await _visibilities(connection))

    assert [
        [None, None, None],
        ["PUBLIC", "PUBLIC", None, "PUBLIC"],
        ["PRIVATE", "PRIVATE", None, "PRIVATE"],
        [None, None, None, None],
    ] == seen


async def test_port_carries_the_profile_visibility_while_it_is_public_A7(connection: AsyncConnection) -> None:
    """A port gets the copy when it becomes PUBLIC, and loses it when it becomes PRIVATE."""
    owner, where = await factory.company(connection), await factory.location(connection)
    await factory.profile(connection, owner, "PUBLIC")
    await factory.port(connection, owner, where)
    seen = [await _visibilities(connection)]
    for visibility in ("PUBLIC", "PRIVATE"):
        await connection.execute(sa.update(Port).values(visibility=visibility))
        seen.append(await _visibilities(connection))

    assert [["PUBLIC", None], ["PUBLIC", "PUBLIC"], ["PUBLIC", None]] == seen


@pytest.mark.parametrize("is_new", [True, False])
async def test_port_published_while_its_profile_is_hidden_is_not_listed_A7(engine: AsyncEngine, is_new: bool) -> None:
    """A port that becomes PUBLIC waits for a change of the profile that isn't committed yet, and carries the result."""
    async with engine.execution_options(isolation_level="READ COMMITTED").connect() as hiding, engine.connect() as publishing:
        owner, where = await factory.company(publishing), await factory.location(publishing)
        await factory.profile(publishing, owner, "PUBLIC")
        if not is_new:
            await factory.port(publishing, owner, where)
        await hiding.execute(sa.update(MarketplaceProfile).values(visibility="PRIVATE"))
        published: asyncio.Future[Any] = asyncio.ensure_future(
            factory.port(publishing, owner, where, visibility="PUBLIC")
            if is_new
            else publishing.execute(sa.update(Port).values(visibility="PUBLIC"))
        )
        await _wait_for_a_lock(hiding)
        await hiding.commit()
        await published

        assert ["PRIVATE", "PRIVATE"] == await _visibilities(publishing)


async def test_hiding_a_profile_writes_only_public_ports_and_sends_no_event_A7(engine: AsyncEngine) -> None:
    """Ports that the Marketplace doesn't show aren't written, and nobody is told of a column that no field shows."""
    async with engine.connect() as connection:
        owner, where = await factory.company(connection), await factory.location(connection)
        await factory.profile(connection, owner, "PUBLIC")
        for visibility in ("PUBLIC", "PRIVATE"):
            await factory.port(connection, owner, where, visibility=visibility)
        before = await _versions(connection)
        sent: list[str] = []
        raw: Any = (await connection.get_raw_connection()).driver_connection
        await raw.add_listener("crossgate", lambda *message: sent.append(message[-1]))
        await connection.execute(sa.update(MarketplaceProfile).values(visibility="PRIVATE"))
        after = await _versions(connection)
        await connection.execute(sa.text("NOTIFY crossgate, 'end'"))

    assert {"PUBLIC"} == {visibility for visibility, version in after if (visibility, version) not in before}
    assert ["end"] == sent


async def test_company_counts_its_public_products_V18(connection: AsyncConnection) -> None:
    """The count of public products follows inserts, visibility changes and deletes."""
    seller = await factory.company(connection)
    await factory.product(connection, seller, "LIMITED")
    first = await factory.product(connection, seller, "PUBLIC")
    counts = [await connection.scalar(sa.select(Company.public_products))]
    await connection.execute(sa.update(Product).values(visibility="PUBLIC"))
    counts.append(await connection.scalar(sa.select(Company.public_products)))
    await connection.execute(sa.update(Product).where(Product.id == first).values(visibility="RESTRICTED"))
    counts.append(await connection.scalar(sa.select(Company.public_products)))
    await connection.execute(sa.delete(Product))
    counts.append(await connection.scalar(sa.select(Company.public_products)))

    assert [1, 2, 1, 0] == counts


async def test_connection_request_carries_the_provider_V16(connection: AsyncConnection) -> None:
    """The provider and its partner are copied from the target port."""
    partner, customer = await factory.company(connection), await factory.company(connection)
    provider, where = await factory.company(connection, partner), await factory.location(connection)
    ports = {
        "port_id": await factory.port(connection, customer, where),
        "target_port_id": await factory.port(connection, provider, where),
    }
    await factory.add(connection, ConnectionRequest, company_id=customer, name="Sample", rate_limit_mbps=1, **ports)

    found = (await connection.execute(sa.select(ConnectionRequest.provider_id, ConnectionRequest.provider_partner_id))).one()

    assert (provider, partner) == tuple(found)


async def test_test_account_carries_seller_and_visibility_R254(connection: AsyncConnection) -> None:
    """A test account has its product's seller and current visibility."""
    seller, guest = await factory.company(connection), await factory.company(connection)
    product = await factory.product(connection, seller, "LIMITED")
    await factory.add(connection, ProductTestAccount, product_id=product, company_id=guest)
    facts = sa.select(ProductTestAccount.seller_id, ProductTestAccount.product_visibility)
    seen = [tuple((await connection.execute(facts)).one())]
    await connection.execute(sa.update(Product).values(visibility="RESTRICTED"))
    seen.append(tuple((await connection.execute(facts)).one()))

    assert [(seller, "LIMITED"), (seller, "RESTRICTED")] == seen


async def test_invitation_carries_the_user_who_owns_the_address_V45(connection: AsyncConnection) -> None:
    """It's the claimed user who has verified the address, in any case, whichever of the two was stored first."""
    company, expiry = await factory.company(connection), now()
    inviting = await factory.add(connection, User, email="inviting@sample.example", name="Sam")
    user = await factory.add(connection, User, email="Ada@sample.example", name="Ada")
    facts = {"company_id": company, "roles": ["VIEWER"], "invited_by_id": inviting, "expires_at": expiry}
    invitees = sa.select(Invitation.invitee_id).order_by(Invitation.id)
    seen = []

    await factory.add(connection, Invitation, email="ada@sample.example", token_hash="1", **facts)
    seen.append(list(await connection.scalars(invitees)))
    for values in (
        {"email_verified_at": expiry},
        {"email": "other@sample.example"},
        {"email": "ADA@sample.example", "claimed": False},
        {"claimed": True},
    ):
        await connection.execute(sa.update(User).where(User.id == user).values(**values))
        seen.append(list(await connection.scalars(invitees)))
    await factory.add(connection, Invitation, email="aDa@sample.example", token_hash="2", **facts)
    seen.append(list(await connection.scalars(invitees)))
    newcomer = {"email": "new@sample.example", "name": "New", "email_verified_at": expiry}
    await factory.add(connection, Invitation, email="NEW@sample.example", token_hash="3", **facts)
    new = await factory.add(connection, User, **newcomer)
    seen.append(list(await connection.scalars(invitees)))

    assert [[None], [user], [None], [None], [user], [user, user], [user, user, new]] == seen


async def test_buyer_carries_the_facts_of_its_offer_V19(connection: AsyncConnection) -> None:
    """A buyer has its own partner and the offer's seller, seller's partner and product."""
    partner, other = await factory.company(connection), await factory.company(connection)
    seller, buyer = await factory.company(connection, partner), await factory.company(connection, other)
    product = await factory.product(connection, seller)
    await factory.offer(connection, seller, product, "DRAFT", buyer)
    facts = (OfferBuyer.partner_id, OfferBuyer.seller_id, OfferBuyer.seller_partner_id, OfferBuyer.product_id)

    assert (other, seller, partner, product) == tuple((await connection.execute(sa.select(*facts))).one())


@pytest.mark.parametrize("seed", range(HISTORIES))
async def test_dealings_count_the_offers_R219(connection: AsyncConnection, seed: int) -> None:
    """After any change to offers and buyers, dealings equal a fresh count."""
    history = await History.begin(connection, Random(seed))
    for _ in range(STEPS):
        await history.step()

        counted = {tuple(row) for row in await connection.execute(TRUE_DEALINGS)}
        assert counted == {tuple(row) for row in await connection.execute(STORED_DEALINGS)}


class History:
    """A random history of offers between a few sellers and buyers, so that pairs occur often."""

    def __init__(self, connection: AsyncConnection, chance: Random, products: dict[UUID, UUID], buyers: list[UUID]) -> None:
        self._connection, self._chance, self._products, self._buyers = connection, chance, products, buyers
        self._offers: list[UUID] = []

    @classmethod
    async def begin(cls, connection: AsyncConnection, chance: Random) -> History:
        """Create two sellers (one managed) with two products each, and four buyers (two managed)."""
        partner = await factory.company(connection)
        sellers = [await factory.company(connection), await factory.company(connection, partner)]
        buyers = [await factory.company(connection, manager) for manager in (None, None, partner, partner)]
        products = {await factory.product(connection, seller): seller for seller in sellers * 2}
        return cls(connection, chance, products, buyers)

    async def step(self) -> None:
        """Create, change or delete one or more offers."""
        steps = [self._make, self._make, self._move, self._move_many, self._drop_buyers, self._delete]
        await self._chance.choice(steps if self._offers else steps[:1])()

    async def _make(self) -> None:
        product = self._chance.choice(list(self._products))
        buyers = self._chance.sample(self._buyers, self._chance.randint(0, 4))
        offer = await factory.offer(self._connection, self._products[product], product, self._status(), *buyers)
        self._offers.append(offer)

    async def _move(self) -> None:
        await self._update([self._chance.choice(self._offers)])

    async def _move_many(self) -> None:
        await self._update(self._chance.sample(self._offers, self._chance.randint(1, len(self._offers))))

    async def _update(self, offers: list[UUID]) -> None:
        async with factory.any_status(self._connection, Offer):
            await self._connection.execute(sa.update(Offer).where(Offer.id.in_(offers)).values(status=self._status()))

    async def _drop_buyers(self) -> None:
        gone = self._chance.choice(self._buyers), self._chance.choice(self._offers)
        await self._connection.execute(
            sa.delete(OfferBuyer).where(OfferBuyer.company_id == gone[0], OfferBuyer.offer_id <= gone[1])
        )

    async def _delete(self) -> None:
        gone = self._chance.choice(self._offers)
        self._offers.remove(gone)
        await self._connection.execute(sa.delete(Offer).where(Offer.id == gone))

    def _status(self) -> OfferStatus:
        return self._chance.choice(list(OfferStatus))


async def _visibilities(connection: AsyncConnection) -> list[Any]:
    """Return the profile visibility of the company and of its ports, the oldest first."""
    company = await connection.scalar(sa.select(Company.profile_visibility))
    return [company, *(await connection.scalars(sa.select(Port.profile_visibility).order_by(Port.id)))]


async def _versions(connection: AsyncConnection) -> set[tuple[str, str]]:
    """Return the visibility of each port, and the transaction that wrote it last."""
    rows = await connection.execute(sa.text("SELECT visibility, xmin::text FROM port"))
    return {(visibility, version) for visibility, version in rows}


async def _wait_for_a_lock(connection: AsyncConnection) -> None:
    """Return when another connection to the database waits for a lock."""
    async with asyncio.timeout(PATIENCE):
        while not await connection.scalar(WAITING):  # noqa: ASYNC110 (another connection waits)
            await asyncio.sleep(0.01)
