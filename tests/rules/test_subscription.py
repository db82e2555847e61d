"""Subscriptions: who receives which events, and what an event contains, decided when it is sent."""

from __future__ import annotations

import shutil
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

import server
from tests.client import Client
from tests.event_streams import Closed, Following, opened
from tests.factory import Company, Factory
from tests.rules.answers import nodes, payload, redaction_at, response_of
from tests.rules.mutations import send

PORTS = "subscription { portUpdated { id name } }"
PORTS_OF = "subscription ($of: ID) { portUpdated(companyId: $of) { id name } }"
VERSIONED = "subscription { portUpdated { id name version } }"
VERSIONS = "{ ports { nodes { id version } } }"
PRICED = "subscription { portUpdated { name monthlyRate { amount currency } } }"
REQUESTS = "subscription { connectionRequestUpdated { id status } }"
REQUESTS_OF = "subscription ($of: ID) { connectionRequestUpdated(companyId: $of) { id status } }"
NO_PORTS = """
# Nobody reads a port.
deny(viewer: Viewer, "read", _port: Port) if viewer.kind in ["ANONYMOUS", "DIRECT", "MANAGED", "OPERATOR", "PARTNER"];
"""
NOTIFICATIONS = "subscription { notificationReceived { id title readAt } }"


def port(thing: Any, name: str) -> Any:
    """Return an event of a port."""
    return payload({"portUpdated": {"id": thing.id, "name": name}})


def request(thing: Any, status: str) -> Any:
    """Return an event of a connection request."""
    return payload({"connectionRequestUpdated": {"id": thing.id, "status": status}})


@pytest.mark.parametrize("asking", ["its account", "its partner", "the operator"])
async def test_account_partner_and_operator_receive_port_events_V14_V20(ask: Client, given: Factory, asking: str) -> None:
    """The managed company, its partner and the operator get an event when a port is ordered and when it changes."""
    partner, operator = await given.partner(), await given.operator()
    account = await given.managed_account(partner)
    emails = {"its account": account.admin, "its partner": partner.admin, "the operator": operator.admin}

    async with ask.following(emails[asking], PORTS) as following:
        ordered = await given.port(account.company, name="new")
        first = await following.event()
        await given.change(ordered, name="renamed")
        second = await following.event()

    assert [port(ordered, "new"), port(ordered, "renamed")] == [first, second]


@pytest.mark.parametrize("kind", ["DIRECT", "PARTNER", "MANAGED", "OF THE SAME PARTNER"])
async def test_other_viewers_receive_no_port_events_V14_V20(ask: Client, given: Factory, kind: str) -> None:
    """A viewer that can't read a port gets no event of it, but still gets those of its own ports."""
    partner = await given.partner()
    theirs = await given.port((await given.managed_account(partner)).company)
    if kind in ("MANAGED", "OF THE SAME PARTNER"):
        account = await given.managed_account(partner if kind != "MANAGED" else await given.partner())
        company = account.company
    else:
        company = await given.company(kind=kind)
    ours = await given.port(company)

    async with ask.following(company.admin, PORTS) as following:
        await given.change(theirs, name="theirs")
        await given.change(ours, name="ours")
        first = await following.event()

    assert port(ours, "ours") == first


async def test_prices_are_hidden_in_events_R121(ask: Client, given: Factory) -> None:
    """An event hides prices as a response does, with its own redactions. The partner's event has them."""
    partner = await given.partner()
    account = await given.managed_account(partner)
    theirs = await given.port(account.company)

    async with ask.following(account.admin, PRICED) as managed, ask.following(partner.admin, PRICED) as own:
        await given.change(theirs, name="one")
        first, shown = await managed.event(), await own.event()
        await given.change(theirs, name="two")
        second = await managed.event()

    redaction = redaction_at("portUpdated.monthlyRate", "HIDDEN_BY_PARTNER")
    price = {"amount": "1250.00", "currency": "EUR"}
    assert [payload({"portUpdated": {"name": name, "monthlyRate": None}}, redaction) for name in ("one", "two")] == [
        first,
        second,
    ]
    assert payload({"portUpdated": {"name": "one", "monthlyRate": price}}) == shown


