"""A unit of work keeps others from editing what it has found, and from nothing else."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from resolvers.asked import Asked
from resolvers.context import Context
from resolvers.viewer import find_member, load_viewer
from resolvers.work import Work, transaction
from tests.asking import Asking
from tests.given import Company, Given

EDIT: Final = "UPDATE company SET version = version + 1 WHERE id = :id"
REFER: Final = (
    "INSERT INTO audit_event (id, company_id, at, action, table_name, row_id, changes)"
    " VALUES (gen_random_uuid(), :id, now(), 'test', 'port', :id, '{}')"
)


async def context_of(ask: Asking, engine: AsyncEngine, email: str) -> Context:
    """A request of a user."""
    member = await find_member(engine, email)
    assert member is not None
    viewer = await load_viewer(ask.app.state.services.reader, member.user_id, member.membership_id)
    assert viewer is not None
    return Context(ask.app.state.services, viewer)


async def goes_through(engine: AsyncEngine, statement: str, company: Company) -> bool:
    """Whether somebody else's statement about a company is carried out without waiting."""
    try:
        async with transaction(engine) as session:
            await session.execute(sa.text("SET LOCAL lock_timeout = '100ms'"))
            await session.execute(sa.text(statement), {"id": company.key})
    except DBAPIError:
        return False
    return True


async def test_what_is_found_is_edited_by_nobody_else(ask: Asking, engine: AsyncEngine) -> None:
    """Until the unit of work ends others wait to edit its rows, but not to record what they do elsewhere for the same company."""
    company = await Given(engine).company()
    context = await context_of(ask, engine, company.admin)

    async with transaction(engine) as session:
        work = Work(context, session, "test")
        found = await work.owner(Asked({}, work.problems), "update_company_profile")
        meanwhile = [await goes_through(engine, statement, company) for statement in (EDIT, REFER)]
    afterwards = await goes_through(engine, EDIT, company)

    assert (company.key, [False, True], True) == (found.id, meanwhile, afterwards)


async def test_what_is_seen_stays_as_it_is(ask: Asking, engine: AsyncEngine) -> None:
    """What is only looked at is edited by nobody either until the unit of work ends."""
    company = await Given(engine).company()
    context = await context_of(ask, engine, company.admin)

    async with transaction(engine) as session:
        work = Work(context, session, "test")
        found = await work.see(Asked({"id": company.id}, work.problems), "id", "Company")
        meanwhile = [await goes_through(engine, statement, company) for statement in (EDIT, REFER)]

    assert (company.key, [False, True]) == (found.id, meanwhile)
