"""Requests start with remembered facts of their viewer, which their first statement confirms: nobody sees by earlier facts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from random import Random
from typing import Any, Final

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from models import BillingMarket, Company, ManagedAccount, Membership, PartnerDefaults, Port, User
from models.database import connect
from models.managed_account import SupportedBy
from tests.client import DEMO_VIEWERS, HIDDEN, PARTNER, SHOWN, Client, open_client

PAGE: Final = "query Page($first: Int) { ports(first: $first) { nodes { name monthlyRate { amount } } } }"
PRICE: Final = "query Price { ports(first: 1) { nodes { monthlyRate { amount } } } }"
SEVERAL: Final = """query Several {
  ports(first: 2) { nodes { name monthlyRate { amount } } } products(first: 2) { nodes { id } }
  marketplaceProfiles(first: 2) { nodes { id } } viewer { company { id tradingName } pricingVisible roles } }"""
NOTHING: Final = 'query Nothing { ports(filter: {search: "no port has this name"}) { nodes { id } } }'
WITHOUT_STATEMENT: Final = "query Name { __typename }"
DOCUMENTS: Final = (PAGE, PRICE, SEVERAL, NOTHING, WITHOUT_STATEMENT)
CHANGES: Final = 60
RACES: Final = 150
SECRET: Final = 666  # the price of a port while it's hidden


@pytest.fixture
async def engine(demo_copy_url: str) -> AsyncIterator[AsyncEngine]:
    """A connection pool for a copy of the sample market."""
    engine = connect(demo_copy_url)
    yield engine
    await engine.dispose()


@pytest.fixture
async def gateways(demo_copy_url: str, tmp_path: Path) -> AsyncIterator[list[Client]]:
    """Two gateways over one database that remember facts, and one that runs everything on graphql-core and remembers none."""
    async with AsyncExitStack() as stack:
        folders = [tmp_path / name for name in ("one", "other", "forgetful")]
        for folder in folders:
            folder.mkdir()
        clients = [await stack.enter_async_context(open_client(demo_copy_url, folder)) for folder in folders[:2]]
        clients.append(await stack.enter_async_context(open_client(demo_copy_url, folders[2], planner=False)))
        for client in clients:
            client.compares = False
        yield clients


async def run(engine: AsyncEngine, *statements: sa.Executable) -> None:
    """Run statements in one transaction."""
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="READ COMMITTED")
        async with connection.begin():
            for statement in statements:
                await connection.execute(statement)


def company_of(email: str) -> Any:
    """Return the company of a member, for a statement."""
    member = sa.select(Membership.company_id).join(User, User.id == Membership.user_id).where(User.email == email)
    return member.scalar_subquery()


def account_of(email: str) -> sa.ColumnElement[bool]:
    """Return the condition on a member's managed account."""
    is_account: sa.ColumnElement[bool] = ManagedAccount.company_id == company_of(email)
    return is_account


def membership_of(email: str) -> sa.ColumnElement[bool]:
    """Return the condition on a user's memberships."""
    return Membership.user_id == sa.select(User.id).where(User.email == email).scalar_subquery()


def a_change(chance: Random) -> sa.Executable:
    """Return a change of a fact of somebody."""
    account, value = account_of(chance.choice([HIDDEN, SHOWN])), chance.choice([True, False, None])
    setting = chance.choice(["pricing", "chat_support", "dashboard", "company_profile", "order_approval"])
    partner = sa.select(Company.id).where(Company.id == company_of(PARTNER)).scalar_subquery()
    roles = chance.sample(["ACCOUNT_ADMIN", "NETWORK_ADMIN", "FINANCE", "VIEWER"], 2)
    return chance.choice(
        [
            sa.update(ManagedAccount).where(account).values({setting: value}),
            sa.update(ManagedAccount).where(account).values(supported_by=chance.choice([*SupportedBy])),
            sa.update(PartnerDefaults).where(PartnerDefaults.partner_id == partner).values({setting: value}),
            sa.update(Membership).where(membership_of(chance.choice([HIDDEN, SHOWN, PARTNER]))).values(roles=roles),
            sa.update(BillingMarket).where(BillingMarket.company_id == partner).values(enabled=chance.random() < 0.5),
        ]
    )


