"""Non-interference of view-as, previews and comparisons: each of these tools keeps hidden data hidden.

The queries and changes are the same as without the tools. A view-as answer depends only on what that viewer sees, a preview on
what the account sees with the other settings, and a comparison on what both sides see.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from typing import Any, Final

import pytest

from policies.viewer import Viewer
from resolvers.context import Context
from resolvers.tools.settings_preview import preview_context
from resolvers.tools.view_as import find_view_as_target
from resolvers.values.identifiers import Identifier
from tests.client import DIRECT, HIDDEN, PARTNER, SHOWN
from tests.interference.mutations import Mutation
from tests.interference.questions import QUESTIONS, why
from tests.interference.test_non_interference import Trial, charge_of, price_of, trying

SUPPORT: Final = "support@operator.example"
TOOLS: Final = ("company", "user", "preview", "diff", "explain")
CASES: Final = [
    f"{tool} of {target} by {requester}"
    for requester, targets in {
        PARTNER: (HIDDEN, SHOWN),
        SUPPORT: (DIRECT, HIDDEN),
        "network@partner.example": (HIDDEN,),
    }.items()
    for target in targets
    for tool in TOOLS
    if not (tool == "preview" and requester != PARTNER) and not (tool == "user" and requester.startswith("network"))
]
SETTINGS: Final = {"pricing": True, "dashboard": False, "company_profile": True}
SETTINGS_INPUT: Final = "{pricing: true, dashboard: false, companyProfile: true}"


class ToolTrial(Trial):
    """A trial whose viewers are named by a tool, its target and the requester that uses it."""

    async def viewers(self, email: str | None) -> tuple[Viewer, ...]:
        """Return the viewed-as viewer, and for comparisons and explanations the requester too."""
        tool, target, requester = _parts(email)
        services = self.client.app.state.services
        requester_viewer = await self.viewer(requester)
        if tool == "preview":
            seen = await preview_context(Context(services, requester_viewer), await self._named(tool, target), SETTINGS)
            assert seen is not None
            return (seen.viewer,)
        target_viewer = await find_view_as_target(services, requester_viewer, await self._named(tool, target))
        return (target_viewer, requester_viewer) if tool in ("diff", "explain") else (target_viewer,)

    async def answer(self, email: str | None, document: str, **variables: Any) -> bytes:
        """Return the answer to a query through a tool."""
        tool, target, requester = _parts(email)
        named = await self._named(tool, target)
        if tool == "diff":
            body = {"query": document, "variables": variables, "left": None, "right": named}
            return (await self.client.post(requester, "/diff", body)).content
        if tool == "preview":
            head, selected = re.fullmatch(r"\s*(query[^{]*)?(\{.*\})\s*", document, re.DOTALL).groups()  # type: ignore[union-attr]
            document = f'{head or ""}{{ previewSettings(managedAccountId: "{named}", settings: {SETTINGS_INPUT}) {selected} }}'
            return (await self.client(requester, document, **variables)).body
        return (await self.client.send(requester, document, variables, **{"X-Crossgate-View-As": named})).body

    async def questions(self, email: str | None, change: Mutation, chosen: list[int]) -> list[tuple[str, dict[str, Any]]]:
        """Return the same queries. For `explain` only explanations, since their answers also depend on what the requester sees."""
        if _parts(email)[0] == "explain":
            return super().tools(change, chosen)
        return await super().questions(email, change, chosen)

    def downloads(self, _change: Mutation, _chosen: list[int]) -> list[str]:
        """Return nothing: files and exports can't be had through a tool."""
        return []

    def tools(self, _change: Mutation, _chosen: list[int]) -> list[tuple[str, dict[str, Any]]]:
        """Return no explanations: they are a tool of their own here."""
        return []

    async def cursor(self, email: str | None, walk: str) -> str | None:
        """Return the cursor that the viewed-as viewer would get."""
        return await super().cursor(_parts(email)[1], walk)

    async def _named(self, tool: str, target: str) -> str:
        """Return the id of a tool's target: a user, an account or a company."""
        key = (tool, target)
        if key not in self.answers:
            found = await self.client(target, "{ viewer { user { id } company { id } } managedAccounts { nodes { id } } }")
            accounts = [account["id"] for account in found.data["managedAccounts"]["nodes"]]
            viewer = found.data["viewer"]
            name = viewer["user"]["id"] if tool == "user" else accounts[0] if tool == "preview" else viewer["company"]["id"]
            self.answers[key] = str(name).encode()
        return self.answers[key].decode()


def _parts(name: str | None) -> tuple[str, str, str]:
    """Return the tool, the viewer it targets, and the requester."""
    assert name is not None
    tool, _, target, _, requester = name.split()
    return tool, target, requester


@pytest.fixture(scope="module")
async def trial(postgres: Any, demo: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[ToolTrial]:
    """A trial over its own market, with a single connection."""
    async with trying(ToolTrial, postgres, demo, tmp_path_factory.mktemp("looking")) as trial:
        yield trial


@pytest.mark.share(3)
@pytest.mark.parametrize("name", CASES)
async def test_hidden_changes_make_no_difference_through_a_tool(trial: ToolTrial, name: str) -> None:
    """Hidden values change and hidden rows are inserted and deleted: all answers stay the same, byte for byte."""
    await trial.try_changes(name)


async def test_visible_changes_make_a_difference_through_a_tool(trial: ToolTrial) -> None:
    """A price change shows in a preview with prices, and in a comparison with a viewer that no longer sees it."""
    hidden, partner = [(await trial.viewer(email)).company_id for email in (HIDDEN, PARTNER)]
    queries: list[tuple[str, dict[str, Any]]] = [(document, {}) for document in QUESTIONS]
    tried = {name: await trial.try_out(f"{name} of {HIDDEN} by {PARTNER}", price_of(trial, hidden), queries) for name in TOOLS}
    charged = await trial.try_out(f"company of {HIDDEN} by {PARTNER}", charge_of(trial, partner), queries)

    assert {"company": [], "user": [], "preview": None, "diff": None, "explain": None} == tried
    assert [] == charged


async def test_explanations_are_answered(trial: ToolTrial) -> None:
    """The queries for explanations aren't vacuous: each gets an answer, with rules for viewers that can read them."""
    hidden = (await trial.viewer(HIDDEN)).company_id
    port = next(row for row in trial.market.rows["port"].values() if row["company_id"] == hidden)
    document, variables = why(trial.policy, str(Identifier("Port", port["id"])))

    with_rules = json.loads(await trial.answer(f"explain of {HIDDEN} by {PARTNER}", document, **variables))
    without_rules = json.loads((await trial.client(HIDDEN, document, **variables)).body)

    assert {True, False} == {each["allowed"] for each in with_rules["data"].values()}
    assert all(each["decisions"] for each in with_rules["data"].values())
    assert {(each["allowed"], each["reason"]) for each in with_rules["data"].values()} == {
        (each["allowed"], each["reason"]) for each in without_rules["data"].values()
    }
