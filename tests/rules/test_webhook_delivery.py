"""Webhook deliveries: what an endpoint receives, decided when it's sent, and what happens if it doesn't answer."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from models import Port, WebhookDelivery
from models.base import now
from models.database import transaction
from resolvers.webhook_endpoint import purge_deliveries
from settings import Settings
from tests.client import Client
from tests.factory import Company, Factory, Thing
from tests.receiver import Receiver, running_receiver
from tests.rules.mutations import queued_mails, recorded_changes, send, user_error
from tests.rules.test_product_changes import submitted
from tests.webhook_worker import WebhookWorker, deliveries_of, endpoint_of, settings_of, subscribe
from transport.authentication.keys import rotate
from worker import OpenedBackground

REPLAYED: Final = "webhookDelivery { status attempts }"


@pytest.fixture(scope="session")
async def opened(rules_gateway: Client, rules_url: str) -> AsyncIterator[OpenedBackground]:
    """What sends webhooks, built once."""
    opened = OpenedBackground(settings_of(rules_gateway, rules_url))
    yield opened
    await opened.close()


@pytest.fixture
async def worker(client: Client, rules_engine: AsyncEngine, rules_url: str, opened: OpenedBackground) -> WebhookWorker:
    """A worker without jobs of other tests."""
    worker = WebhookWorker(rules_engine, settings_of(client, rules_url), opened)
    await worker.forget()
    return worker


@pytest.fixture(autouse=True)
def _local_receivers(client: Client) -> Iterator[None]:
    """Let endpoints be on this machine."""
    with client.configured(local_hosts=True):
        yield


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A receiver."""
    async with running_receiver() as receiver:
        yield receiver


async def subscribed(client: Client, factory: Factory, receiver: Receiver) -> tuple[Company, Thing, dict[str, Any]]:
    """Create a company with a port and an endpoint that hears of it."""
    company = await factory.company()
    port = await factory.port(company)
    return company, port, await subscribe(client, company.admin, receiver)


async def test_change_is_sent_signed_to_the_company_that_can_read_it_V14(
    client: Client, factory: Factory, worker: WebhookWorker, receiver: Receiver
) -> None:
    """A renamed port arrives once, as JSON that Standard Webhooks verifies, and the delivery says so."""
    company = await factory.company()
    endpoint = await subscribe(client, company.admin, receiver)
    port = await factory.port(company, name="Old")
    await worker.run()
    receiver.received.clear()

    await factory.change(port, name="New")
    await worker.run()

    (received,) = receiver.received
    assert "/hooks" == received.path
    event: Any = Webhook(endpoint["secret"]).verify(received.body, received.headers)
    assert ("port.updated", port.id, "New") == (event["type"], event["data"]["port"]["id"], event["data"]["port"]["name"])
    newest, *_ = await deliveries_of(client, company.admin, endpoint)
    assert ("PORT_UPDATED", "DELIVERED", 1, 204, None) == tuple(
        newest[name] for name in ("event", "status", "attempts", "responseStatus", "lastError")
    )
    assert received.headers["webhook-id"] == newest["id"]


async def test_hidden_prices_are_null_with_a_reason_until_the_partner_shows_them_R121_R122_V2(
    client: Client, factory: Factory, worker: WebhookWorker, receiver: Receiver
) -> None:
    """A managed account's event hides prices as a response does. The next event after the change of the setting has them."""
    account = await factory.managed_account(await factory.partner(), pricing=False)
    port = await factory.port(account.company)
    await subscribe(client, account.admin, receiver)

    for name, pricing in (("one", False), ("two", True)):
        await factory.setting(account, pricing=pricing)
        await factory.change(port, name=name)
        await worker.run()

    hidden, shown = receiver.events
    reason = {"path": ["port", "monthlyRate"], "reason": "HIDDEN_BY_PARTNER"}
    assert hidden["data"]["port"]["monthlyRate"] is None
    assert reason in hidden["extensions"]["redactions"]
    assert {"field": "monthlyRate", "reason": "HIDDEN_BY_PARTNER"} in hidden["data"]["port"]["viewerHides"]
    assert {"amount": "1250.00", "currency": "EUR"} == shown["data"]["port"]["monthlyRate"]
    assert reason not in shown["extensions"].get("redactions", [])


