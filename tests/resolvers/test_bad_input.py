"""Any input of a mutation either succeeds, or is refused with a code and changes nothing. It never fails.

Inputs are drawn for every mutation of the schema: of its types with values that are hard, and now and then of another type.
CROSSGATE_SEED repeats a run, CROSSGATE_CASES makes it longer.
"""

from __future__ import annotations

import os
import secrets
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Final

import pytest
from graphql import GraphQLInputObjectType, get_named_type
from hypothesis import HealthCheck, Phase, note, seed, settings
from hypothesis import given as drawn
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncEngine

from models import SignInAttempt
from models.database import connect
from models.embedded import Embedded
from tests import databases
from tests.client import Client, open_client
from tests.drawing import values_of
from tests.factory import Factory
from tests.rules.mutations import recorded_changes, stored_rows
from tests.schema.outline import SCHEMA

CASES: Final = max(1, int(os.environ.get("CROSSGATE_CASES", "10000")) // 70)
SEED: Final = int(os.environ.get("CROSSGATE_SEED", str(secrets.randbits(32))))
DRAWN: Final = settings(
    max_examples=CASES,
    deadline=None,
    database=None,
    phases=[Phase.generate],  # each case builds on the previous ones
    suppress_health_check=list(HealthCheck),
    print_blob=False,
)
ROOT: Final = SCHEMA.mutation_type
assert ROOT is not None
MUTATIONS: Final[dict[str, GraphQLInputObjectType]] = {
    name: kind
    for name, mutation in ROOT.fields.items()
    if isinstance(kind := get_named_type(mutation.args["input"].type), GraphQLInputObjectType)
}


@dataclass
class Trial:
    """The gateway with a small market, and the outcomes so far."""

    client: Client
    engine: AsyncEngine
    emails: list[str | None]
    ids: list[str]
    snapshot: tuple[Any, int] | None = None  # the stored rows and the number of audit events
    outcomes: Counter[str] = field(default_factory=Counter)

    async def take_snapshot(self) -> tuple[Any, int]:
        """Take a snapshot of the stored rows, without failed sign-ins, and of the number of audit events."""
        rows = await stored_rows(self.engine)
        del rows[SignInAttempt.__tablename__]  # a refused password is counted
        self.snapshot = (rows, len(await recorded_changes(self.engine)))
        return self.snapshot


@pytest.fixture(scope="module")
async def trial(postgres: Embedded, migrated: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Trial]:
    """Return the gateway with a database of its own."""
    url = postgres.url(name := await databases.create(postgres, migrated))
    engine = connect(url)
    async with open_client(url, tmp_path_factory.mktemp("gateway")) as client:
        yield await market(client, engine)
    await engine.dispose()
    await databases.drop(postgres, name)


async def market(client: Client, engine: AsyncEngine) -> Trial:
    """Create a partner with two accounts, one without support details, and a direct company with a public profile."""
    factory = Factory(engine)
    partner, direct = await factory.partner(), await factory.company()
    accounts = [await factory.managed_account(partner, name=f"Name {number}") for number in (1, 2)]
    await factory.support_details(accounts[0].company)
    await factory.profile(direct, visibility="PUBLIC")
    port = await factory.port(accounts[0].company)
    objects = (partner, direct, *accounts, *(account.company for account in accounts), partner.user, port, port.location)
    return Trial(client, engine, [*[partner.admin] * 4, direct.admin, accounts[0].admin, None], [each.id for each in objects])


@seed(SEED)
@DRAWN
@drawn(data=st.data())
async def test_bad_input_changes_nothing(trial: Trial, data: st.DataObject) -> None:
    """Each input either succeeds, or is refused with a code and changes nothing."""
    name = data.draw(st.sampled_from(sorted(MUTATIONS)))
    sent = data.draw(values_of(MUTATIONS[name], trial.ids))
    email = data.draw(st.sampled_from(trial.emails))
    query = f"mutation ($input: {MUTATIONS[name].name}!) {{ {name}(input: $input) {{ userErrors {{ code field }} }} }}"
    before = trial.snapshot or await trial.take_snapshot()

    answer = await trial.client(email, query, input=sent)

    note(f"CROSSGATE_SEED={SEED}: {name} by {email} with {sent!r}: {answer.body!r}")
    payload = (answer.data or {}).get(name) or {}
    codes = [*answer.codes, *(problem["code"] for problem in payload.get("userErrors", []))]
    assert codes or payload
    assert "INTERNAL" not in codes
    assert await trial.take_snapshot() == before or not codes
    trial.outcomes.update(codes or ["done"])


async def test_inputs_are_bad_in_many_ways(trial: Trial) -> None:
    """The generated inputs include missing, malformed and unknown values, and values of another type."""
    assert {"REQUIRED", "INVALID_VALUE", "INVALID_ID", "BAD_USER_INPUT"} <= trial.outcomes.keys()
