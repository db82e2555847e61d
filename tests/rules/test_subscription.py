"""Subscriptions: who receives which events, and what an event contains, decided when it is sent."""

from __future__ import annotations

import asyncio
import shutil
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

import server
from models import Port
from resolvers.events import hub
from tests.client import Client
from tests.event_streams import PATIENCE, Closed, Following, opened
from tests.factory import Account, Company, Factory, Thing
from tests.rules.answers import nodes, payload, redaction_at, response_of
from tests.rules.mutations import send
from tests.rules.test_api_key import key_of
from tests.rules.test_offer_changes import draft
from tests.rules.test_product_changes import submitted

PORTS = "subscription { portUpdated { id name } }"
PORTS_OF = "subscription ($of: ID) { portUpdated(companyId: $of) { id name } }"
VERSIONED = "subscription { portUpdated { id name version } }"
VERSIONS = "{ ports { nodes { id version } } }"
PRICED = "subscription { portUpdated { name monthlyRate { amount currency } } }"
REQUESTS = "subscription { connectionRequestUpdated { id status } }"
REQUESTS_OF = "subscription ($of: ID) { connectionRequestUpdated(companyId: $of) { id status } }"
REVIEWS = "subscription { changeRequestUpdated { id status waitsFor { side } } }"
OFFERS = "subscription { offerUpdated { id status name } }"
ORDERS = "subscription { orderApprovalUpdated { id status } }"
NEW_PORTS = "subscription { portCreated { id name } }"
ACCOUNTS = "subscription { managedAccountUpdated { accountName settings { pricing { enabled source } } } }"
LEADS = "subscription { leadCreated { source buyerAccountId } }"
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


@pytest.mark.parametrize("caller", ["its account", "its partner", "the operator"])
async def test_account_partner_and_operator_receive_port_events_V14_V20(client: Client, factory: Factory, caller: str) -> None:
    """The managed company, its partner and the operator get an event when a port is ordered and when it changes."""
    partner, operator = await factory.partner(), await factory.operator()
    account = await factory.managed_account(partner)
    emails = {"its account": account.admin, "its partner": partner.admin, "the operator": operator.admin}

    async with client.following(emails[caller], PORTS) as following:
        ordered = await factory.port(account.company, name="new")
        first = await following.event()
        await factory.change(ordered, name="renamed")
        second = await following.event()

    assert [port(ordered, "new"), port(ordered, "renamed")] == [first, second]


@pytest.mark.parametrize("kind", ["DIRECT", "PARTNER", "MANAGED", "OF THE SAME PARTNER"])
async def test_other_viewers_receive_no_port_events_V14_V20(client: Client, factory: Factory, kind: str) -> None:
    """A viewer that can't read a port gets no event of it, but still gets those of its own ports."""
    partner = await factory.partner()
    theirs = await factory.port((await factory.managed_account(partner)).company)
    if kind in ("MANAGED", "OF THE SAME PARTNER"):
        account = await factory.managed_account(partner if kind != "MANAGED" else await factory.partner())
        company = account.company
    else:
        company = await factory.company(kind=kind)
    ours = await factory.port(company)

    async with client.following(company.admin, PORTS) as following:
        await factory.change(theirs, name="theirs")
        await factory.change(ours, name="ours")
        first = await following.event()

    assert port(ours, "ours") == first


async def test_prices_are_hidden_in_events_R121(client: Client, factory: Factory) -> None:
    """An event hides prices as a response does, with its own redactions. The partner's event has them."""
    partner = await factory.partner()
    account = await factory.managed_account(partner)
    theirs = await factory.port(account.company)

    async with client.following(account.admin, PRICED) as managed, client.following(partner.admin, PRICED) as own:
        await factory.change(theirs, name="one")
        first, shown = await managed.event(), await own.event()
        await factory.change(theirs, name="two")
        second = await managed.event()

    redaction = redaction_at("portUpdated.monthlyRate", "HIDDEN_BY_PARTNER")
    price = {"amount": "1250.00", "currency": "EUR"}
    assert [payload({"portUpdated": {"name": name, "monthlyRate": None}}, redaction) for name in ("one", "two")] == [
        first,
        second,
    ]
    assert payload({"portUpdated": {"name": "one", "monthlyRate": price}}) == shown


