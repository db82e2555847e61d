"""Locations: everybody reads them. Where a managed account may order depends on its partner."""

from __future__ import annotations

import pytest

from tests.client import Client
from tests.factory import Factory
from tests.rules.answers import ids, payload, response_of

ALL = "{ locations { nodes { id } totalCount } }"
ORDERABLE = "{ locations(orderable: true) { nodes { id } totalCount } }"
LOCATION = """query ($id: ID!) { node(id: $id) { ... on Location {
    name metro country market status latitude longitude speedsMbps
} } }"""


@pytest.mark.parametrize("kind", ["ANONYMOUS", "DIRECT", "PARTNER", "OPERATOR", "MANAGED"])
async def test_every_viewer_reads_all_locations_R430(client: Client, factory: Factory, kind: str) -> None:
    """Every viewer reads every data centre, including those where it can't order."""
    places = [await factory.location(status=status) for status in ("ACTIVE", "NEW", "EXPIRED")]
    place = await factory.location("Ham 1", market="UK", metro="London", country="GB")
    email = await factory.admin_of_kind(kind)

    listed, one = await client(email, ALL), await client(email, LOCATION, id=place.id)

    known = {"name": "Ham 1", "metro": "London", "country": "GB", "market": "UK", "status": "ACTIVE"}
    known_too = {"latitude": 50.11, "longitude": 8.68, "speedsMbps": [1000, 10000]}
    assert payload({"locations": ids(*places, place)}) == response_of(listed)
    assert payload({"node": {**known, **known_too}}) == response_of(one)


async def test_managed_viewer_orders_where_its_partner_enabled_billing_R120_A19_V12(client: Client, factory: Factory) -> None:
    """A managed account's orderable locations are those in its partner's enabled billing markets."""
    partner = await factory.partner()
    account = await factory.managed_account(partner)
    german, _british, _swiss = [await factory.location(market=market) for market in ("DE", "UK", "CH")]
    await factory.billing_market(partner, "DE")
    await factory.billing_market(partner, "UK", enabled=False)
    await factory.billing_market(await factory.partner(), "CH")

    answer = await client(account.admin, ORDERABLE)

    assert payload({"locations": ids(german)}) == response_of(answer)


async def test_accounts_own_markets_make_no_location_orderable_A19(client: Client, factory: Factory) -> None:
    """Only the partner's billing markets count, not those of the managed company itself."""
    account = await factory.managed_account(await factory.partner())
    await factory.location(market="DE")
    await factory.billing_market(account.company, "DE")

    answer = await client(account.admin, ORDERABLE)

    assert payload({"locations": ids()}) == response_of(answer)


async def test_orderable_locations_follow_the_partners_markets_at_once_R120(client: Client, factory: Factory) -> None:
    """A market that the partner enables or disables applies to its account's next request."""
    partner = await factory.partner()
    account = await factory.managed_account(partner)
    place = await factory.location(market="DE")
    market = await factory.billing_market(partner, "DE", enabled=False)

    before = await client(account.admin, ORDERABLE)
    await factory.change(market, enabled=True)
    enabled = await client(account.admin, ORDERABLE)
    await factory.change(market, enabled=False)
    after = await client(account.admin, ORDERABLE)

    assert payload({"locations": ids(place)}) == response_of(enabled)
    assert payload({"locations": ids()}) == response_of(before)
    assert before.body == after.body


@pytest.mark.parametrize("status", ["NEW", "DEPLOYMENT", "RESTRICTED", "EXTENDED", "EXPIRED"])
async def test_only_active_locations_are_orderable_R120(client: Client, factory: Factory, status: str) -> None:
    """A location that isn't active is orderable for nobody, even in an enabled market."""
    partner = await factory.partner()
    account = await factory.managed_account(partner)
    await factory.location(market="DE", status=status)
    await factory.billing_market(partner, "DE")

    managed, own = await client(account.admin, ORDERABLE), await client(partner.admin, ORDERABLE)

    assert payload({"locations": ids()}) == response_of(managed)
    assert payload({"locations": ids()}) == response_of(own)


@pytest.mark.parametrize("kind", ["DIRECT", "PARTNER", "OPERATOR"])
async def test_orderable_locations_are_narrowed_for_managed_viewers_only_R120_V12(
    client: Client, factory: Factory, kind: str
) -> None:
    """For every other viewer all active locations are orderable, whatever its billing markets."""
    place = await factory.location(market="DE")
    email = await factory.admin_of_kind(kind)

    answer = await client(email, ORDERABLE)

    assert payload({"locations": ids(place)}) == response_of(answer)


async def test_existing_ports_stay_listed_in_disabled_markets_A20(client: Client, factory: Factory) -> None:
    """A managed account still sees its port and the port's location in a market that isn't enabled."""
    account = await factory.managed_account(await factory.partner())
    place = await factory.location(market="UK")
    port = await factory.port(account.company, place)

    ports = await client(account.admin, "{ ports { nodes { id location { id market } } } }")
    orderable = await client(account.admin, ORDERABLE)

    found = {"id": port.id, "location": {"id": place.id, "market": "UK"}}
    assert payload({"ports": {"nodes": [found]}}) == response_of(ports)
    assert payload({"locations": ids()}) == response_of(orderable)
