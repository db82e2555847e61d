"""Webhook deliveries: what an endpoint receives, decided when it's sent, and what happens if it doesn't answer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from standardwebhooks import Webhook

from tests.client import Client
from tests.factory import Factory
from tests.receiver import Receiver, running_receiver
from tests.rules.mutations import send
from tests.webhook_worker import WebhookWorker, deliveries_of, endpoint_of, settings_of, subscribe
from worker import OpenedWebhooks


@pytest.fixture(scope="session")
async def opened(rules_gateway: Client, rules_url: str) -> AsyncIterator[OpenedWebhooks]:
    """What sends webhooks, built once."""
    opened = OpenedWebhooks(settings_of(rules_gateway, rules_url))
    yield opened
    await opened.close()


@pytest.fixture
async def worker(client: Client, rules_engine: AsyncEngine, rules_url: str, opened: OpenedWebhooks) -> WebhookWorker:
    """A worker without jobs of other tests."""
    worker = WebhookWorker(rules_engine, settings_of(client, rules_url), opened)
    await worker.forget()
    return worker


@pytest.fixture(autouse=True)
def _local_receivers(client: Client) -> Iterator[None]:
    """Let endpoints be on this machine."""
    client.app.state.services.local_hosts = True
    yield
    client.app.state.services.local_hosts = False


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    """A receiver."""
    async with running_receiver() as receiver:
        yield receiver


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
