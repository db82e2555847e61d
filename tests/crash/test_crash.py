"""Gateway and worker are killed repeatedly while ports are ordered and offers accepted: nothing is lost, and nothing done twice.

CROSSGATE_SEED repeats the timing of a run as far as possible; CROSSGATE_ORDERS makes it longer.
"""

from __future__ import annotations

import asyncio
import os
import secrets
from collections import Counter
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from random import Random
from typing import Any, Final

import sqlalchemy as sa
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from sqlalchemy.ext.asyncio import AsyncEngine

from models import Agreement, Mail, OrderApproval, Port
from resolvers.reading.viewers import find_member
from tests import plain_http
from tests.crash.processes import KillableProcess, free_port, gateway, retry_until_acknowledged, worker
from tests.factory import Factory, Location, Offer
from transport.authentication.tokens import Tokens

ORDERS: Final = int(os.environ.get("CROSSGATE_ORDERS", "100"))
MAX_CONCURRENT_ORDERS: Final = 8
MAX_ORDERS_BETWEEN_KILLS: Final = 36  # kills follow progress, since a busy machine would do nothing but restart processes
MAX_KILL_DELAY: Final = 0.2  # seconds, so that a kill hits any moment of the orders in progress
SEED: Final = int(os.environ.get("CROSSGATE_SEED", str(secrets.randbits(32))))
ACCEPT: Final = """
    mutation ($input: AcceptOfferInput!) {
      acceptOffer(input: $input) { agreement { id } userErrors { code message field } }
    }
"""
ORDER: Final = """
    mutation ($input: OrderPortInput!) {
      orderPort(input: $input) { port { id } orderApproval { id } userErrors { code message field } }
    }
"""


class Inbox:
    """The mails that a mail server received, counted by message ID."""

    def __init__(self) -> None:
        self.received: Counter[str] = Counter()

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        """Receive a mail."""
        text = (envelope.content or b"").decode() if isinstance(envelope.content, bytes) else str(envelope.content)
        (name,) = [line for line in text.splitlines() if line.startswith("Message-ID:")]
        self.received[name.partition("<")[2].partition("@")[0]] += 1
        return "250 OK"


@dataclass(frozen=True)
class Act:
    """A mutation to send until it's acknowledged, as the user with a token."""

    token: str
    query: str
    values: dict[str, object]
    key: str


async def send_all(address: str, acts: list[Act], acknowledged: asyncio.Semaphore) -> list[dict[str, Any]]:
    """Send all mutations, several at once. Return their payloads. Each acknowledged one releases the semaphore once."""
    gate = asyncio.Semaphore(MAX_CONCURRENT_ORDERS)

    async def send(act: Act) -> dict[str, Any]:
        async with gate:
            data = await retry_until_acknowledged(client, act.token, act.query, {"input": act.values}, act.key)
        acknowledged.release()
        (payload,) = data.values()
        return dict(payload)

    async with plain_http.client(base_url=address, timeout=20) as client:
        return list(await asyncio.gather(*map(send, acts)))


def order(number: int, token: str, where: Location) -> Act:
    """The order of a port."""
    values = {"locationId": where.id, "name": f"Order {number}", "speedMbps": 1_000, "termMonths": 12}
    return Act(token, ORDER, values, f"order-{number}")


def acceptance(number: int, token: str, offer: Offer) -> Act:
    """The acceptance of an offer with a payment schedule, whose only dimension is the default."""
    return Act(token, ACCEPT, {"id": offer.id, "version": 1}, f"acceptance-{number}")


async def kill_repeatedly(processes: list[KillableProcess], random: Random, acknowledged: asyncio.Semaphore) -> None:
    """Kill and restart the processes in turn, forever, each time after a random number of further orders."""
    for process in cycle(processes):
        for _ in range(random.randint(1, MAX_ORDERS_BETWEEN_KILLS)):
            await acknowledged.acquire()
        await process.kill_and_restart(random, MAX_KILL_DELAY)


async def test_acknowledged_orders_and_acceptances_happen_exactly_once(
    engine: AsyncEngine, database_url: str, tmp_path: Path
) -> None:
    """Each order exists once under its own name, each offer has one agreement, and each stored mail arrived at least once."""
    given, random, inbox = Factory(engine), Random(SEED), Inbox()
    partner = await given.partner()
    direct = await given.company(verification_status="VERIFIED")
    account = await given.managed_account(partner, order_approval=True, company={"verification_status": "VERIFIED"})
    where = await given.location(market="DE")
    await given.price(where, speed_mbps=1_000, term_months=12)
    for payer in (partner, direct):
        await given.billing_market(payer, "DE")
    seller = await given.company()
    product = await given.product(seller)
    offers = [
        await given.offer(seller, [direct], product=product, dimensions=[300], instalments=[100, 200]) for _ in range(ORDERS)
    ]
    mails, port = Controller(inbox, hostname="127.0.0.1", port=free_port()), free_port()
    mails.start()
    processes = [
        gateway(port, tmp_path, database_url, tmp_path / "gateway.log"),
        worker(f"smtp://127.0.0.1:{mails.port}", tmp_path, database_url, tmp_path / "worker.log"),
    ]
    acknowledged = asyncio.Semaphore(0)
    killing = asyncio.create_task(kill_repeatedly(processes, random, acknowledged))
    try:
        tokens = [await token(engine, tmp_path, email) for email in (direct.admin, account.admin)]
        orders = [order(number, tokens[number % 2], where) for number in range(ORDERS)]
        acceptances = [acceptance(number, tokens[0], offer) for number, offer in enumerate(offers)]
        acts = [act for both in zip(orders, acceptances, strict=True) for act in both]
        answers = await send_all(f"http://127.0.0.1:{port}", acts, acknowledged)
        killing.cancel()
        await wait_until_sent(engine)
    finally:
        killing.cancel()
        for process in processes:
            process.stop()
        mails.stop()

    names = sorted(f"Order {number}" for number in range(ORDERS))
    assert [[]] * 2 * ORDERS == [answer["userErrors"] for answer in answers]
    assert ORDERS == len({str(answer["port"] or answer["orderApproval"]) for answer in answers[::2]})
    assert {offer.key for offer in offers} == set(await column(engine, Agreement.offer_id))
    assert ORDERS == len(await column(engine, Agreement.id)) == len({answer["agreement"]["id"] for answer in answers[1::2]})
    assert names == sorted([*await column(engine, Port.name), *await column(engine, OrderApproval.name)])
    assert {str(key) for key in await column(engine, Mail.id)} == set(inbox.received)
    assert ORDERS // 2 <= len(inbox.received)
    assert all(process.deaths for process in processes)


async def token(engine: AsyncEngine, data_dir: Path, email: str) -> str:
    """Issue a user's token with the gateway's key."""
    member = await find_member(engine, email)
    assert member is not None
    return Tokens.load(data_dir / "signing-key.pem").issue(member.user_id, member.membership_id, 3600)


async def column(engine: AsyncEngine, of: sa.orm.InstrumentedAttribute[Any]) -> list[Any]:
    """Return all values of a column."""
    async with engine.connect() as connection:
        return list((await connection.execute(sa.select(of))).scalars())


async def wait_until_sent(engine: AsyncEngine) -> None:
    """Wait until all mails are sent."""
    waiting = sa.select(sa.func.count()).where(Mail.status == "WAITING")
    async with asyncio.timeout(120), engine.connect() as connection:
        while await connection.scalar(waiting):  # noqa: ASYNC110 (another process sends them)
            await asyncio.sleep(0.5)