async def test_event_has_what_can_be_read_when_it_is_sent_V2(
    client: Client, factory: Factory, worker: WebhookWorker, receiver: Receiver
) -> None:
    """A price that the partner hides between the change and the sending isn't sent."""
    account = await factory.managed_account(await factory.partner(), pricing=True)
    port = await factory.port(account.company)
    await subscribe(client, account.admin, receiver)
    receiver.statuses = [500]
    await factory.change(port, name="new")
    await worker.run()

    await factory.setting(account, pricing=False)
    await worker.run(skip=True)
    await worker.age(paused_until=None)
    await worker.run(skip=True)

    shown, hidden = (event["data"]["port"]["monthlyRate"] for event in receiver.events)
    assert ({"amount": "1250.00", "currency": "EUR"}, None) == (shown, hidden)


@pytest.mark.parametrize("values", [{"monthly_rate": 1}, {"setup_fee": 1}, {"marketplace_name": "New"}], ids=str)
async def test_change_of_a_hidden_field_makes_no_delivery_R116_R121(
    client: Client, factory: Factory, worker: WebhookWorker, receiver: Receiver, values: dict[str, Any]
) -> None:
    """Not even the list of deliveries reveals that a hidden field has changed. The partner's endpoint gets the event."""
    partner = await factory.partner()
    account = await factory.managed_account(partner)
    port = await factory.port(account.company)
    theirs = await subscribe(client, account.admin, f"{receiver.url}/account")
    own = await subscribe(client, partner.admin, f"{receiver.url}/partner")

    await factory.change(port, **values)
    await worker.run()

    assert ["/partner"] == [each.path for each in receiver.received]
    assert [] == await deliveries_of(client, account.admin, theirs)
    assert ["DELIVERED"] == [each["status"] for each in await deliveries_of(client, partner.admin, own)]


@pytest.mark.parametrize("kind", ["DIRECT", "PARTNER", "OF THE SAME PARTNER"])
async def test_companies_that_cannot_read_a_thing_receive_nothing_about_it_V14(
    client: Client, factory: Factory, worker: WebhookWorker, receiver: Receiver, kind: str
) -> None:
    """Neither a stranger's endpoint nor that of another account of the same partner gets a delivery."""
    partner = await factory.partner()
    port = await factory.port((await factory.managed_account(partner)).company)
    if kind == "OF THE SAME PARTNER":
        other = (await factory.managed_account(partner)).company
    else:
        other = await factory.company(kind=kind)
    endpoint = await subscribe(client, other.admin, receiver, "PORT_UPDATED", "PORT_CREATED")

    await factory.change(port, name="theirs")
    await worker.run()

    assert ([], []) == (receiver.received, await deliveries_of(client, other.admin, endpoint))
    assert 0 == await worker.waiting()


async def test_endpoint_reads_with_its_roles_and_a_changed_role_counts_at_once_V52(
    client: Client, factory: Factory, worker: WebhookWorker, receiver: Receiver
) -> None:
    """A viewer's endpoint reads prices. As a network administrator's it doesn't, also for what was already waiting."""
    company = await factory.company()
    port = await factory.port(company)
    created = await subscribe(client, company.admin, receiver)
    await factory.change(port, name="one")
    await worker.run()

    await factory.change(port, name="two")
    values = {"id": created["webhookEndpoint"]["id"], "version": 1, "roles": ["NETWORK_ADMIN"]}
    updated = await send(client, company.admin, "updateWebhookEndpoint", "webhookEndpoint { roles version }", **values)
    await worker.run()

    assert {"roles": ["NETWORK_ADMIN"], "version": 2} == updated["webhookEndpoint"]
    before, after = receiver.events
    assert before["data"]["port"]["monthlyRate"] is not None
    assert after["data"]["port"]["monthlyRate"] is None
    assert {"path": ["port", "monthlyRate"], "reason": "ROLE_REQUIRED"} in after["extensions"]["redactions"]


