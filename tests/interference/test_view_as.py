"""Non-interference of looking as another, of previews and of comparisons: what is hidden stays hidden by each of these ways.

The same questions and the same changes as ever. An answer as another depends on that viewer's sight alone, a preview on that of the
account with its other settings, and a comparison on the sight of both sides.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from typing import Any, Final

import pytest
from hypothesis import assume, given, note, seed
from hypothesis import strategies as st

from policies.viewer import Viewer
from resolvers.context import Context
from resolvers.tools.settings_preview import preview_context
from resolvers.tools.view_as import find_view_as_target
from resolvers.values.identifiers import Identifier
from tests.client import DIRECT, HIDDEN, PARTNER, SHOWN
from tests.interference.mutations import Mutation, mutations
from tests.interference.questions import QUESTIONS, why
from tests.interference.test_non_interference import DRAWN, NUMBERS, SEED, Trial, charge_of, price_of, trying

SUPPORT: Final = "support@operator.example"
WAYS: Final = ("company", "user", "preview", "diff", "explain")
CASES: Final = [
    f"{way} of {target} by {asker}"
    for asker, targets in {PARTNER: (HIDDEN, SHOWN), SUPPORT: (DIRECT, HIDDEN), "network@partner.example": (HIDDEN,)}.items()
    for target in targets
    for way in WAYS
    if not (way == "preview" and asker != PARTNER) and not (way == "user" and asker.startswith("network"))
]
SETTINGS: Final = {"pricing": True, "dashboard": False, "company_profile": True}
SWITCHES: Final = "{pricing: true, dashboard: false, companyProfile: true}"


class Looking(Trial):
    """A trial in which a viewer is named by the way in which another one looks as it."""

    async def viewers(self, email: str | None) -> tuple[Viewer, ...]:
        """Whoever is looked as, and whoever looks where it is compared."""
        way, target, asker = _parts(email)
        services = self.ask.app.state.services
        who = await self.viewer(asker)
        if way == "preview":
            seen = await preview_context(Context(services, who), await self._named(way, target), SETTINGS)
            assert seen is not None
            return (seen.viewer,)
        looked = await find_view_as_target(services, who, await self._named(way, target))
        return (looked, who) if way in ("diff", "explain") else (looked,)

    async def answer(self, email: str | None, document: str, **variables: Any) -> bytes:
        """The answer to a question by one of the ways."""
        way, target, asker = _parts(email)
        named = await self._named(way, target)
        if way == "diff":
            body = {"query": document, "variables": variables, "left": None, "right": named}
            return (await self.ask.post(asker, "/diff", body)).content
        if way == "preview":
            head, selected = re.fullmatch(r"\s*(query[^{]*)?(\{.*\})\s*", document, re.DOTALL).groups()  # type: ignore[union-attr]
            document = f'{head or ""}{{ previewSettings(managedAccountId: "{named}", settings: {SWITCHES}) {selected} }}'
            return (await self.ask(asker, document, **variables)).body
        return (await self.ask.send(asker, document, variables, **{"X-Crossgate-View-As": named})).body

    async def questions(self, email: str | None, change: Mutation, chosen: list[int]) -> list[tuple[str, dict[str, Any]]]:
        """The same; of rules alone by `explain`, whose answers depend on the sight of whoever is told of them too."""
        if _parts(email)[0] == "explain":
            return super().tools(change, chosen)
        return await super().questions(email, change, chosen)

    def tools(self, _change: Mutation, _chosen: list[int]) -> list[tuple[str, dict[str, Any]]]:
        """None but by a way of their own."""
        return []

    async def cursor(self, email: str | None, walk: str) -> str | None:
        """The cursor that the one who is looked as would get."""
        return await super().cursor(_parts(email)[1], walk)

    async def _named(self, way: str, target: str) -> str:
        """The id by which a user is looked as."""
        key = (way, target)
        if key not in self.answers:
            found = await self.ask(target, "{ viewer { user { id } company { id } } managedAccounts { nodes { id } } }")
            accounts = [account["id"] for account in found.data["managedAccounts"]["nodes"]]
            viewer = found.data["viewer"]
            name = viewer["user"]["id"] if way == "user" else accounts[0] if way == "preview" else viewer["company"]["id"]
            self.answers[key] = str(name).encode()
        return self.answers[key].decode()


def _parts(name: str | None) -> tuple[str, str, str]:
    """The way, whom it is looked as, and who looks."""
    assert name is not None
    way, _, target, _, asker = name.split()
    return way, target, asker


@pytest.fixture(scope="module")
async def trial(postgres: Any, demo: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Looking]:
    """The gateway over a market of its own, with a single connection."""
    async with trying(Looking, postgres, demo, tmp_path_factory.mktemp("looking")) as trial:
        yield trial


@pytest.mark.parametrize("name", CASES)
@seed(SEED)
@DRAWN
@given(data=st.data())
async def test_what_is_hidden_makes_no_difference_to_whoever_looks(trial: Looking, name: str, data: st.DataObject) -> None:
    """Hidden values and rows may change, come and go: the answers to all questions stay the same, byte for byte."""
    viewer, *_ = await trial.viewers(name)
    change = data.draw(mutations(trial.policy, viewer, trial.market))
    asked = await trial.questions(name, change, data.draw(NUMBERS))

    changed = await trial.try_out(name, change, asked)

    note(f"CROSSGATE_SEED={SEED}")
    assume(changed is not None)
    assert [] == changed


async def test_the_ways_can_tell(trial: Looking) -> None:
    """What is seen makes a difference: a price, by a preview that shows it, and a comparison with whoever sees it no more."""
    hidden, partner = [(await trial.viewer(email)).company_id for email in (HIDDEN, PARTNER)]
    asked: list[tuple[str, dict[str, Any]]] = [(document, {}) for document in QUESTIONS]
    tried = {name: await trial.try_out(f"{name} of {HIDDEN} by {PARTNER}", price_of(trial, hidden), asked) for name in WAYS}
    charged = await trial.try_out(f"company of {HIDDEN} by {PARTNER}", charge_of(trial, partner), asked)

    assert {"company": [], "user": [], "preview": None, "diff": None, "explain": None} == tried
    assert [] == charged


async def test_what_is_asked_of_rules_is_answered(trial: Looking) -> None:
    """The questions about what explains can tell: each is answered, with rules by whoever is told of them."""
    hidden = (await trial.viewer(HIDDEN)).company_id
    port = next(row for row in trial.market.rows["port"].values() if row["company_id"] == hidden)
    document, variables = why(trial.policy, str(Identifier("Port", port["id"])))

    told = json.loads(await trial.answer(f"explain of {HIDDEN} by {PARTNER}", document, **variables))
    untold = json.loads((await trial.ask(HIDDEN, document, **variables)).body)

    assert {True, False} == {each["allowed"] for each in told["data"].values()}
    assert all(each["decisions"] for each in told["data"].values())
    assert {(each["allowed"], each["reason"]) for each in told["data"].values()} == {
        (each["allowed"], each["reason"]) for each in untold["data"].values()
    }