async def test_setting_applies_to_the_next_event_R122_V2(client: Client, factory: Factory) -> None:
    """An open subscription has prices in the next event once the partner shows them, and not once it hides them."""
    account = await factory.managed_account(await factory.partner(), pricing=False)
    theirs = await factory.port(account.company)
    events = []

    async with client.following(account.admin, PRICED) as following:
        for name, pricing in (("one", False), ("two", True), ("three", None)):
            await factory.setting(account, pricing=pricing)
            await factory.change(theirs, name=name)
            events.append(await following.event())

    redaction = redaction_at("portUpdated.monthlyRate", "HIDDEN_BY_PARTNER")
    price = {"amount": "1250.00", "currency": "EUR"}
    assert [
        payload({"portUpdated": {"name": "one", "monthlyRate": None}}, redaction),
        payload({"portUpdated": {"name": "two", "monthlyRate": price}}),
        payload({"portUpdated": {"name": "three", "monthlyRate": None}}, redaction),
    ] == events


@pytest.mark.parametrize("values", [{"monthly_rate": 1}, {"setup_fee": 1}, {"marketplace_name": "New"}], ids=str)
async def test_change_of_a_hidden_field_is_not_sent_R116_R121(client: Client, factory: Factory, values: dict[str, Any]) -> None:
    """An event would reveal that a hidden field changed, so the managed account gets none. Its partner does."""
    partner = await factory.partner()
    account = await factory.managed_account(partner)
    theirs = await factory.port(account.company, name="before")

    async with client.following(account.admin, PORTS) as managed, client.following(partner.admin, PORTS) as own:
        await factory.change(theirs, **values)
        received = await own.event()
        await factory.change(theirs, name="after")
        first = await managed.event()

    assert port(theirs, "before") == received
    assert port(theirs, "after") == first


async def test_marketplace_name_change_is_not_sent_to_the_account_R034_R116(client: Client, factory: Factory) -> None:
    """The partner sets a port's Marketplace name. Not even the port's version, which the account reads, reveals it."""
    partner = await factory.partner()
    account = await factory.managed_account(partner)
    theirs = await factory.port(account.company, name="before")
    announced = [{"portId": theirs.id, "name": "Gate", "description": "New."}]
    profile = {"companyId": account.company.id, "companyName": "Alpine", "contactEmail": "sales@alpine.example"}
    selection = "marketplaceProfile { companyName }"

    unnamed = await client(account.admin, VERSIONS)
    async with client.following(account.admin, VERSIONED) as managed, client.following(partner.admin, VERSIONED) as own:
        saved = await send(client, partner.admin, "saveMarketplaceProfile", selection, ports=announced, **profile)
        received = await own.event()
        named = await client(account.admin, VERSIONS)
        await factory.change(theirs, name="after")
        first = await managed.event()

    version = {"id": theirs.id, "version": 1}
    assert {"marketplaceProfile": {"companyName": "Alpine"}, "userErrors": []} == saved
    assert payload({"portUpdated": {"name": "before", **version}}) == received
    assert payload({"portUpdated": {"name": "after", **version}}) == first
    assert payload({"ports": nodes(version)}) == response_of(unnamed)
    assert unnamed.body == named.body


async def test_edit_without_a_change_is_sent_to_readers_of_the_version_R116_A43(client: Client, factory: Factory) -> None:
    """If only the version increases, viewers that can't read it get no event."""
    company = await factory.company()
    reader, ours = await factory.user(company, "VIEWER"), await factory.port(company, name="same")

    async with client.following(reader.email, PORTS) as hidden_from, client.following(company.admin, VERSIONED) as shown:
        await send(client, company.admin, "updatePort", "port { id }", id=ours.id, version=1, name="same")
        received = await shown.event()
        await factory.change(ours, name="other")
        first = await hidden_from.event()

    assert payload({"portUpdated": {"id": ours.id, "name": "same", "version": 2}}) == received
    assert port(ours, "other") == first


async def test_events_can_be_limited_to_one_company_V14_V20(client: Client, factory: Factory) -> None:
    """A partner that follows one of its accounts gets events of that account's ports only."""
    partner = await factory.partner()
    one, other = await factory.managed_account(partner), await factory.managed_account(partner)
    ours, theirs = await factory.port(one.company), await factory.port(other.company)

    async with client.following(partner.admin, PORTS_OF, of=one.company.id) as following:
        await factory.change(theirs, name="theirs")
        await factory.change(ours, name="ours")
        first = await following.event()

    assert port(ours, "ours") == first


