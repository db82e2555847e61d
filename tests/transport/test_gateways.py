"""Several gateways on one database: each receives every event."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from models import Port
from models.listening import MAX_PENDING
from tests.client import open_client
from tests.factory import Factory
from tests.rules.answers import payload

PORTS = "subscription { portUpdated { id name } }"
COLUMNS = ", ".join(column.name for column in Port.__table__.c if column.computed is None and column.name != "id")
COPY = sa.text(f"INSERT INTO port (id, {COLUMNS}) SELECT gen_random_uuid(), {COLUMNS} FROM port, generate_series(0, :last)")


async def test_every_gateway_delivers_an_event(database_url: str, engine: AsyncEngine, tmp_path: Path) -> None:
    """Two gateways listen on separate connections, and subscribers of both receive one change exactly once."""
    factory = Factory(engine)
    company = await factory.company()
    port = await factory.port(company)

    async with (
        open_client(database_url, tmp_path) as one,
        open_client(database_url, tmp_path) as other,
        one.following(company.admin, PORTS) as here,
        other.following(company.admin, PORTS) as there,
    ):
        await factory.change(port, name="changed")
        received = [await here.event(), await there.event()]
        no_more = await here.is_silent() and await there.is_silent()

    assert one.app.state.services.change_listener is not other.app.state.services.change_listener
    assert [payload({"portUpdated": {"id": port.id, "name": "changed"}})] * 2 == received
    assert no_more


async def test_changed_setting_applies_to_the_next_event_of_every_gateway(
    database_url: str, engine: AsyncEngine, tmp_path: Path
) -> None:
    """Every process evaluates visibility again for each event. Nothing is cached."""
    factory = Factory(engine)
    account = await factory.managed_account(await factory.partner(), pricing=True)
    port = await factory.port(account.company)
    query = "subscription { portUpdated { name monthlyRate { amount } } }"

    async with open_client(database_url, tmp_path) as gateway, gateway.following(account.admin, query) as following:
        await factory.change(port, name="one")
        shown = await following.event()
        await factory.setting(account, pricing=False)
        await factory.change(port, name="two")
        hidden = await following.event()

    assert payload({"portUpdated": {"name": "one", "monthlyRate": {"amount": "1250.00"}}}) == shown
    redaction = {"path": ["portUpdated", "monthlyRate"], "reason": "HIDDEN_BY_PARTNER"}
    assert payload({"portUpdated": {"name": "two", "monthlyRate": None}}, redaction) == hidden


async def test_slow_subscriber_gets_an_error(database_url: str, engine: AsyncEngine, tmp_path: Path) -> None:
    """A subscriber with too many pending events gets an error and no more events. Other subscribers and operations continue."""
    factory = Factory(engine)
    company = await factory.company()
    port = await factory.port(company)

    async with open_client(database_url, tmp_path) as gateway, gateway.following(company.admin, PORTS) as following:
        async with engine.connect() as connection:
            await connection.execute(COPY, {"last": 2 * MAX_PENDING})
        while (message := await following.socket.receive())["type"] == "next":
            pass
        async with gateway.following(company.admin, PORTS) as another:
            await factory.change(port, name="changed")
            received = await another.event()
        await following.socket.send({"type": "subscribe", "id": "more", "payload": {"query": "{ viewer { company { id } } }"}})
        answer = await following.socket.receive()

    assert ("error", ["SUBSCRIBER_TOO_SLOW"]) == (
        message["type"],
        [error["extensions"]["code"] for error in message["payload"]],
    )
    assert payload({"portUpdated": {"id": port.id, "name": "changed"}}) == received
    assert payload({"viewer": {"company": {"id": company.id}}}) == answer["payload"]