async def test_new_port_is_created_and_updated_V52(
    client: Client, factory: Factory, worker: WebhookWorker, receiver: Receiver
) -> None:
    """As in subscriptions, an order is both events. A change is no creation."""
    company = await factory.company()
    await subscribe(client, company.admin, receiver, "PORT_CREATED", "PORT_UPDATED")

    port = await factory.port(company)
    await worker.run()
    await factory.change(port, name="new")
    await worker.run()

    assert ["port.created", "port.updated", "port.updated"] == [event["type"] for event in receiver.events]


async def test_later_event_of_a_thing_waits_for_the_earlier_one_V52(
    client: Client, factory: Factory, worker: WebhookWorker, receiver: Receiver
) -> None:
    """While the first event of a port is repeated, the second isn't sent. Another port's is."""
    company = await factory.company()
    first, other = await factory.port(company), await factory.port(company)
    endpoint = await subscribe(client, company.admin, receiver)
    receiver.statuses = [500]
    await factory.change(first, name="one")
    await worker.run()
    await worker.age(paused_until=None)

    await factory.change(first, name="two")
    await factory.change(other, name="other")
    await worker.run()
    before = [event["data"]["port"]["name"] for event in receiver.events]
    await worker.run(skip=True)
    after = [event["data"]["port"]["name"] for event in receiver.events][len(before) :]

    assert (["one", "other"], ["two", "two"]) == (before, after)  # an event shows what is true when it's sent
    ids = [each.headers["webhook-id"] for each in receiver.received]
    assert (ids[0], 3) == (ids[2], len(set(ids)))
    assert ["DELIVERED"] * 3 == [each["status"] for each in await deliveries_of(client, company.admin, endpoint)]


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (500, "The receiver answered with status 500."),
        (404, "The receiver answered with status 404."),
        (302, "The receiver answered with status 302. Redirects aren't followed."),
    ],
)
async def test_refused_event_is_repeated_with_the_same_id_V52(
    client: Client, factory: Factory, worker: WebhookWorker, receiver: Receiver, status: int, error: str
) -> None:
    """The delivery says what went wrong and when the next attempt is. A redirect is no success, and isn't followed."""
    company, port, endpoint = await subscribed(client, factory, receiver)
    receiver.statuses = [status]

    await factory.change(port, name="new")
    await worker.run()
    (failed,) = await deliveries_of(client, company.admin, endpoint)
    failing = (await endpoint_of(client, company.admin, endpoint))["failingSince"]
    await worker.age(paused_until=None)
    await worker.run(skip=True)
    (delivered,) = await deliveries_of(client, company.admin, endpoint)

    assert ("PENDING", 1, status, error) == tuple(
        failed[name] for name in ("status", "attempts", "responseStatus", "lastError")
    )
    assert failed["nextAttemptAt"] > failed["createdAt"]
    assert failing is not None
    assert ("DELIVERED", 2, 204, None, None) == tuple(
        delivered[name] for name in ("status", "attempts", "responseStatus", "lastError", "nextAttemptAt")
    )
    assert ["/hooks", "/hooks"] == [each.path for each in receiver.received]
    assert 1 == len({each.headers["webhook-id"] for each in receiver.received})
    assert (await endpoint_of(client, company.admin, endpoint))["failingSince"] is None


async def test_endpoint_that_fails_is_left_alone_for_a_while_V52(
    client: Client, factory: Factory, worker: WebhookWorker, receiver: Receiver
) -> None:
    """After a failure, events of other things wait too, and waiting is no attempt. A successful test ends the pause."""
    company = await factory.company()
    ports = [await factory.port(company) for _ in range(5)]
    endpoint = await subscribe(client, company.admin, receiver)
    receiver.statuses = [503]
    await factory.change(ports[0], name="first")
    await worker.run()

    for port in ports[1:]:
        await factory.change(port, name="later")
    await worker.run()
    paused = await deliveries_of(client, company.admin, endpoint)
    await send(client, company.admin, "testWebhookEndpoint", "webhookDelivery { id }", id=endpoint["webhookEndpoint"]["id"])
    await worker.run()
    await worker.run(skip=True)

    assert [0, 0, 0, 0, 1] == [each["attempts"] for each in paused]
    assert {"PENDING"} == {each["status"] for each in paused}
    assert "webhook.test" == receiver.events[1]["type"]
    assert {"DELIVERED"} == {each["status"] for each in await deliveries_of(client, company.admin, endpoint)}


