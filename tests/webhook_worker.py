"""A worker for tests that runs the jobs of webhooks in the test's process, as `crossgate worker` does."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from models import WebhookEndpoint
from settings import Settings
from tests.client import Client
from tests.receiver import Receiver
from tests.rules.mutations import send
from worker import WEBHOOKS, OpenedBackground, make_app

CREATED: Final = "webhookEndpoint { id url description events roles enabled version company { id } } secret"
FORGET: Final = sa.text(  # the queue's triggers name their tables without a schema
    "DO $$ BEGIN SET LOCAL search_path = procrastinate; DELETE FROM procrastinate_jobs WHERE queue_name = 'webhooks'; END $$"
)
DUE: Final = sa.text("UPDATE procrastinate.procrastinate_jobs SET scheduled_at = NULL WHERE queue_name = 'webhooks'")
JOBS: Final = sa.text("SELECT count(*) FROM procrastinate.procrastinate_jobs WHERE queue_name = 'webhooks' AND status = 'todo'")
DELIVERIES: Final = """query ($id: ID!) { node(id: $id) { ... on WebhookEndpoint { enabled failingSince version deliveries {
  nodes { id event status attempts responseStatus lastError nextAttemptAt createdAt } } } } }"""


@dataclass
class WebhookWorker:
    """Runs the jobs of webhooks that are due."""

    engine: AsyncEngine
    settings: Settings
    opened: OpenedBackground

    async def run(self, *, skip: bool = False) -> None:
        """Run all jobs that are due; with `skip`, also those that wait to be repeated."""
        if skip:
            async with self.engine.connect() as connection:
                await connection.execute(DUE)
        async with make_app(self.engine, self.settings, self.opened).open_async() as app:
            await app.run_worker_async(
                queues=list(WEBHOOKS), wait=False, listen_notify=False, install_signal_handlers=False, delete_jobs="successful"
            )

    async def waiting(self) -> int:
        """Return the number of jobs that wait."""
        async with self.engine.connect() as connection:
            number: int = await connection.scalar(JOBS) or 0
        return number

    async def forget(self) -> None:
        """Delete the jobs of other tests."""
        async with self.engine.connect() as connection:
            await connection.execute(FORGET)

    async def age(self, **values: Any) -> None:
        """Change stored endpoints."""
        async with self.engine.connect() as connection:
            await connection.execute(sa.update(WebhookEndpoint).values(**values))


def settings_of(client: Client, url: str, **more: Any) -> Settings:
    """Return the settings of a worker on the client's database, with the same signing keys."""
    return Settings(database_url=url, signing_key_file=client.app.state.tokens._path, development=True, **more)


async def subscribe(client: Client, admin: str | None, receiver: Receiver | str, *events: str, **more: Any) -> dict[str, Any]:
    """Create a webhook endpoint, and return the payload. By default, it reads ports as a viewer."""
    url = receiver if isinstance(receiver, str) else f"{receiver.url}/hooks"
    values = {"url": url, "events": list(events or ("PORT_UPDATED",)), "roles": ["VIEWER"], **more}
    return await send(client, admin, "createWebhookEndpoint", CREATED, **values)


async def endpoint_of(client: Client, viewer: str | None, endpoint: dict[str, Any]) -> dict[str, Any]:
    """Return what a viewer reads of a created endpoint."""
    answer = await client(viewer, DELIVERIES, id=endpoint["webhookEndpoint"]["id"])
    assert [] == answer.errors
    found: dict[str, Any] = answer.data["node"]
    return found


async def deliveries_of(client: Client, viewer: str | None, endpoint: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the deliveries of a created endpoint, newest first."""
    nodes: list[dict[str, Any]] = (await endpoint_of(client, viewer, endpoint))["deliveries"]["nodes"]
    return nodes
