"""Marketplace ports: how everyone sees a public port of a public provider, and when it isn't listed."""

from __future__ import annotations

from typing import Any

import pytest

from tests.client import ANONYMOUS, Client
from tests.factory import Factory, Port, Thing
from tests.rules.answers import ids, nodes, payload, response_of

TARGETS = """query ($port: ID!, $profile: ID!) {
    node(id: $port) { id }
    marketplacePorts { nodes { id } totalCount }
    profile: node(id: $profile) { ... on MarketplaceProfile { ports { nodes { id } totalCount } } }
}"""
NAMES = "{ marketplacePorts { nodes { name description } } }"
OWN_NAMES = "{ ports { nodes { marketplaceName marketplaceDescription } } }"
ALL = "{ marketplacePorts { nodes { id } totalCount } }"


def shown(port: Port) -> dict[str, Any]:
    """Return the answer to TARGETS for a viewer that sees the port, and no other."""
    there = ids(port.on_marketplace)
    return payload({"node": {"id": port.on_marketplace.id}, "marketplacePorts": there, "profile": {"ports": there}})


@pytest.mark.parametrize("kind", ["ANONYMOUS", "DIRECT", "PARTNER", "MANAGED", "OPERATOR"])
async def test_public_port_of_a_public_provider_is_a_target_R028_R029_A7(client: Client, factory: Factory, kind: str) -> None:
    """Every viewer finds the public ports of a public profile, on the Marketplace and below the profile."""
    company = await factory.company()
    profile, port = await factory.profile(company), await factory.port(company, visibility="PUBLIC")
    await factory.port(company, visibility="PRIVATE")
    email = await factory.admin_of_kind(kind)

    answer = await client(email, TARGETS, port=port.on_marketplace.id, profile=profile.id)

    assert shown(port) == response_of(answer)


@pytest.mark.parametrize("caller", ["visitor", "its company", "its partner", "the operator"])
async def test_private_profile_hides_public_ports_R013_A7(client: Client, factory: Factory, caller: str) -> None:
    """While the profile is private, its public ports aren't targets. They are once it's public."""
    partner, operator = await factory.partner(), await factory.operator()
    company = await factory.company()
    if caller == "its partner":
        company = (await factory.managed_account(partner)).company
    profile = await factory.profile(company, visibility="PRIVATE")
    port = await factory.port(company, visibility="PUBLIC")
    email = {"visitor": ANONYMOUS, "its company": company.admin, "its partner": partner.admin}.get(caller, operator.admin)

    private = await client(email, TARGETS, port=port.on_marketplace.id, profile=profile.id)
    await factory.change(profile, visibility="PUBLIC")
    public = await client(email, TARGETS, port=port.on_marketplace.id, profile=profile.id)

    below = None if caller == "visitor" else {"ports": ids()}
    assert payload({"node": None, "marketplacePorts": ids(), "profile": below}) == response_of(private)
    assert shown(port) == response_of(public)


async def test_port_without_a_profile_is_no_target_R028_A7(client: Client, factory: Factory) -> None:
    """A public port of a company without a profile isn't on the Marketplace. It appears with the profile."""
    company = await factory.company()
    port = await factory.port(company, visibility="PUBLIC")

    without = await client(ANONYMOUS, ALL)
    profile = await factory.profile(company)
    with_one = await client(ANONYMOUS, ALL)
    await factory.delete(profile)
    without_again = await client(ANONYMOUS, ALL)

    assert payload({"marketplacePorts": ids()}) == response_of(without)
    assert payload({"marketplacePorts": ids(port.on_marketplace)}) == response_of(with_one)
    assert without.body == without_again.body


async def test_port_has_its_own_visibility_R030_R031(client: Client, factory: Factory) -> None:
    """A port is a target while it is public."""
    company = await factory.company()
    await factory.profile(company)
    port = await factory.port(company)

    answers = []
    for visibility in ("PRIVATE", "PUBLIC", "PRIVATE"):
        await factory.change(port, visibility=visibility)
        answers.append(response_of(await client(ANONYMOUS, ALL)))

    none, one = payload({"marketplacePorts": ids()}), payload({"marketplacePorts": ids(port.on_marketplace)})
    assert [none, one, none] == answers