async def test_event_is_given_up_after_three_days_and_can_be_replayed_V52(
    client: Client, factory: Factory, worker: WebhookWorker, receiver: Receiver, rules_engine: AsyncEngine
) -> None:
    """A delivery that failed for three days isn't tried again. A replay sends it with the same ID."""
    company, port, endpoint = await subscribed(client, factory, receiver)
    receiver.statuses = [500, 500]
    await factory.change(port, name="new")
    await worker.run()
    async with rules_engine.connect() as connection:
        await connection.execute(sa.update(WebhookDelivery).values(give_up_at=now() - timedelta(seconds=1)))
    await worker.age(paused_until=None)
    await worker.run(skip=True)
    (failed,) = await deliveries_of(client, company.admin, endpoint)
    waiting = await worker.waiting()

    replayed = await send(client, company.admin, "replayWebhookDelivery", REPLAYED, id=failed["id"])
    again = await send(client, company.admin, "replayWebhookDelivery", REPLAYED, id=failed["id"])
    await worker.run()
    (delivered,) = await deliveries_of(client, company.admin, endpoint)

    assert ("FAILED", 2, None, 0) == (failed["status"], failed["attempts"], failed["nextAttemptAt"], waiting)
    assert {"webhookDelivery": {"status": "PENDING", "attempts": 0}, "userErrors": []} == replayed
    assert {"webhookDelivery": None, "userErrors": [user_error("ILLEGAL_STEP", "id")]} == again
    assert ("DELIVERED", 1) == (delivered["status"], delivered["attempts"])
    assert {failed["id"]} == {each.headers["webhook-id"] for each in receiver.received}


async def test_endpoint_that_fails_for_days_is_disabled_and_its_administrators_are_told_V52(
    client: Client, factory: Factory, worker: WebhookWorker, receiver: Receiver, rules_engine: AsyncEngine
) -> None:
    """After five days without a success, nothing more is sent until an administrator enables the endpoint."""
    company, port, endpoint = await subscribed(client, factory, receiver)
    receiver.statuses = [500, 500]
    await factory.change(port, name="one")
    await worker.run()
    await worker.age(paused_until=None, failing_since=now() - timedelta(days=5, seconds=1))

    await worker.run(skip=True)
    disabled = await endpoint_of(client, company.admin, endpoint)
    await worker.run(skip=True)
    (given_up,) = await deliveries_of(client, company.admin, endpoint)
    values = {"id": endpoint["webhookEndpoint"]["id"], "version": disabled["version"], "enabled": True}
    enabled = await send(client, company.admin, "updateWebhookEndpoint", "webhookEndpoint { enabled failingSince }", **values)

    assert (False, 2) == (disabled["enabled"], disabled["version"])
    (mail,) = await queued_mails(rules_engine)
    assert ("WEBHOOK_DISABLED", company.admin, True) == (mail[0], mail[1], receiver.url in mail[2])
    assert ("FAILED", "The endpoint is disabled, so nothing was sent.") == (given_up["status"], given_up["lastError"])
    assert 2 == len(receiver.received)
    assert {"enabled": True, "failingSince": None} == enabled["webhookEndpoint"]
    changes = [change for change in await recorded_changes(rules_engine) if change[0] == "disableFailingWebhookEndpoint"]
    assert [("disableFailingWebhookEndpoint", "webhook_endpoint", {"enabled": [True, False], "version": [1, 2]})] == changes


async def test_disabled_endpoint_receives_nothing_V52(
    client: Client, factory: Factory, worker: WebhookWorker, receiver: Receiver
) -> None:
    """What waits isn't sent, what happens later isn't recorded, and nothing can be tested or replayed."""
    company, port, endpoint = await subscribed(client, factory, receiver)
    key = endpoint["webhookEndpoint"]["id"]
    await factory.change(port, name="one")
    receiver.statuses = [500]
    await worker.run()

    await send(client, company.admin, "updateWebhookEndpoint", "webhookEndpoint { id }", id=key, version=1, enabled=False)
    await factory.change(port, name="two")
    await worker.run(skip=True)
    (failed,) = await deliveries_of(client, company.admin, endpoint)
    tested = await send(client, company.admin, "testWebhookEndpoint", "webhookDelivery { id }", id=key)
    replayed = await send(client, company.admin, "replayWebhookDelivery", "webhookDelivery { id }", id=failed["id"])

    assert 1 == len(receiver.received)
    assert "FAILED" == failed["status"]
    locked = {"webhookDelivery": None, "userErrors": [user_error("LOCKED", "id")]}
    assert (locked, locked) == (tested, replayed)