async def test_hidden_company_has_no_events_V18_V20(client: Client, factory: Factory) -> None:
    """Following a hidden or unknown company isn't an error, but sends no event."""
    company, stranger = await factory.company(), await factory.company()
    ours, theirs = await factory.port(company), await factory.port(stranger)

    async with client.following(company.admin, PORTS_OF, of=stranger.id) as following:
        await factory.change(theirs, name="theirs")
        await factory.change(ours, name="ours")

        assert await following.is_silent()


async def test_both_sides_and_their_partners_receive_request_events_V14_V16(client: Client, factory: Factory) -> None:
    """Customer, provider and their partners get an event when a request is created and when it changes. Others don't."""
    ours, theirs = await factory.partner(), await factory.partner()
    customer, provider = (await factory.managed_account(ours)).company, (await factory.managed_account(theirs)).company
    stranger = await factory.company()
    own, target = await factory.port(customer), await factory.port(provider, visibility="PUBLIC")
    received = []

    async with client.following(stranger.admin, REQUESTS) as unheard:
        for company in (customer, provider, ours, theirs):
            async with client.following(company.admin, REQUESTS) as following:
                made = await factory.connection_request(own, target)
                first = await following.event()
                await factory.change(made, status="ACCEPTED")
                received.append(([request(made, "PENDING"), request(made, "ACCEPTED")], [first, await following.event()]))
        between = await factory.connection_request(await factory.port(stranger), target)
        only = await unheard.event()

    assert [expected for expected, _ in received] == [events for _, events in received]
    assert request(between, "PENDING") == only


async def test_change_requests_are_sent_to_seller_partner_and_reviewers_R217_R312(client: Client, factory: Factory) -> None:
    """They get an event when a request is submitted, when somebody comments and when it's decided. Others get none."""
    operator, partner = await factory.operator(), await factory.partner()
    company = (await factory.managed_account(partner)).company
    await factory.seller_registration(company)
    viewers, stranger = (company.admin, partner.admin, operator.admin), await factory.company()
    received = []

    async with client.following(stranger.admin, REVIEWS) as unheard:
        for viewer in viewers:
            async with client.following(viewer, REVIEWS) as following:
                _, made = await submitted(client, partner.admin, company, visibility="PUBLIC")
                events = [await following.event()]
                await send(client, operator.admin, "commentChangeRequest", "changeRequest { id }", id=made, text="Why?")
                events.append(await following.event())
                await send(client, company.admin, "withdrawSubmission", "changeRequest { id }", changeRequestId=made)
                events.append(await following.event())
                received.append((made, events))
        assert await unheard.is_silent()

    steps = [("UNDER_REVIEW", {"side": "OPERATOR"}), ("UNDER_REVIEW", {"side": "SELLER"}), ("WITHDRAWN", None)]
    for made, events in received:
        assert events == [
            payload({"changeRequestUpdated": {"id": made, "status": status, "waitsFor": side}}) for status, side in steps
        ]


async def test_hidden_provider_is_not_found_by_its_requests_R013_V18(client: Client, factory: Factory) -> None:
    """A customer that follows a hidden company doesn't learn that its request went to that company."""
    customer, provider = await factory.company(), await factory.company()
    profile = await factory.profile(provider)
    made = await factory.connection_request(await factory.port(customer), await factory.port(provider, visibility="PUBLIC"))

    async with client.following(customer.admin, REQUESTS_OF, of=provider.id) as following:
        await factory.change(made, status="ACCEPTED")
        known = await following.event()
        await factory.change(profile, visibility="PRIVATE")
        await factory.change(made, status="WITHDRAWN")
        nothing = await following.is_silent()

    assert request(made, "ACCEPTED") == known
    assert nothing


async def test_notification_is_sent_to_its_user_only_X6(client: Client, factory: Factory) -> None:
    """Users get an event when their notification is written, not when it's read, and not for a colleague's."""
    company = await factory.company()
    colleague = await factory.user(company)

    async with client.following(company.admin, NOTIFICATIONS) as following:
        await factory.notification(colleague, company, title="theirs")
        first = await factory.notification(company.user, company, title="first")
        received = [await following.event()]
        await factory.change(first, title="first, again")
        second = await factory.notification(company.user, company, title="second")
        received.append(await following.event())

    expected = [{"id": thing.id, "title": title, "readAt": None} for thing, title in ((first, "first"), (second, "second"))]
    assert [payload({"notificationReceived": each}) for each in expected] == received