async def test_a_remembered_viewer_takes_no_statement_of_its_own(gateways: list[Client]) -> None:
    """The second planned query takes one statement with a page, and one without anything else to read."""
    client = gateways[0]
    counts = []
    for document in (PRICE, PRICE, NOTHING, NOTHING, WITHOUT_STATEMENT, WITHOUT_STATEMENT):
        with client.counting(remembers=True) as statements:
            assert [] == (await client(HIDDEN, document)).errors
        counts.append(len(statements))

    assert [2, 1, 2, 1, 1, 1] == counts


async def test_every_change_counts_from_the_next_request_in_each_gateway_V2(
    gateways: list[Client], engine: AsyncEngine
) -> None:
    """After each change, gateways that remember answer as one that doesn't: same data, redactions and errors."""
    chance = Random(2)
    for _ in range(CHANGES):
        document, viewer = chance.choice(DOCUMENTS), chance.choice([HIDDEN, SHOWN, PARTNER])
        await run(engine, a_change(chance))
        answers = [await client(viewer, document) for client in gateways]

        assert [(answers[2].body, answers[2].status)] * 2 == [(each.body, each.status) for each in answers[:2]]


async def test_remembered_answers_come_from_the_planner(gateways: list[Client]) -> None:
    """Each viewer gets the same answer from memory as without, also where there's nothing to read."""
    for viewer in DEMO_VIEWERS:
        for document in DOCUMENTS:
            answers = [await gateways[0](viewer, document) for _ in range(3)]
            expected = await gateways[2](viewer, document)

            assert [expected.body] * 3 == [each.body for each in answers]
            assert ["planned"] * 2 == [each.execution for each in answers[1:]]


async def test_a_former_member_is_refused_with_the_next_request(gateways: list[Client], engine: AsyncEngine) -> None:
    """A removed membership ends a token in every gateway, whatever is sent: 401, without a hint about the document."""
    invalid = "{ thisIsNot { aField } }"
    for client in gateways:
        assert 200 == (await client(SHOWN, PRICE)).status
        assert 200 == (await client(SHOWN, PRICE)).status
    await run(engine, sa.delete(Membership).where(membership_of(SHOWN)))

    for client in gateways:
        statuses = [(await client(SHOWN, document)).status for document in (PRICE, WITHOUT_STATEMENT, invalid, "{")]
        assert [401] * 4 == statuses


async def test_what_is_written_with_its_hiding_is_never_read(gateways: list[Client], engine: AsyncEngine) -> None:
    """While prices are hidden and changed in one transaction, and shown and changed back in another, nobody reads the hidden one."""
    client = gateways[0]
    ports = Port.company_id == company_of(SHOWN)
    hide = (
        sa.update(ManagedAccount).where(account_of(SHOWN)).values(pricing=False),
        sa.update(Port).where(ports).values(monthly_rate=SECRET),
    )
    show = (
        sa.update(Port).where(ports).values(monthly_rate=100),
        sa.update(ManagedAccount).where(account_of(SHOWN)).values(pricing=True),
    )
    await run(engine, *show)
    assert "planned" == [await client(SHOWN, PRICE) for _ in range(2)][1].execution
    seen: set[Any] = set()

    async def write() -> None:
        for _ in range(RACES):
            await run(engine, *hide)
            await run(engine, *show)

    async def read() -> None:
        while not writing.done():
            answer = await client(SHOWN, PRICE)
            rate = answer.data["ports"]["nodes"][0]["monthlyRate"]
            seen.add(rate and rate["amount"])

    writing = asyncio.create_task(write())
    await asyncio.gather(*(read() for _ in range(4)))
    await writing

    assert {None, "100"} == seen