async def test_setting_applies_to_the_next_event_R122_V2(ask: Client, given: Factory) -> None:
    """An open subscription has prices in the next event once the partner shows them, and not once it hides them."""
    account = await given.managed_account(await given.partner(), pricing=False)
    theirs = await given.port(account.company)
    events = []

    async with ask.following(account.admin, PRICED) as following:
        for name, pricing in (("one", False), ("two", True), ("three", None)):
            await given.setting(account, pricing=pricing)
            await given.change(theirs, name=name)
            events.append(await following.event())

    redaction = redaction_at("portUpdated.monthlyRate", "HIDDEN_BY_PARTNER")
    price = {"amount": "1250.00", "currency": "EUR"}
    assert [
        payload({"portUpdated": {"name": "one", "monthlyRate": None}}, redaction),
        payload({"portUpdated": {"name": "two", "monthlyRate": price}}),
        payload({"portUpdated": {"name": "three", "monthlyRate": None}}, redaction),
    ] == events


@pytest.mark.parametrize("values", [{"monthly_rate": 1}, {"setup_fee": 1}, {"marketplace_name": "New"}], ids=str)
async def test_change_of_a_hidden_field_is_not_sent_R116_R121(ask: Client, given: Factory, values: dict[str, Any]) -> None:
    """An event would reveal that a hidden field changed, so the managed account gets none. Its partner does."""
    partner = await given.partner()
    account = await given.managed_account(partner)
    theirs = await given.port(account.company, name="before")

    async with ask.following(account.admin, PORTS) as managed, ask.following(partner.admin, PORTS) as own:
        await given.change(theirs, **values)
        heard = await own.event()
        await given.change(theirs, name="after")
        first = await managed.event()

    assert port(theirs, "before") == heard
    assert port(theirs, "after") == first


async def test_marketplace_name_change_is_not_sent_to_the_account_R034_R116(ask: Client, given: Factory) -> None:
    """The partner sets a port's Marketplace name. Not even the port's version, which the account reads, reveals it."""
    partner = await given.partner()
    account = await given.managed_account(partner)
    theirs = await given.port(account.company, name="before")
    announced = [{"portId": theirs.id, "name": "Gate", "description": "New."}]
    profile = {"companyId": account.company.id, "companyName": "Alpine", "contactEmail": "sales@alpine.example"}
    selection = "marketplaceProfile { companyName }"

    unnamed = await ask(account.admin, VERSIONS)
    async with ask.following(account.admin, VERSIONED) as managed, ask.following(partner.admin, VERSIONED) as own:
        saved = await send(ask, partner.admin, "saveMarketplaceProfile", selection, ports=announced, **profile)
        heard = await own.event()
        named = await ask(account.admin, VERSIONS)
        await given.change(theirs, name="after")
        first = await managed.event()

    version = {"id": theirs.id, "version": 1}
    assert {"marketplaceProfile": {"companyName": "Alpine"}, "userErrors": []} == saved
    assert payload({"portUpdated": {"name": "before", **version}}) == heard
    assert payload({"portUpdated": {"name": "after", **version}}) == first
    assert payload({"ports": nodes(version)}) == response_of(unnamed)
    assert unnamed.body == named.body


async def test_edit_without_a_change_is_sent_to_readers_of_the_version_R116_A43(ask: Client, given: Factory) -> None:
    """If only the version increases, viewers that can't read it get no event."""
    company = await given.company()
    reader, ours = await given.user(company, "VIEWER"), await given.port(company, name="same")

    async with ask.following(reader.email, PORTS) as hidden_from, ask.following(company.admin, VERSIONED) as shown:
        await send(ask, company.admin, "updatePort", "port { id }", id=ours.id, version=1, name="same")
        heard = await shown.event()
        await given.change(ours, name="other")
        first = await hidden_from.event()

    assert payload({"portUpdated": {"id": ours.id, "name": "same", "version": 2}}) == heard
    assert port(ours, "other") == first