async def test_subscription_ends_with_the_membership_V2_V20(client: Client, factory: Factory) -> None:
    """A former member's subscription ends with an error at the next change of any record, without that record's data."""
    company = await factory.company()
    user = await factory.user(company)
    ours = await factory.port(company)

    async with client.following(user.email, PORTS) as following:
        await factory.delete(user.membership)
        await factory.change(ours, name="secret")
        with pytest.raises(Closed) as closed:
            await following.event()

    assert (4403, "The account of this token no longer exists.") == (closed.value.code, closed.value.reason)


async def test_removed_role_applies_to_the_next_event_V23(client: Client, factory: Factory) -> None:
    """A user whose role no longer reads prices gets none in the next event."""
    company = await factory.company()
    user = await factory.user(company, "FINANCE")
    ours = await factory.port(company)

    async with client.following(user.email, PRICED) as following:
        await factory.change(ours, name="one")
        first = await following.event()
        await factory.change(user.membership, roles=["NETWORK_ADMIN"])
        await factory.change(ours, name="two")
        second = await following.event()

    price = {"amount": "1250.00", "currency": "EUR"}
    assert payload({"portUpdated": {"name": "one", "monthlyRate": price}}) == first
    redaction = redaction_at("portUpdated.monthlyRate", "ROLE_REQUIRED")
    assert payload({"portUpdated": {"name": "two", "monthlyRate": None}}, redaction) == second


@pytest.mark.parametrize("query", [PORTS, PORTS_OF, PRICED, REQUESTS, REVIEWS, NOTIFICATIONS])
async def test_visitor_does_not_subscribe_to_types_it_cannot_read_V14_V20(client: Client, query: str) -> None:
    """A subscription to a type of which visitors can never read a row is refused with a code, and nothing listens for it."""
    async with opened(client.app) as socket:
        await socket.send({"type": "connection_init"})
        await socket.receive()
        await socket.send({"type": "subscribe", "id": "followed", "payload": {"query": query}})
        refused = await socket.receive()

    assert ("error", "SUBSCRIPTION_OUT_OF_REACH") == (refused["type"], refused["payload"][0]["extensions"]["code"])
    assert client.app.state.services.change_listener.listeners == 0


async def test_change_costs_nothing_for_refused_subscriptions_V14_V20(client: Client, factory: Factory) -> None:
    """However many visitors tried to follow ports, a change loads its one listener and the port once."""
    company = await factory.company()
    async with AsyncExitStack() as sockets, client.following(company.admin, PORTS) as following:
        await _loads(client, factory, company, following)  # its facts are compared from now on
        alone = await _loads(client, factory, company, following)
        for _ in range(5):
            socket = await sockets.enter_async_context(opened(client.app))
            await socket.send({"type": "connection_init"})
            await socket.receive()
            for number in range(40):
                await socket.send({"type": "subscribe", "id": str(number), "payload": {"query": PORTS}})
                assert (await socket.receive())["type"] == "error"
        crowded = await _loads(client, factory, company, following)
        listening = client.app.state.services.change_listener.listeners

    assert listening == 1
    assert [1, 1] == [sum(f"FROM {table}" in load for load in alone) for table in ("membership", "port")]
    assert (2, alone) == (len(alone), crowded)


async def test_listeners_who_share_cost_what_one_does_V14_V20(client: Client, factory: Factory) -> None:
    """However many viewers of a company with the same rights follow ports, an event takes two statements."""
    company = await factory.company()
    colleagues = [await factory.user(company) for _ in range(4)]
    async with AsyncExitStack() as stack:
        followings = [await stack.enter_async_context(client.following(colleagues[0].email, PORTS))]
        await _loads(client, factory, company, *followings)
        alone = await _loads(client, factory, company, *followings)
        followings += [await stack.enter_async_context(client.following(each.email, PORTS)) for each in colleagues[1:]]
        await _loads(client, factory, company, *followings)
        crowded = await _loads(client, factory, company, *followings)

    assert (2, alone) == (len(alone), crowded)


async def test_those_who_have_left_cost_nothing_V14_V20(client: Client, factory: Factory) -> None:
    """Once an API key has followed ports, an event still takes two statements."""
    company = await factory.company()
    key = {"Authorization": f"Bearer {await key_of(client, company)}"}
    listening = client.app.state.services.change_listener
    async with opened(client.app) as socket, asyncio.timeout(PATIENCE):
        await socket.send({"type": "connection_init", "payload": key})
        await socket.receive()
        await socket.send({"type": "subscribe", "id": "ports", "payload": {"query": PORTS}})
        while not listening.listeners:  # noqa: ASYNC110 (the gateway reports no new listener)
            await asyncio.sleep(0.005)

    async with client.following(company.admin, PORTS) as following:
        await _loads(client, factory, company, following)
        loads = await _loads(client, factory, company, following)

    assert 2 == len(loads)