async def test_owner_always_sees_its_own_ports_A7(client: Client, factory: Factory) -> None:
    """A public port hidden on the Marketplace is still listed as a port for its company and that company's partner."""
    partner = await factory.partner()
    account = await factory.managed_account(partner)
    await factory.profile(account.company, visibility="PRIVATE")
    port = await factory.port(account.company, visibility="PUBLIC")

    answers = [
        response_of(await client(email, "{ ports { nodes { id } totalCount } }")) for email in (account.admin, partner.admin)
    ]

    assert [payload({"ports": ids(port)})] * 2 == answers


async def test_port_is_listed_as_company_at_location_R032_A6(client: Client, factory: Factory) -> None:
    """A port without a Marketplace name is listed under the profile's company name, and follows its changes."""
    company = await factory.company(name="Trading name")
    profile = await factory.profile(company, name="Sample AG")
    await factory.port(company, await factory.location("Ham 1"), visibility="PUBLIC")

    before = await client(ANONYMOUS, NAMES)
    await factory.change(profile, company_name="Sample SE")
    after = await client(ANONYMOUS, NAMES)

    assert payload({"marketplacePorts": nodes({"name": "Sample AG at Ham 1", "description": None})}) == response_of(before)
    assert payload({"marketplacePorts": nodes({"name": "Sample SE at Ham 1", "description": None})}) == response_of(after)


async def test_port_without_a_profile_is_listed_under_the_trading_name_R032_A6(client: Client, factory: Factory) -> None:
    """Without a profile, the owner sees the port's default Marketplace name with the company's trading name."""
    company = await factory.company(name="Trading name")
    await factory.port(company, await factory.location("Ham 1"), visibility="PUBLIC")

    answer = await client(company.admin, OWN_NAMES)

    announced = {"marketplaceName": "Trading name at Ham 1", "marketplaceDescription": None}
    assert payload({"ports": nodes(announced)}) == response_of(answer)


async def test_marketplace_name_can_be_overridden_R033(client: Client, factory: Factory) -> None:
    """A name and a description for the Marketplace replace the default ones."""
    company = await factory.company()
    await factory.profile(company)
    await factory.port(company, visibility="PUBLIC", marketplace_name="Onramp", marketplace_description="Fast.")

    others, own = await client(ANONYMOUS, NAMES), await client(company.admin, OWN_NAMES)

    assert payload({"marketplacePorts": nodes({"name": "Onramp", "description": "Fast."})}) == response_of(others)
    assert payload({"ports": nodes({"marketplaceName": "Onramp", "marketplaceDescription": "Fast."})}) == response_of(own)


@pytest.mark.parametrize("overridden", [None, "Onramp"])
async def test_renaming_a_port_does_not_rename_it_on_the_marketplace_R034(
    client: Client, factory: Factory, overridden: str | None
) -> None:
    """A port's own name is internal. The Marketplace keeps listing the port under its Marketplace name."""
    company = await factory.company()
    await factory.profile(company)
    port = await factory.port(company, visibility="PUBLIC", name="Rack 7", marketplace_name=overridden)

    before = await client(ANONYMOUS, NAMES)
    await factory.change(port, name="Rack 8")
    after = await client(ANONYMOUS, NAMES)

    assert "Rack" not in before.body.decode()
    assert before.body == after.body


async def test_marketplace_port_has_provider_location_and_speed_R028(client: Client, factory: Factory) -> None:
    """A target names its provider's profile, its location and its speed, and whether it can be connected to now."""
    company = await factory.company()
    profile = await factory.profile(company)
    port = await factory.port(company, visibility="PUBLIC", status="ACTIVE", speed_mbps=10_000)
    query = "{ marketplacePorts { nodes { provider { id } location { id } speedMbps selectable } } }"

    active = await client(ANONYMOUS, query)
    await factory.change(port, status="DISABLED")
    disabled = await client(ANONYMOUS, query)

    facts = {"provider": {"id": profile.id}, "location": {"id": port.location.id}, "speedMbps": 10000}
    assert payload({"marketplacePorts": nodes({**facts, "selectable": True})}) == response_of(active)
    assert payload({"marketplacePorts": nodes({**facts, "selectable": False})}) == response_of(disabled)


async def test_managed_viewer_does_not_see_its_own_marketplace_port_R116_A8(client: Client, factory: Factory) -> None:
    """A managed account's public port is a target for everybody else, but not for the account itself."""
    account = await factory.managed_account(await factory.partner())
    profile = await factory.profile(account.company)
    port = await factory.port(account.company, visibility="PUBLIC")
    variables = {"port": port.on_marketplace.id, "profile": profile.id}

    own, others = await client(account.admin, TARGETS, **variables), await client(ANONYMOUS, TARGETS, **variables)

    assert payload({"node": None, "marketplacePorts": ids(), "profile": None}) == response_of(own)
    assert shown(port) == response_of(others)


