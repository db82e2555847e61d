"""Prices: the quoting tool loads them under their own policy, independently of the guard of its field."""

from __future__ import annotations

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from policies.viewer import ANONYMOUS, Viewer
from resolvers.context import Context
from resolvers.price import quote
from resolvers.reading.viewers import find_member, load_viewer
from tests.client import Client
from tests.factory import Factory


@pytest.fixture
def factory(engine: AsyncEngine) -> Factory:
    """Return a factory that adds rows to the test database."""
    return Factory(engine)


async def viewer_of(client: Client, email: str | None) -> Viewer:
    """Return the viewer with this email address, or a visitor."""
    if email is None:
        return ANONYMOUS
    services = client.app.state.services
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
async def test_prices_need_their_own_permission(
    client: Client, factory: Factory, kind: str, role: str | None, rate: str | None
) -> None:
    """Beyond the ability that guards the field, only roles that read prices load them, and managed accounts never do."""
    partner = await factory.partner()
    account = await factory.managed_account(partner, pricing=True)
    company = account.company if kind == "MANAGED" else partner
    location = await factory.orderable(partner)
    email = None if role is None else (await factory.user(company, role)).email
    context = Context(client.app.state.services, await viewer_of(client, email))
    port = {"location_id": location.id, "speed_mbps": 1_000, "term_months": 12}

    (found,) = await quote([None], context, input={"ports": [port]})

    assert [rate] == [line.monthly_rate and line.monthly_rate.amount for line in found.lines]
