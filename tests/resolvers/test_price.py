"""Prices: the quoting tool loads them by their own policy, whatever has let somebody so far."""

from __future__ import annotations

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from policies.viewer import ANONYMOUS, Viewer
from resolvers.context import Context
from resolvers.price import quote
from resolvers.viewer import find_member, load_viewer
from tests.client import Client
from tests.factory import Factory


@pytest.fixture
def given(engine: AsyncEngine) -> Factory:
    """Puts rows into the database."""
    return Factory(engine)


async def viewer_of(ask: Client, email: str | None) -> Viewer:
    """The viewer with an address, or a visitor."""
    if email is None:
        return ANONYMOUS
    services = ask.app.state.services
    member = await find_member(services.engine, email)
    assert member is not None
    viewer = await load_viewer(services.reader, member.user_id, member.membership_id)
    assert viewer is not None
    return viewer


@pytest.mark.parametrize(
    ("kind", "role", "rate"),
    [
        ("PARTNER", "FINANCE", "300.00"),
        ("PARTNER", "NETWORK_ADMIN", None),
        ("MANAGED", "FINANCE", None),
        ("ANONYMOUS", None, None),
    ],
)
async def test_whoever_reads_no_prices_loads_none(
    ask: Client, given: Factory, kind: str, role: str | None, rate: str | None
) -> None:
    """Past the ability that guards the field, prices are still those of the roles that read them, and never a managed account's."""
    partner = await given.partner()
    account = await given.managed_account(partner, pricing=True)
    company = account.company if kind == "MANAGED" else partner
    location = await given.orderable(partner)
    email = None if role is None else (await given.user(company, role)).email
    context = Context(ask.app.state.services, await viewer_of(ask, email))
    port = {"location_id": location.id, "speed_mbps": 1_000, "term_months": 12}

    (found,) = await quote([None], context, input={"ports": [port]})

    assert [rate] == [line.monthly_rate and line.monthly_rate.amount for line in found.lines]