async def test_port_of_a_managed_account_is_private_until_its_partner_publishes_it_V1(client: Client, factory: Factory) -> None:
    """The port starts private. Once public, the Marketplace shows it, but not to the account."""
    account = await factory.managed_account(await factory.partner())
    await factory.profile(account.company)
    port = await factory.port(account.company)
    query = "{ ports { nodes { visibility } } marketplacePorts { nodes { id } totalCount } }"

    at_first, seen_at_first = await client(account.admin, query), await client(ANONYMOUS, ALL)
    await factory.change(port, visibility="PUBLIC")
    flipped, seen_when_flipped = await client(account.admin, query), await client(ANONYMOUS, ALL)

    def own(visibility: str) -> dict[str, Any]:
        return payload({"ports": nodes({"visibility": visibility}), "marketplacePorts": ids()})

    assert [own("PRIVATE"), own("PUBLIC")] == [response_of(at_first), response_of(flipped)]
    assert payload({"marketplacePorts": ids()}) == response_of(seen_at_first)
    assert payload({"marketplacePorts": ids(port.on_marketplace)}) == response_of(seen_when_flipped)


@pytest.mark.parametrize("kind", ["ANONYMOUS", "DIRECT", "PARTNER", "MANAGED"])
async def test_other_viewers_read_a_public_port_as_a_marketplace_port_only_V20(
    client: Client, factory: Factory, kind: str
) -> None:
    """A viewer that finds a port on the Marketplace can't reach the port behind it, least of all its price."""
    company = await factory.company()
    await factory.profile(company)
    port = await factory.port(company, visibility="PUBLIC")
    email = await factory.admin_of_kind(kind)
    query = """query ($port: ID!, $company: ID!) {
        node(id: $port) { id ... on Port { monthlyRate { amount } } }
        ports { totalCount }
        company(id: $company) { ports { totalCount } }
        marketplacePorts { totalCount }
    }"""

    answer = await client(email, query, port=port.id, company=company.id)

    expected = {
        "node": None,
        "ports": {"totalCount": 0},
        "company": {"ports": {"totalCount": 0}},
        "marketplacePorts": {"totalCount": 1},
    }
    assert payload(expected) == response_of(answer)


@pytest.mark.parametrize(
    "given_filter",
    ['monthlyRate: {currency: "EUR", atLeast: "1.00"}', "status: ACTIVE", "visibility: PUBLIC"],
    ids=["price", "status", "visibility"],
)
async def test_targets_are_not_filtered_by_hidden_fields_A16(client: Client, factory: Factory, given_filter: str) -> None:
    """The schema has no filter by a target's price or status, so nobody learns them that way, not even its company."""
    company = await factory.company()
    await factory.profile(company)
    await factory.port(company, visibility="PUBLIC")
    query = f"{{ marketplacePorts(filter: {{{given_filter}}}) {{ totalCount }} }}"

    answers = [await client(email, query) for email in (ANONYMOUS, company.admin)]

    assert [(None, ["GRAPHQL_VALIDATION_FAILED"])] * 2 == [(answer.data, answer.codes) for answer in answers]


async def test_targets_are_filtered_by_location_and_speed_R028(client: Client, factory: Factory) -> None:
    """A location and a speed narrow the list of targets that the viewer sees."""
    company = await factory.company()
    await factory.profile(company)
    place = await factory.location()
    fast = await factory.port(company, place, visibility="PUBLIC", speed_mbps=10_000)
    slow = await factory.port(company, place, visibility="PUBLIC", speed_mbps=1_000)
    await factory.port(company, visibility="PUBLIC", speed_mbps=10_000)
    query = "query ($filter: MarketplacePortFilter!) { marketplacePorts(filter: $filter) { nodes { id } totalCount } }"

    here = await client(ANONYMOUS, query, filter={"locationId": place.id})
    fast_here = await client(ANONYMOUS, query, filter={"locationId": place.id, "speedMbps": 10_000})

    assert payload({"marketplacePorts": targets(fast, slow)}) == response_of(here)
    assert payload({"marketplacePorts": targets(fast)}) == response_of(fast_here)


def targets(*ports: Port) -> dict[str, Any]:
    """Return a connection of these ports as targets."""
    things: list[Thing] = [port.on_marketplace for port in ports]
    return ids(*things)