async def _loads(client: Client, factory: Factory, company: Company, *followings: Following) -> list[str]:
    """Return the statements that a company's new port causes until every listener has its event."""
    with client.counting() as loads:
        ordered = await factory.port(company, name="new")
        for following in followings:
            assert port(ordered, "new") == await following.event()
    return loads


async def test_subscription_ends_when_its_viewer_can_read_nothing_V14(client: Client, factory: Factory, tmp_path: Path) -> None:
    """Once policy no longer lets the viewer read any row of the type, the next event ends the subscription."""
    company = await factory.company()
    theirs = await factory.port(company, name="one")
    services = client.app.state.services
    policies = Path(shutil.copytree(server.POLICIES, tmp_path / "policies"))
    ports = policies / "port.polar"
    ports.write_text(ports.read_text() + NO_PORTS)
    before = services.policy
    try:
        async with client.following(company.admin, PORTS) as following:
            services.replace_policy(server.load_policy(policies))
            await factory.change(theirs, name="two")
            ended = await following.socket.receive()
    finally:
        services.replace_policy(before)  # the gateway serves other tests too

    assert ("error", "SUBSCRIPTION_OUT_OF_REACH") == (ended["type"], ended["payload"][0]["extensions"]["code"])


async def test_offers_are_sent_to_seller_and_buyer_from_their_publication_on_R246_V19_X7(
    client: Client, factory: Factory
) -> None:
    """A buyer hears of it when it can see it first. An account without prices hears of no change of prices only."""
    partner, seller, stranger = await factory.partner(), await factory.company(), await factory.company()
    account = await factory.managed_account(partner, pricing=False)
    await factory.profile(account.company)
    offer = await draft(client, seller.admin, await factory.product(seller), account.company)
    dearer = [{"name": "Gold", "unit": "review", "price": "3000"}]
    changes: list[tuple[str, dict[str, Any]]] = [
        ("publishOffer", {}),
        ("updateOffer", {"version": 1, "dimensions": dearer}),
        ("updateOffer", {"version": 2, "name": "B"}),
    ]

    async with client.following(stranger.admin, OFFERS) as unheard, client.following(account.admin, OFFERS) as buyers:
        async with client.following(seller.admin, OFFERS) as own:
            await factory.change(Thing("Offer", factory.known("Offer", offer["id"]).key), name="A")
            events = [await own.event()]
            for mutation, values in changes:
                await send(client, seller.admin, mutation, "offer { id }", id=offer["id"], **values)
                events.append(await own.event())
        met = [await buyers.event(), await buyers.event()]
        assert await unheard.is_silent()

    def event(status: str, name: str) -> dict[str, Any]:
        return payload({"offerUpdated": {"id": offer["id"], "status": status, "name": name}})

    assert [event("DRAFT", "A"), *[event("PUBLISHED", "A")] * 2, event("PUBLISHED", "B")] == events
    assert [event("PUBLISHED", "A"), event("PUBLISHED", "B")] == met


async def test_leads_are_sent_to_those_who_sell_V17_V40(client: Client, factory: Factory) -> None:
    """A new lead is, but no change of one. Its requester hears nothing."""
    seller, buyer = await factory.company(), await factory.company()
    product = await factory.product(seller, visibility="PUBLIC")
    values = {"productId": product.id}

    async with client.following(buyer.admin, LEADS) as unheard, client.following(seller.admin, LEADS) as following:
        await send(client, buyer.admin, "requestOffer", "received", **values)
        created = await following.event()
        await send(client, buyer.admin, "requestOffer", "received", **values)
        assert await following.is_silent()
        assert await unheard.is_silent()

    assert payload({"leadCreated": {"source": "OFFER_REQUEST", "buyerAccountId": buyer.id}}) == created


