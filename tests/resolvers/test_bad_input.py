"""Whatever a mutation is sent, it is done, or it is refused by a code and nothing has changed; it never fails.

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
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    is_required_input_field,
)
from hypothesis import HealthCheck, Phase, note, seed, settings
from hypothesis import given as drawn
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncEngine

from models.database import connect
from models.embedded import Embedded
from tests import databases
from tests.asking import Asking, asking
from tests.given import Given
from tests.rules.changing import stored, trail
from tests.schema.outline import SCHEMA

CASES: Final = max(1, int(os.environ.get("CROSSGATE_CASES", "10000")) // 70)
SEED: Final = int(os.environ.get("CROSSGATE_SEED", str(secrets.randbits(32))))
DRAWN: Final = settings(
    max_examples=CASES,
    deadline=None,
    database=None,
    phases=[Phase.generate],  # each case stands on what the ones before have done
    suppress_health_check=list(HealthCheck),
    print_blob=False,
)
ROOT: Final = SCHEMA.mutation_type
assert ROOT is not None
MUTATIONS: Final[dict[str, GraphQLInputObjectType]] = {
    name: known.args["input"].type.of_type for name, known in ROOT.fields.items()
}
TEXTS: Final = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        ("", " ", "\0", "\x7f", "\u202e", "a\nb", "x" * 129, "😀" * 201, "DE", "UK", "%s", "';--", "{}", "null", "-1")
    ),
    st.sampled_from(("a@b.example", "A@B.EXAMPLE", "a@b", "@", "a@\u00fc.example", "+49 69 5550100", "+0", "+", "+" * 40)),
    st.sampled_from(("https://b.example/", "http://[", "javascript:alert(1)", "Name 1", "Name 2", "2030-01-01", "1e999")),
)
NUMBERS: Final = st.integers(-1, 2) | st.sampled_from((1, 2, 3, 2**31 - 1, -(2**31)))
HUGE: Final = st.sampled_from((2**31, 10**30, 1.5, "1"))
ANYTHING: Final = st.one_of(st.none(), st.booleans(), NUMBERS, HUGE, TEXTS, st.just([]), st.just({}), st.just({"a": None}))
RARELY: Final = 50  # one of so many values is of any type


@dataclass
class Trial:
    """The gateway over a small market, and what became of the inputs so far."""

    ask: Asking
    engine: AsyncEngine
    emails: list[str | None]
    ids: list[str]
    known: tuple[Any, int] | None = None  # what was stored and recorded when it was last looked at
    outcomes: Counter[str] = field(default_factory=Counter)

    async def look(self) -> tuple[Any, int]:
        """What is stored now, and how much was ever recorded."""
        self.known = (await stored(self.engine), len(await trail(self.engine)))
        return self.known


@pytest.fixture(scope="module")
async def trial(postgres: Embedded, migrated: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Trial]:
    """The gateway over a database of its own."""
    url = postgres.url(name := await databases.create(postgres, migrated))
    engine = connect(url)
    async with asking(url, tmp_path_factory.mktemp("gateway")) as ask:
        yield await market(ask, engine)
    await engine.dispose()
    await databases.drop(postgres, name)


async def market(ask: Asking, engine: AsyncEngine) -> Trial:
    """A partner with two accounts, one of which has no details, and a direct company that shows itself."""
    given = Given(engine)
    partner, direct = await given.partner(), await given.company()
    accounts = [await given.managed_account(partner, name=f"Name {number}") for number in (1, 2)]
    await given.support_details(accounts[0].company)
    await given.profile(direct, visibility="PUBLIC")
    port = await given.port(accounts[0].company)
    things = (partner, direct, *accounts, *(account.company for account in accounts), partner.user, port, port.location)
    return Trial(ask, engine, [*[partner.admin] * 4, direct.admin, accounts[0].admin, None], [each.id for each in things])


def values(kind: GraphQLInputType, ids: list[str]) -> st.SearchStrategy[Any]:
    """Values of a type of input, good and bad; rarely of another type."""
    good = _values(kind, ids)
    return st.integers(1, RARELY).flatmap(lambda chance: ANYTHING if chance == RARELY else good)


def _values(kind: GraphQLInputType, ids: list[str]) -> st.SearchStrategy[Any]:
    match kind:
        case GraphQLNonNull():
            return _values(kind.of_type, ids)
        case GraphQLList():
            return st.lists(values(kind.of_type, ids), max_size=3)
        case GraphQLEnumType():
            return st.sampled_from(list(kind.values))
        case GraphQLInputObjectType():
            required = {name: values(each.type, ids) for name, each in kind.fields.items() if is_required_input_field(each)}
            others = {name: st.none() | values(each.type, ids) for name, each in kind.fields.items() if name not in required}
            return st.fixed_dictionaries(required, optional=others)
    plain = {"Boolean": st.booleans(), "Int": NUMBERS, "Float": NUMBERS, "ID": st.sampled_from(ids) | TEXTS}
    return plain.get(kind.name, TEXTS)


@seed(SEED)
@DRAWN
@drawn(data=st.data())
async def test_bad_input_changes_nothing(trial: Trial, data: st.DataObject) -> None:
    """Each input is carried out, or refused by a code without a trace."""
    name = data.draw(st.sampled_from(sorted(MUTATIONS)))
    sent = data.draw(_values(MUTATIONS[name], trial.ids))
    email = data.draw(st.sampled_from(trial.emails))
    query = f"mutation ($input: {MUTATIONS[name].name}!) {{ {name}(input: $input) {{ userErrors {{ code field }} }} }}"
    before = trial.known or await trial.look()

    answer = await trial.ask(email, query, input=sent)

    note(f"CROSSGATE_SEED={SEED}: {name} by {email} with {sent!r}: {answer.body!r}")
    payload = (answer.data or {}).get(name) or {}
    codes = [*answer.codes, *(problem["code"] for problem in payload.get("userErrors", []))]
    assert codes or payload
    assert "INTERNAL" not in codes
    assert await trial.look() == before or not codes
    trial.outcomes.update(codes or ["done"])


async def test_inputs_are_bad_in_many_ways(trial: Trial) -> None:
    """Among those that were drawn are values that are missing, without form, of nothing, and of another type."""
    assert {"REQUIRED", "INVALID_VALUE", "INVALID_ID", "BAD_USER_INPUT"} <= trial.outcomes.keys()