async def test_events_can_be_limited_to_one_company_V14_V20(ask: Client, given: Factory) -> None:
    """A partner that follows one of its accounts gets events of that account's ports only."""
    partner = await given.partner()
    one, other = await given.managed_account(partner), await given.managed_account(partner)
    ours, theirs = await given.port(one.company), await given.port(other.company)

    async with ask.following(partner.admin, PORTS_OF, of=one.company.id) as following:
        await given.change(theirs, name="theirs")
        await given.change(ours, name="ours")
        first = await following.event()

    assert port(ours, "ours") == first


async def test_hidden_company_has_no_events_V18_V20(ask: Client, given: Factory) -> None:
    """Following a hidden or unknown company isn't an error, but sends no event."""
    company, stranger = await given.company(), await given.company()
    ours, theirs = await given.port(company), await given.port(stranger)

    async with ask.following(company.admin, PORTS_OF, of=stranger.id) as following:
        await given.change(theirs, name="theirs")
        await given.change(ours, name="ours")

        assert await following.hears_nothing()


async def test_both_sides_and_their_partners_receive_request_events_V14_V16(ask: Client, given: Factory) -> None:
    """Customer, provider and their partners get an event when a request is created and when it changes. Others don't."""
    ours, theirs = await given.partner(), await given.partner()
    customer, provider = (await given.managed_account(ours)).company, (await given.managed_account(theirs)).company
    stranger = await given.company()
    own, target = await given.port(customer), await given.port(provider, visibility="PUBLIC")
    heard = []

    async with ask.following(stranger.admin, REQUESTS) as unheard:
        for company in (customer, provider, ours, theirs):
            async with ask.following(company.admin, REQUESTS) as following:
                made = await given.connection_request(own, target)
                first = await following.event()
                await given.change(made, status="ACCEPTED")
                heard.append(([request(made, "PENDING"), request(made, "ACCEPTED")], [first, await following.event()]))
        between = await given.connection_request(await given.port(stranger), target)
        only = await unheard.event()

    assert [expected for expected, _ in heard] == [events for _, events in heard]
    assert request(between, "PENDING") == only


async def test_hidden_provider_is_not_found_by_its_requests_R013_V18(ask: Client, given: Factory) -> None:
    """A customer that follows a hidden company doesn't learn that its request went to that company."""
    customer, provider = await given.company(), await given.company()
    profile = await given.profile(provider)
    made = await given.connection_request(await given.port(customer), await given.port(provider, visibility="PUBLIC"))

    async with ask.following(customer.admin, REQUESTS_OF, of=provider.id) as following:
        await given.change(made, status="ACCEPTED")
        known = await following.event()
        await given.change(profile, visibility="PRIVATE")
        await given.change(made, status="WITHDRAWN")
        nothing = await following.hears_nothing()

    assert request(made, "ACCEPTED") == known
    assert nothing


async def test_notification_is_sent_to_its_user_only_X6(ask: Client, given: Factory) -> None:
    """Users get an event when their notification is written, not when it's read, and not for a colleague's."""
    company = await given.company()
    colleague = await given.user(company)

    async with ask.following(company.admin, NOTIFICATIONS) as following:
        await given.notification(colleague, company, title="theirs")
        first = await given.notification(company.user, company, title="first")
        heard = [await following.event()]
        await given.change(first, title="first, again")
        second = await given.notification(company.user, company, title="second")
        heard.append(await following.event())

    expected = [{"id": thing.id, "title": title, "readAt": None} for thing, title in ((first, "first"), (second, "second"))]
    assert [payload({"notificationReceived": each}) for each in expected] == heard


async def test_subscription_ends_with_the_membership_V2_V20(ask: Client, given: Factory) -> None:
    """A former member's subscription ends with an error at the next change of any record, without that record's data."""
    company = await given.company()
    user = await given.user(company)
    ours = await given.port(company)

    async with ask.following(user.email, PORTS) as following:
        await given.no_more(user.membership)
        await given.change(ours, name="secret")
        with pytest.raises(Closed) as closed:
            await following.event()

    assert (4403, "The account of this token no longer exists.") == (closed.value.code, closed.value.reason)


