"""The time of an answer doesn't tell whether an address has an account (V42).

Requests about known and unknown addresses come in pairs, in random order, so whatever else the machine does slows both alike.
Wilcoxon's signed-rank test says whether the two of a pair differ. There are two clocks: the time that passes, which a client sees,
and the time that the gateway computes, which is less noisy. CROSSGATE_SEED repeats a run's order, CROSSGATE_CASES makes it longer.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import count
from math import sqrt
from random import Random
from statistics import median
from typing import Final

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from models import EmailToken, Invitation, SignInAttempt, User
from models.database import connect
from models.embedded import Embedded
from tests import databases
from tests.client import Client, open_client
from tests.factory import Factory
from tests.rules.identity import OTHER_PASSWORD, person
from tests.rules.mutations import send

PAIRS: Final = max(100, min(500, int(os.environ.get("CROSSGATE_CASES", "10000")) // 100))
SEED: Final = int(os.environ.get("CROSSGATE_SEED", str(secrets.randbits(32))))
WARM_UP: Final = 5  # pairs that don't count
TOLERANCE: Final = 0.01  # of a request's time; one more statement takes several times as much
LIMIT: Final = 4.5  # standard deviations, which chance alone exceeds once in 150,000 tests
CLOCKS: Final[dict[str, Callable[[], float]]] = {"passed": time.perf_counter, "computed": time.process_time}
ACCOUNTS: Final = 5

Request = Callable[[str], Awaitable[object]]
Pair = tuple[list[float], list[float]]  # the seconds by each clock about a known and an unknown address


@dataclass(frozen=True)
class Case:
    """A mutation about an email address. `values` returns its input for an address and a number."""

    mutation: str
    selection: str
    values: Callable[[str, int], dict[str, object]]
    is_anonymous: bool = True


def account_with(address: str, number: int) -> dict[str, object]:
    """Return the input to create a managed account whose administrator has an address."""
    company = {"tradingName": f"Branch {number}", "legalName": f"Branch {number}", "country": "DE"}
    return {"accountName": f"Branch {number}", "supportedBy": "PARTNER", "company": company, "admin": {"email": address}}


RESET: Final = Case("requestPasswordReset", "sent", lambda address, _: {"email": address})
CASES: Final = (
    Case("signUp", "sent", lambda address, _: {"email": address}),
    Case("signIn", "tokens { expiresAt }", lambda address, _: {"email": address, "password": OTHER_PASSWORD}),
    RESET,
    Case(
        "inviteMember", "invitation { email }", lambda address, _: {"email": address, "roles": ["VIEWER"]}, is_anonymous=False
    ),
    Case("createManagedAccount", "managedAccount { accountName }", account_with, is_anonymous=False),
)


@dataclass(frozen=True)
class Market:
    """A gateway, addresses that have an account, and the administrator of a partner, who invites."""

    client: Client
    engine: AsyncEngine
    known: Sequence[str]
    inviter: str

    def request(self, case: Case) -> Request:
        """Return what sends a mutation about an address."""
        viewer, numbers = None if case.is_anonymous else self.inviter, count(1)

        async def send_about(address: str) -> object:
            return await send(self.client, viewer, case.mutation, case.selection, **case.values(address, next(numbers)))

        return send_about

    async def pairs(self, of_known: Request, of_unknown: Request) -> list[Pair]:
        """Time pairs of requests: the first about a known address, the second about an unknown one."""
        random, timings = Random(SEED), list[Pair]()
        for number in range(-WARM_UP, PAIRS):
            known = self.known[number % len(self.known)]
            unknown = known.replace("@sample.", "@absent.")
            requests = {known: of_known, unknown: of_unknown}
            took = {address: await timed(requests[address], address) for address in random.sample([known, unknown], 2)}
            timings += [(took[known], took[unknown])] if number >= 0 else []
            await self.forget()
        return timings

    async def forget(self) -> None:
        """Delete what limits count."""
        async with self.engine.connect() as connection:
            for table in (EmailToken, Invitation, SignInAttempt):
                await connection.execute(sa.delete(table))


@pytest.fixture(scope="module")
async def market(postgres: Embedded, migrated: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Market]:
    """A gateway over its own database."""
    name = await databases.create(postgres, migrated)
    engine = connect(postgres.url(name))
    factory = Factory(engine)
    known = [(await person(factory, engine)).email for _ in range(ACCOUNTS)]
    async with open_client(postgres.url(name), tmp_path_factory.mktemp("timing")) as client:
        client.compares = False
        yield Market(client, engine, known, (await factory.partner()).admin)
    await engine.dispose()
    await databases.drop(postgres, name)


async def timed(request: Request, address: str) -> list[float]:
    """Send a request, and return the seconds that it took, by each clock."""
    started = [clock() for clock in CLOCKS.values()]
    await request(address)
    return [clock() - start for clock, start in zip(CLOCKS.values(), started, strict=True)]


def signed_rank(differences: Sequence[float]) -> float:
    """Return Wilcoxon's signed-rank statistic in standard deviations: 0 on average, if no sign is likelier than the other."""
    size, by_amount = len(differences), sorted(differences, key=abs)
    total = sum(rank if difference > 0 else -rank for rank, difference in enumerate(by_amount, start=1))
    return total / sqrt(size * (size + 1) * (2 * size + 1) / 6)


def telling_clocks(pairs: Sequence[Pair]) -> dict[str, float]:
    """Return the clocks by which the two requests of a pair differ by more than TOLERANCE, with the statistic."""
    found = dict[str, float]()
    for place, name in enumerate(CLOCKS):
        differences = [known[place] - unknown[place] for known, unknown in pairs]
        tolerated = TOLERANCE * median(unknown[place] for _, unknown in pairs)
        slower, faster = (signed_rank([sign * each - tolerated for each in differences]) for sign in (1, -1))
        found |= {name: max(slower, faster)} if max(slower, faster) > LIMIT else {}
    return found


@pytest.mark.share(2)
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.mutation)
async def test_known_and_unknown_addresses_take_alike_long_V42(market: Market, case: Case) -> None:
    """Neither clock tells them apart."""
    request = market.request(case)

    assert {} == telling_clocks(await market.pairs(request, request)), f"CROSSGATE_SEED={SEED}"


async def test_one_more_statement_would_tell_V42(market: Market) -> None:
    """The check isn't vacuous: one more look at a known address is noticed."""
    request, engine = market.request(RESET), market.client.app.state.services.engine

    async def look_twice(address: str) -> None:
        await request(address)
        async with engine.connect() as connection:
            await connection.execute(sa.select(User.id).where(sa.func.lower(User.email) == address))

    assert telling_clocks(await market.pairs(look_twice, request))