async def test_deleted_endpoint_receives_nothing_V52(
    client: Client, factory: Factory, worker: WebhookWorker, receiver: Receiver
) -> None:
    """Its deliveries are deleted with it, and the jobs that wait for them find nothing to do."""
    company, port, endpoint = await subscribed(client, factory, receiver)
    receiver.statuses = [500]
    await factory.change(port, name="one")
    await worker.run()

    key = endpoint["webhookEndpoint"]["id"]
    deleted = await send(client, company.admin, "deleteWebhookEndpoint", "webhookEndpointId", id=key)
    await worker.run(skip=True)

    assert {"webhookEndpointId": key, "userErrors": []} == deleted
    assert (1, 0) == (len(receiver.received), await worker.waiting())
    assert (await client(company.admin, "query ($id: ID!) { node(id: $id) { id } }", id=key)).data == {"node": None}


async def test_nothing_is_sent_about_a_thing_that_the_endpoint_can_no_longer_read_V52(
    client: Client, factory: Factory, worker: WebhookWorker, receiver: Receiver
) -> None:
    """A port that is gone when its event is due gives up the delivery, with the reason."""
    company, port, endpoint = await subscribed(client, factory, receiver)
    receiver.statuses = [500]
    await factory.change(port, name="one")
    await worker.run()

    await factory.delete(port)
    await worker.age(paused_until=None)
    await worker.run(skip=True)

    (failed,) = await deliveries_of(client, company.admin, endpoint)
    assert ("FAILED", "The endpoint can no longer read the object, so nothing was sent.") == (
        failed["status"],
        failed["lastError"],
    )
    assert 1 == len(receiver.received)


