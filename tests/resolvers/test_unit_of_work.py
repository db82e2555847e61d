"""Unit of work: it blocks edits of the rows it locked, and nothing else."""

from __future__ import annotations

import asyncio
from typing import Final

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from models.database import transaction
from resolvers.context import Context
from resolvers.reading.viewers import find_member, load_viewer
from resolvers.writing.input_reader import InputReader
from resolvers.writing.unit_of_work import UnitOfWork
from tests.client import Client
from tests.factory import Company, Factory
from tests.rules.mutations import send, user_error

EDIT: Final = "UPDATE company SET version = version + 1 WHERE id = :id"
REFER: Final = (
    "INSERT INTO audit_event (id, company_id, at, action, table_name, row_id, changes)"
    " VALUES (gen_random_uuid(), :id, now(), 'test', 'port', :id, '{}')"
)


async def context_of(client: Client, engine: AsyncEngine, email: str) -> Context:
    """Return the context of a request of a user."""
    member = await find_member(engine, email)
    assert member is not None
    viewer = await load_viewer(client.app.state.services.reader, member.user_id, member.membership_id)
    assert viewer is not None
    return Context(client.app.state.services, viewer)


async def runs_without_waiting(engine: AsyncEngine, statement: str, company: Company) -> bool:
    """Return True if another session can run a statement about a company without waiting."""
    try:
        async with transaction(engine) as session:
            await session.execute(sa.text("SET LOCAL lock_timeout = '100ms'"))
            await session.execute(sa.text(statement), {"id": company.key})
    except DBAPIError:
        return False
    return True


async def test_locked_row_blocks_other_edits(client: Client, engine: AsyncEngine) -> None:
    """Until the unit of work ends, others wait to edit its rows, but not to record other events of the same company."""
    company = await Factory(engine).company()
    context = await context_of(client, engine, company.admin)

    async with transaction(engine) as session:
        work = UnitOfWork(context, session, "test")
        found = await work.acting_company(InputReader({}, work.errors), "update_company_profile")
        meanwhile = [await runs_without_waiting(engine, statement, company) for statement in (EDIT, REFER)]
    afterwards = await runs_without_waiting(engine, EDIT, company)

    assert (company.key, [False, True], True) == (found.id, meanwhile, afterwards)


async def test_share_locked_row_blocks_edits(client: Client, engine: AsyncEngine) -> None:
    """A row that is only read is not edited by others until the unit of work ends."""
    company = await Factory(engine).company()
    context = await context_of(client, engine, company.admin)

    async with transaction(engine) as session:
        work = UnitOfWork(context, session, "test")
        found = await work.lock_for_share(InputReader({"id": company.id}, work.errors), "id", "Company")
        meanwhile = [await runs_without_waiting(engine, statement, company) for statement in (EDIT, REFER)]

    assert (company.key, [False, True]) == (found.id, meanwhile)


async def test_viewer_without_the_right_never_waits_for_a_lock_A21(client: Client, engine: AsyncEngine) -> None:
    """It doesn't wait with or without read access, so response times never reveal that the row is being changed."""
    factory = Factory(engine)
    company, stranger = await factory.company(), await factory.company()
    viewer = await factory.user(company, "VIEWER")
    port = await factory.port(company)
    await factory.profile(company)

    async with transaction(engine) as session, asyncio.timeout(30):
        await session.execute(sa.text("SELECT FROM port WHERE id = :id FOR UPDATE"), {"id": port.key})
        await session.execute(sa.text("SELECT FROM company WHERE id = :id FOR UPDATE"), {"id": company.key})
        hidden = await send(client, stranger.admin, "updatePort", "port { id }", id=port.id, version=1)
        read = await send(client, viewer.email, "updatePort", "port { id }", id=port.id, version=1)
        public = await send(client, stranger.admin, "updateCompanyProfile", "company { id }", companyId=company.id, version=1)

    assert {"port": None, "userErrors": [user_error("NOT_FOUND", "id")]} == hidden
    assert {"port": None, "userErrors": [user_error("FORBIDDEN", "id")]} == read
    assert {"company": None, "userErrors": [user_error("FORBIDDEN", "companyId")]} == public
