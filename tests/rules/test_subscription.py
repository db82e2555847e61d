"""Subscriptions: who hears of what, and what an event tells to whom, decided when it is sent."""

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
    """An event of a port."""
    return payload({"portUpdated": {"id": thing.id, "name": name}})


def request(thing: Any, status: str) -> Any:
    """An event of a connection request."""
    return payload({"connectionRequestUpdated": {"id": thing.id, "status": status}})


@pytest.mark.parametrize("asking", ["its account", "its partner", "the operator"])
async def test_port_of_a_managed_account_is_heard_of_by_three_V14_V20(ask: Client, given: Factory, asking: str) -> None:
    """The managed company itself, its partner and the operator hear of a port when it is ordered and when it changes."""
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
async def test_port_is_heard_of_by_nobody_else_V14_V20(ask: Client, given: Factory, kind: str) -> None:
    """Whoever may not read a port hears nothing of it, and goes on to hear of its own."""
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
    """An event hides prices as an answer does, and says so in its own redactions; the partner's event has them."""
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


async def test_setting_acts_on_the_next_event_R122_V2(ask: Client, given: Factory) -> None:
    """A subscription that is open when the partner shows prices has them in the next event, and not in the one after they go."""
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
async def test_change_of_what_is_hidden_is_not_heard_R116_R121(ask: Client, given: Factory, values: dict[str, Any]) -> None:
    """That something changed which a managed account does not see would tell of it: the account hears nothing, its partner does."""
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


async def test_name_on_the_marketplace_changes_nothing_for_the_account_R034_R116(ask: Client, given: Factory) -> None:
    """Its partner names a port on the Marketplace: not even the port's version tells the account, which reads the version."""
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


async def test_edit_without_a_change_is_heard_by_those_who_read_the_version_R116_A43(ask: Client, given: Factory) -> None:
    """Where nothing but the version grows, whoever may not read that hears nothing."""
    company = await given.company()
    reader, ours = await given.user(company, "VIEWER"), await given.port(company, name="same")

    async with ask.following(reader.email, PORTS) as hidden_from, ask.following(company.admin, VERSIONED) as shown:
        await send(ask, company.admin, "updatePort", "port { id }", id=ours.id, version=1, name="same")
        heard = await shown.event()
        await given.change(ours, name="other")
        first = await hidden_from.event()

    assert payload({"portUpdated": {"id": ours.id, "name": "same", "version": 2}}) == heard
    assert port(ours, "other") == first


async def test_events_of_one_company_V14_V20(ask: Client, given: Factory) -> None:
    """A partner follows one of its accounts: it hears of that one's ports only."""
    partner = await given.partner()
    one, other = await given.managed_account(partner), await given.managed_account(partner)
    ours, theirs = await given.port(one.company), await given.port(other.company)

    async with ask.following(partner.admin, PORTS_OF, of=one.company.id) as following:
        await given.change(theirs, name="theirs")
        await given.change(ours, name="ours")
        first = await following.event()

    assert port(ours, "ours") == first


async def test_company_that_may_not_be_known_has_no_events_V18_V20(ask: Client, given: Factory) -> None:
    """To follow a company that the viewer may not know, or that is not there, is no error; it never fires."""
    company, stranger = await given.company(), await given.company()
    ours, theirs = await given.port(company), await given.port(stranger)

    async with ask.following(company.admin, PORTS_OF, of=stranger.id) as following:
        await given.change(theirs, name="theirs")
        await given.change(ours, name="ours")

        assert await following.hears_nothing()


async def test_both_sides_and_their_partners_hear_of_a_request_V14_V16(ask: Client, given: Factory) -> None:
    """Customer and provider, and the partner of each, hear that a request is made and what becomes of it; others do not."""
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


async def test_provider_that_hides_itself_cannot_be_found_by_its_requests_R013_V18(ask: Client, given: Factory) -> None:
    """A customer who follows a company that it may not know does not learn that its request went there."""
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


async def test_notification_is_heard_by_its_user_alone_X6(ask: Client, given: Factory) -> None:
    """A user hears of its own notification when it is written, not when it is read, and not of a colleague's."""
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
    """Whoever is no member any more is told so with the next change, whosever it is, and hears nothing of it."""
    company = await given.company()
    user = await given.user(company)
    ours = await given.port(company)

    async with ask.following(user.email, PORTS) as following:
        await given.no_more(user.membership)
        await given.change(ours, name="secret")
        with pytest.raises(Closed) as closed:
            await following.event()

    assert (4403, "The account of this token is no longer there.") == (closed.value.code, closed.value.reason)


async def test_role_that_is_taken_away_acts_on_the_next_event_V23(ask: Client, given: Factory) -> None:
    """A user whose role no longer reads prices has none in the next event."""
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
async def test_a_visitor_follows_nothing_that_it_can_never_hear_V14_V20(ask: Client, query: str) -> None:
    """A subscription to things of which policy lets no visitor read any is refused with a code, and nobody listens for it."""
    async with opened(ask.app) as socket:
        await socket.send({"type": "connection_init"})
        await socket.receive()
        await socket.send({"type": "subscribe", "id": "followed", "payload": {"query": query}})
        refused = await socket.receive()

    assert ("error", "SUBSCRIPTION_OUT_OF_REACH") == (refused["type"], refused["payload"][0]["extensions"]["code"])
    assert ask.app.state.services.change_listener.listeners == 0


async def test_a_change_costs_nothing_for_those_who_can_never_hear_it_V14_V20(ask: Client, given: Factory) -> None:
    """However many visitors have tried to follow ports, a change loads its one listener and the port, each once."""
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
    """Of three who follow ports each loads itself and the port that has changed, once."""
    company = await given.company()
    async with ask.following(company.admin, PORTS) as first:
        alone = await _loads(ask, given, company, first)
        async with ask.following(company.admin, PORTS) as second, ask.following(company.admin, PORTS) as third:
            three = await _loads(ask, given, company, first, second, third)

    assert sorted(alone * 3) == sorted(three)


async def _loads(ask: Client, given: Factory, company: Company, *followings: Following) -> list[str]:
    """The statements that a new port of a company costs, until everybody who hears of it has."""
    with ask.counting() as loads:
        ordered = await given.port(company, name="new")
        for following in followings:
            assert port(ordered, "new") == await following.event()
    return loads


async def test_a_subscription_ends_with_what_its_viewer_could_hear_V14(ask: Client, given: Factory, tmp_path: Path) -> None:
    """Where policy comes to let its viewer read nothing of a type, the next event ends the subscription."""
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