async def test_new_secret_signs_and_the_previous_one_too_for_a_day_V52(
    client: Client, factory: Factory, worker: WebhookWorker, receiver: Receiver
) -> None:
    """A receiver that has either secret verifies an event. After a day, only the new one does."""
    company = await factory.company()
    created = await subscribe(client, company.admin, receiver)
    key, old = created["webhookEndpoint"]["id"], created["secret"]

    rotated = await send(client, company.admin, "rotateWebhookSecret", "secret webhookEndpoint { previousSecretUntil }", id=key)
    for until in (now() + timedelta(hours=23), now()):
        await worker.age(previous_secret_until=until)
        await send(client, company.admin, "testWebhookEndpoint", "webhookDelivery { id }", id=key)
        await worker.run()

    both, only_new = receiver.received
    assert rotated["webhookEndpoint"]["previousSecretUntil"] is not None
    for received in receiver.received:
        Webhook(rotated["secret"]).verify(received.body, received.headers)
    Webhook(old).verify(both.body, both.headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(old).verify(only_new.body, only_new.headers)


async def test_secrets_survive_a_new_signing_key_V52(
    client: Client, factory: Factory, worker: WebhookWorker, receiver: Receiver, rules_url: str, tmp_path: Path
) -> None:
    """After `crossgate key rotate --revoke`, events are still signed with the secrets that the previous key encrypted."""
    company = await factory.company()
    created = await subscribe(client, company.admin, receiver)
    copy = tmp_path / "signing-key.pem"
    shutil.copy(client.app.state.tokens._path, copy)
    rotate(copy, 0)
    settings = Settings(database_url=rules_url, signing_key_file=copy, development=True)
    opened = OpenedBackground(settings)

    await send(client, company.admin, "testWebhookEndpoint", "webhookDelivery { id }", id=created["webhookEndpoint"]["id"])
    await WebhookWorker(worker.engine, settings, opened).run()
    await opened.close()

    (received,) = receiver.received
    Webhook(created["secret"]).verify(received.body, received.headers)


async def test_change_that_is_rolled_back_is_never_sent_V52(
    client: Client, factory: Factory, worker: WebhookWorker, receiver: Receiver, rules_engine: AsyncEngine
) -> None:
    """A change, its record and its job are one transaction. Several changes of a row in one transaction are one event."""
    company, port, endpoint = await subscribed(client, factory, receiver)
    renamed = sa.update(Port).where(Port.id == port.key)

    async with transaction(rules_engine) as session:
        await session.execute(renamed.values(name="never"))
        await session.rollback()
    nothing = await worker.waiting()
    async with transaction(rules_engine) as session:
        await session.execute(renamed.values(name="one"))
        await session.execute(renamed.values(name="two", cost_centre="IT"))
    await worker.run()

    assert 0 == nothing
    assert ["two"] == [event["data"]["port"]["name"] for event in receiver.events]
    assert 1 == len(await deliveries_of(client, company.admin, endpoint))


async def test_old_deliveries_are_removed_V52(
    client: Client, factory: Factory, worker: WebhookWorker, receiver: Receiver, rules_engine: AsyncEngine
) -> None:
    """A scheduled job removes what is older than 30 days."""
    company = await factory.company()
    endpoint = await subscribe(client, company.admin, receiver)
    old, new = await factory.port(company), await factory.port(company)
    await worker.run()
    month_ago = now() - timedelta(days=30, seconds=1)
    async with rules_engine.connect() as connection:
        of_old = WebhookDelivery.subject_key == old.key
        await connection.execute(sa.update(WebhookDelivery).where(of_old).values(created_at=month_ago))

    await purge_deliveries(rules_engine, "")

    (kept,) = receiver.events[1:]
    assert new.id == kept["data"]["port"]["id"]
    assert 1 == len(await deliveries_of(client, company.admin, endpoint))


async def _port(factory: Factory, company: Company) -> Any:
    return await factory.port(company)


async def _order_approval(factory: Factory, company: Company) -> Any:
    account = await factory.managed_account(company)
    return await factory.order_approval(account)


async def _connection_request(factory: Factory, company: Company) -> Any:
    return await factory.connection_request(await factory.port(company), await factory.port(await factory.company()))


async def _offer(factory: Factory, company: Company) -> Any:
    return await factory.offer(company, [await factory.company()])


async def _lead(factory: Factory, company: Company) -> Any:
    return await factory.lead(company, await factory.product(company), await factory.company())


@pytest.mark.parametrize(
    ("event", "make"),
    [
        ("PORT_CREATED", _port),
        ("PORT_UPDATED", _port),
        ("ORDER_APPROVAL_UPDATED", _order_approval),
        ("CONNECTION_REQUEST_UPDATED", _connection_request),
        ("OFFER_UPDATED", _offer),
        ("LEAD_CREATED", _lead),
    ],
)
async def test_each_event_has_its_object_V52(
    client: Client, factory: Factory, worker: WebhookWorker, receiver: Receiver, event: str, make: Any
) -> None:
    """An event names its type, and has the object with its ID and what is hidden from the receiver."""
    company = await factory.partner()
    await subscribe(client, company.admin, receiver, event, roles=["VIEWER", "MARKETPLACE_EDITOR"])

    thing = await make(factory, company)
    await worker.run()

    (sent,) = receiver.events
    kind, _, step = event.lower().rpartition("_")
    (found,) = sent["data"].values()
    assert (f"{kind}.{step}", thing.id, True) == (sent["type"], found["id"], "viewerHides" in found)
    assert {"type", "timestamp", "data", "extensions"} == set(sent)


async def test_submitted_product_is_a_change_request_V52(
    client: Client, factory: Factory, worker: WebhookWorker, receiver: Receiver
) -> None:
    """A seller's endpoint hears of its change requests."""
    seller = await factory.company()
    await factory.seller_registration(seller)
    await subscribe(client, seller.admin, receiver, "CHANGE_REQUEST_UPDATED")

    await submitted(client, seller.admin)
    await worker.run()

    assert "change_request.updated" == receiver.events[0]["type"]
    assert "UNDER_REVIEW" == receiver.events[0]["data"]["changeRequest"]["status"]