async def test_removed_role_applies_to_the_next_event_V23(ask: Client, given: Factory) -> None:
    """A user whose role no longer reads prices gets none in the next event."""
    company = await given.company()
    user = await given.user(company, "FINANCE")
    ours = await given.port(company)

    async with ask.following(user.email, PRICED) as following:
        await given.change(ours, name="one")
        first = await following.event()
        await given.change(user.membership, roles=["NETWORK_ADMIN"])
        await given.change(ours, name="two")
        second = await following.event()

    price = {"amount": "1250.00", "currency": "EUR"}
    assert payload({"portUpdated": {"name": "one", "monthlyRate": price}}) == first
    redaction = redaction_at("portUpdated.monthlyRate", "ROLE_REQUIRED")
    assert payload({"portUpdated": {"name": "two", "monthlyRate": None}}, redaction) == second


@pytest.mark.parametrize("query", [PORTS, PORTS_OF, PRICED, REQUESTS, NOTIFICATIONS])
async def test_visitor_does_not_subscribe_to_types_it_cannot_read_V14_V20(ask: Client, query: str) -> None:
    """A subscription to a type of which visitors can never read a row is refused with a code, and nothing listens for it."""
    async with opened(ask.app) as socket:
        await socket.send({"type": "connection_init"})
        await socket.receive()
        await socket.send({"type": "subscribe", "id": "followed", "payload": {"query": query}})
        refused = await socket.receive()

    assert ("error", "SUBSCRIPTION_OUT_OF_REACH") == (refused["type"], refused["payload"][0]["extensions"]["code"])
    assert ask.app.state.services.change_listener.listeners == 0


async def test_change_costs_nothing_for_refused_subscriptions_V14_V20(ask: Client, given: Factory) -> None:
    """However many visitors tried to follow ports, a change loads its one listener and the port once."""
    company = await given.company()
    async with AsyncExitStack() as sockets, ask.following(company.admin, PORTS) as following:
        alone = await _loads(ask, given, company, following)
        for _ in range(5):
            socket = await sockets.enter_async_context(opened(ask.app))
            await socket.send({"type": "connection_init"})
            await socket.receive()
            for number in range(40):
                await socket.send({"type": "subscribe", "id": str(number), "payload": {"query": PORTS}})
                assert (await socket.receive())["type"] == "error"
        crowded = await _loads(ask, given, company, following)
        listening = ask.app.state.services.change_listener.listeners

    assert listening == 1
    assert [1, 1] == [sum(f"FROM {table}" in load for load in alone) for table in ("membership", "port")]
    assert (2, alone) == (len(alone), crowded)


async def test_each_listener_costs_the_same_V14_V20(ask: Client, given: Factory) -> None:
    """Each of three viewers that follow ports loads itself and the changed port once."""
    company = await given.company()
    async with ask.following(company.admin, PORTS) as first:
        alone = await _loads(ask, given, company, first)
        async with ask.following(company.admin, PORTS) as second, ask.following(company.admin, PORTS) as third:
            three = await _loads(ask, given, company, first, second, third)

    assert sorted(alone * 3) == sorted(three)


async def _loads(ask: Client, given: Factory, company: Company, *followings: Following) -> list[str]:
    """Return the statements that a company's new port causes until every listener has its event."""
    with ask.counting() as loads:
        ordered = await given.port(company, name="new")
        for following in followings:
            assert port(ordered, "new") == await following.event()
    return loads


async def test_subscription_ends_when_its_viewer_can_read_nothing_V14(ask: Client, given: Factory, tmp_path: Path) -> None:
    """Once policy no longer lets the viewer read any row of the type, the next event ends the subscription."""
    company = await given.company()
    theirs = await given.port(company, name="one")
    services = ask.app.state.services
    policies = Path(shutil.copytree(server.POLICIES, tmp_path / "policies"))
    ports = policies / "port.polar"
    ports.write_text(ports.read_text() + NO_PORTS)
    before = services.policy
    try:
        async with ask.following(company.admin, PORTS) as following:
            services.replace_policy(server.load_policy(policies))
            await given.change(theirs, name="two")
            ended = await following.socket.receive()
    finally:
        services.replace_policy(before)  # the gateway serves other tests too

    assert ("error", "SUBSCRIPTION_OUT_OF_REACH") == (ended["type"], ended["payload"][0]["extensions"]["code"])