async def test_new_ports_and_decisions_are_sent_V13_V14(client: Client, factory: Factory) -> None:
    """A partner hears of an order that waits, of its own decision, and of the port. A later change of the port isn't a new one."""
    partner, stranger = await factory.partner(), await factory.company()
    verified = {"verification_status": "VERIFIED"}
    account = await factory.managed_account(partner, company=verified, order_approval=True)
    order = {"locationId": (await factory.orderable(partner)).id, "name": "Core", "speedMbps": 1_000, "termMonths": 12}

    async with (
        client.following(partner.admin, ORDERS) as orders,
        client.following(partner.admin, NEW_PORTS) as ports,
        client.following(stranger.admin, ORDERS) as unheard,
    ):
        waits = (await send(client, account.admin, "orderPort", "orderApproval { id }", **order))["orderApproval"]
        heard = [await orders.event()]
        await send(client, partner.admin, "approveOrder", "orderApproval { id }", id=waits["id"])
        heard.append(await orders.event())
        port = (await ports.event())["data"]["portCreated"]
        await send(client, account.admin, "updatePort", "port { id }", id=port["id"], version=1, name="B")
        assert await ports.is_silent()
        assert await unheard.is_silent()

    assert [
        payload({"orderApprovalUpdated": {"id": waits["id"], "status": status}}) for status in ("PENDING", "APPROVED")
    ] == heard
    assert "Core" == port["name"]


async def test_changes_that_nobody_hears_of_end_no_subscription_V14(
    client: Client, factory: Factory, rules_engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many rows change at once, those who only hear of new ones hear the next. Who hears of changes is told of the gap."""
    company = await factory.company()
    for number in range(4):
        await factory.port(company, name=f"port {number}")
    monkeypatch.setattr(hub, "MAX_PENDING", 2)

    async with client.following(company.admin, NEW_PORTS) as new_ports:
        async with rules_engine.connect() as connection:
            await connection.execute(sa.update(Port).values(name=Port.name + " renamed"))
        made = await factory.port(company, name="new")
        heard = await new_ports.event()
        async with client.following(company.admin, PORTS) as ports:
            async with rules_engine.connect() as connection:
                await connection.execute(sa.update(Port).values(name=Port.name + " again"))
            ended = await ports.socket.receive()

    assert payload({"portCreated": {"id": made.id, "name": "new"}}) == heard
    assert ("error", "SUBSCRIBER_TOO_SLOW") == (ended["type"], ended["payload"][0]["extensions"]["code"])


async def account_of(client: Client, partner: Company, account: Account) -> dict[str, Any]:
    """Return a managed account as its partner reads it."""
    query = "{ managedAccounts(first: 10) { nodes { id version accountName company { id } } } }"
    accounts: list[dict[str, Any]] = (await client(partner.admin, query)).data["managedAccounts"]["nodes"]
    return next(each for each in accounts if each["company"]["id"] == account.company.id)


async def test_account_and_partner_hear_of_changed_settings_R105_V2_V25(client: Client, factory: Factory) -> None:
    """Each hears of the account's own settings, and no other account or partner does."""
    partner, stranger = await factory.partner(), await factory.partner()
    account, sibling = await factory.managed_account(partner, pricing=False), await factory.managed_account(partner)
    own = await account_of(client, partner, account)

    async with (
        client.following(account.admin, ACCOUNTS) as by_account,
        client.following(partner.admin, ACCOUNTS) as by_partner,
        client.following(sibling.admin, ACCOUNTS) as by_sibling,
        client.following(stranger.admin, ACCOUNTS) as by_stranger,
    ):
        values = {"id": own["id"], "version": own["version"], "settings": {"pricing": True}}
        await send(client, partner.admin, "updateManagedAccountSettings", "managedAccount { id }", **values)
        heard = [await by_account.event(), await by_partner.event()]
        assert await by_sibling.is_silent()
        assert await by_stranger.is_silent()

    settings = {"pricing": {"enabled": True, "source": "ACCOUNT"}}
    assert [payload({"managedAccountUpdated": {"accountName": own["accountName"], "settings": settings}})] * 2 == heard


async def test_account_hears_nothing_of_what_it_cannot_read_V25(client: Client, factory: Factory) -> None:
    """The partner's own reference of the account, and the defaults that the account overrides, change without an event."""
    partner = await factory.partner()
    account = await factory.managed_account(partner, pricing=False)
    own = await account_of(client, partner, account)

    async with client.following(account.admin, ACCOUNTS) as by_account:
        values = {"id": own["id"], "version": own["version"], "accountName": own["accountName"], "accountRef": "4711"}
        await send(client, partner.admin, "updateManagedAccount", "managedAccount { id }", **values)
        await send(client, partner.admin, "updatePartnerDefaults", "partnerDefaults { pricing }", version=0, pricing=True)
        assert await by_account.is_silent()
