"""Previews: a partner sees what an account would see with other settings, before it saves them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.client import ANONYMOUS, Client, open_client
from tests.factory import Factory
from tests.rules.answers import payload, redaction_at, response_of
from tests.rules.mutations import stored_rows

PREVIEW = """query ($id: ID!, $settings: ManagedAccountSettingsInput, $deep: Boolean = true) {
  previewSettings(managedAccountId: $id, settings: $settings) {
    viewer { company { id } roles pricingVisible viewingAs { id } viewedBy { userId } }
    ports { nodes { id monthlyRate @include(if: $deep) { amount } } }
  }
}"""
SWITCHES = """query ($id: ID!, $settings: ManagedAccountSettingsInput) {
  previewSettings(managedAccountId: $id, settings: $settings) { %s }
}"""
RATES = "ports { nodes { monthlyRate { amount } } }"
SOURCES = "managedAccounts { nodes { settings { pricing { enabled source } } } }"


@pytest.fixture(scope="module", params=["introspection", "strict", "off"])
async def shaping(
    rules_url: str, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> AsyncIterator[Client]:
    """The gateway over these tests' database, once for each `shaped_schema` setting."""
    async with open_client(rules_url, tmp_path_factory.mktemp("shaping"), shaped_schema=request.param) as client:
        yield client


@pytest.fixture
async def client(shaping: Client, factory: Factory) -> AsyncIterator[Client]:  # noqa: ARG001 (it empties the database)
    """The same gateway with empty caches."""
    shaping._tokens.clear()
    yield shaping
    await shaping.app.state.services.audit.flush()


@pytest.mark.parametrize("pricing", [True, False, None])
async def test_settings_are_previewed_before_they_are_saved_R105_R121_V2(
    client: Client, factory: Factory, rules_engine: AsyncEngine, *, pricing: bool | None
) -> None:
    """Prices show as they would for the account: on, off, or by its partner's default. Nothing is stored."""
    partner = await factory.partner()
    await factory.defaults(partner, pricing=True)
    account = await factory.managed_account(partner, pricing=False)
    port = await factory.port(account.company)
    before = await stored_rows(rules_engine)

    answer = await client(partner.admin, PREVIEW, id=account.id, settings={"pricing": pricing})

    shown = pricing is not False
    seen = {
        "viewer": {
            "company": {"id": account.company.id},
            "roles": ["ACCOUNT_ADMIN"],
            "pricingVisible": shown,
            "viewingAs": {"id": account.company.id},
            "viewedBy": {"userId": partner.user.id},
        },
        "ports": {"nodes": [{"id": port.id, "monthlyRate": {"amount": "1250.00"} if shown else None}]},
    }
    redactions = [] if shown else [redaction_at("previewSettings.ports.nodes.*.monthlyRate", "HIDDEN_BY_PARTNER")]
    assert payload({"previewSettings": seen}, *redactions) == response_of(answer)
    assert before == await stored_rows(rules_engine)


@pytest.mark.parametrize("settings", [{}, None, {"chatSupport": True}])
async def test_absent_settings_keep_their_values_R105_V2(
    client: Client, factory: Factory, settings: dict[str, Any] | None
) -> None:
    """Settings that the input leaves out are those that the account has now."""
    partner = await factory.partner()
    account = await factory.managed_account(partner, pricing=True)
    query = SWITCHES % "viewer { pricingVisible chatSupportEnabled }"

    answer = await client(partner.admin, query, id=account.id, settings=settings)

    chat = bool(settings)
    assert payload({"previewSettings": {"viewer": {"pricingVisible": True, "chatSupportEnabled": chat}}}) == response_of(answer)


async def test_account_reads_previewed_settings_as_its_own_V2_V25(client: Client, factory: Factory) -> None:
    """In the preview the account reads the previewed settings. Outside it, the partner reads the stored ones."""
    partner = await factory.partner()
    account = await factory.managed_account(partner)
    query = (
        f"query ($id: ID!) {{ {SOURCES} previewSettings(managedAccountId: $id, settings: {{pricing: true}}) {{ {SOURCES} }} }}"
    )

    answer = await client(partner.admin, query, id=account.id)

    stored_, unsaved = {"enabled": False, "source": "DEFAULT"}, {"enabled": True, "source": "ACCOUNT"}
    as_stored, as_previewed = ({"nodes": [{"settings": {"pricing": each}}]} for each in (stored_, unsaved))
    assert payload({"managedAccounts": as_stored, "previewSettings": {"managedAccounts": as_previewed}}) == response_of(answer)


async def test_viewers_that_cannot_save_settings_preview_none_R105_A43(client: Client, factory: Factory) -> None:
    """A viewer that reads the account but can't save its settings is refused. For all others the account doesn't exist."""
    partner, other = await factory.partner(), await factory.partner()
    account, finance = await factory.managed_account(partner), await factory.user(partner, "FINANCE")
    operator, direct = await factory.operator(), await factory.company()
    absent = await factory.managed_account(partner)
    await factory.delete(absent)
    query = SWITCHES % "viewer { pricingVisible }"

    readers = [await client(email, query, id=account.id) for email in (finance.email, operator.admin, account.admin)]
    others = [response_of(await client(email, query, id=account.id)) for email in (other.admin, direct.admin, ANONYMOUS)]
    nothing = response_of(await client(partner.admin, query, id=absent.id))

    assert [(["PREVIEW_FORBIDDEN"], {"previewSettings": None})] * 3 == [(answer.codes, answer.data) for answer in readers]
    assert [payload({"previewSettings": None})] * 4 == [*others, nothing]


async def test_parts_of_a_response_keep_their_order_V2_R121(client: Client, factory: Factory) -> None:
    """Aliases, fragments, conditions and variables work. Paths of errors and redactions start at the root of the response."""
    partner = await factory.partner()
    account = await factory.managed_account(partner)
    await factory.port(account.company)
    query = """query Several($id: ID!, $no: Boolean = false) {
      before: viewer { pricingVisible }
      off: previewSettings(managedAccountId: $id) { ...Rates }
      ...Shown
      never: previewSettings(managedAccountId: $id) @include(if: $no) { __typename }
      ... on Query @skip(if: $no) { off: previewSettings(managedAccountId: $id) { viewer { pricingVisible } } }
      bad: previewSettings(
        managedAccountId: $id
      ) {
        viewer { roles }
        inner: previewSettings(managedAccountId: $id) { __typename }
        node(id: "nobody") { id }
      }
      after: viewer { pricingVisible }
    }
    fragment Rates on Query { ports { nodes { monthlyRate { amount } } } }
    fragment Shown on Query {
      on: previewSettings(settings: {pricing: true}, managedAccountId: $id) { ...Rates viewer { pricingVisible } }
      __typename
    }"""

    answer = await client(partner.admin, query, id=account.id)

    rates = {"ports": {"nodes": [{"monthlyRate": None}]}}
    assert {
        "before": {"pricingVisible": True},
        "off": {**rates, "viewer": {"pricingVisible": False}},
        "on": {"ports": {"nodes": [{"monthlyRate": {"amount": "1250.00"}}]}, "viewer": {"pricingVisible": True}},
        "__typename": "Query",
        "bad": {"viewer": {"roles": ["ACCOUNT_ADMIN"]}, "inner": None, "node": None},
        "after": {"pricingVisible": True},
    } == answer.data
    assert ["before", "off", "on", "__typename", "bad", "after"] == list(answer.data)
    assert [
        ("PREVIEW_NESTED", ["bad", "inner"], [{"line": 11, "column": 9}]),
        ("INVALID_ID", ["bad", "node"], [{"line": 12, "column": 9}]),
    ] == [(each["extensions"]["code"], each["path"], each["locations"]) for each in answer.errors]
    assert [redaction_at("off.ports.nodes.*.monthlyRate", "HIDDEN_BY_PARTNER")] == response_of(answer)["extensions"][
        "redactions"
    ]


async def test_number_and_cost_of_previews_are_limited_V2(client: Client, factory: Factory) -> None:
    """An operation has 10 previews at most, and their selections cost as much as those of any field."""
    partner = await factory.partner()
    account = await factory.managed_account(partner)
    several = " ".join(
        f'p{n}: previewSettings(managedAccountId: "{account.id}") {{ viewer {{ pricingVisible }} }}' for n in range(11)
    )
    ports = "ports(first: 1000) { nodes { company { ports(first: 1000) { nodes { id } } } } }"
    deep = f"previewSettings(managedAccountId: $id) {{ company(id: $id) {{ partner {{ {ports} }} }} }}"

    few = await client(partner.admin, "{" + several.rpartition("p10:")[0] + "}")
    many = await client(partner.admin, "{" + several + "}")
    costly = await client(partner.admin, f"query ($id: ID!) {{ {deep} }}", id=account.id)

    assert [{"viewer": {"pricingVisible": False}}] * 10 == list(few.data.values())
    assert (["TOO_MANY_PREVIEWS"], None) == (many.codes, many.data)
    assert (["OPERATION_TOO_COSTLY"], None) == (costly.codes, costly.data)


async def test_preview_is_authorized_by_the_signed_in_user_V14_R105(client: Client, factory: Factory) -> None:
    """A partner that views as its account previews settings that the account itself can't save."""
    partner = await factory.partner()
    account = await factory.managed_account(partner)
    query = SWITCHES % "viewer { pricingVisible viewedBy { userId } }"
    variables = {"id": account.id, "settings": {"pricing": True}}

    answer = await client.send(partner.admin, query, variables, **{"X-Crossgate-View-As": account.company.id})

    seen = {"pricingVisible": True, "viewedBy": {"userId": partner.user.id}}
    assert payload({"previewSettings": {"viewer": seen}}) == response_of(answer)


@pytest.mark.executors
async def test_preview_takes_as_many_statements_as_view_as_V14_V2(client: Client, factory: Factory) -> None:
    """One statement finds the account and its settings. For an account hidden from the requester there is no other."""
    partner, other = await factory.partner(), await factory.partner()
    account = await factory.managed_account(partner)
    counts = []
    for email in (partner.admin, other.admin):
        with client.counting() as statements:
            answer = await client(email, SWITCHES % RATES, id=account.id)
        assert [] == answer.errors
        counts.append(len(statements))

    assert [3, 2] == counts


SCHEMAS = [
    "__schema { queryType { fields { name } } }",
    'port: __type(name: "Port") { fields { name } }',
    "...I",
    "viewer { roles } __schema { mutationType { name } } ports(first: 1) { totalCount }",
]


@pytest.mark.parametrize("selected", SCHEMAS)
async def test_preview_introspects_the_schema_of_its_account_V13(client: Client, factory: Factory, selected: str) -> None:
    """Introspection in a preview returns the account's schema, with or without data, in fragments too."""
    partner = await factory.partner()
    account = await factory.managed_account(partner)
    fragment = ' fragment I on Query { t: __type(name: "Company") { fields { name } } }' if "...I" in selected else ""
    query = f"query ($id: ID!) {{ previewSettings(managedAccountId: $id) {{ {selected} }} own: __typename }}{fragment}"

    answer = await client(partner.admin, query, id=account.id)
    seen = await client(account.admin, f"{{ {selected} }}{fragment}")

    assert ([], []) == (answer.errors, seen.errors)
    assert {"previewSettings": seen.data, "own": "Query"} == answer.data


SPREADS = [
    "query ($id: ID!) { ...F previewSettings(managedAccountId: $id) { ...F } } fragment F on Query { viewer { roles } }",
    "query ($id: ID!) { previewSettings(managedAccountId: $id) { ...F } ...F } fragment F on Query { viewer { roles } }",
    "query ($id: ID!) { ...G previewSettings(managedAccountId: $id) { ...G } } fragment G on Query { ...F }"
    " fragment F on Query { viewer { roles } }",
    "query ($id: ID!) { ...F ...G } fragment F on Query { viewer { roles } }"
    " fragment G on Query { previewSettings(managedAccountId: $id) { ...F } }",
    "query ($id: ID!) { ...G ...F } fragment F on Query { viewer { roles } }"
    " fragment G on Query { ... on Query { previewSettings(managedAccountId: $id) { ... on Query { ...F } } } }",
]


@pytest.mark.parametrize("query", SPREADS)
async def test_fragment_can_be_used_at_the_root_and_in_a_preview_V2(client: Client, factory: Factory, query: str) -> None:
    """The same fragment selects for both, each with its own viewer's rights."""
    partner = await factory.partner()
    account = await factory.managed_account(partner)

    answer = await client(partner.admin, query, id=account.id)

    assert [] == answer.errors
    seen = {"viewer": {"roles": ["ACCOUNT_ADMIN"]}}
    assert {**seen, "previewSettings": seen} == answer.data


async def test_fragment_with_a_preview_cannot_be_used_in_a_preview_V2(client: Client, factory: Factory) -> None:
    """Nested previews are refused, just as they are without fragments."""
    partner = await factory.partner()
    account = await factory.managed_account(partner)
    query = """query ($id: ID!) { ...G previewSettings(managedAccountId: $id) { ...G viewer { roles } } }
      fragment G on Query { other: previewSettings(managedAccountId: $id) { viewer { roles } } }"""

    answer = await client(partner.admin, query, id=account.id)

    assert (200, {"viewer": {"roles": ["ACCOUNT_ADMIN"]}}) == (answer.status, answer.data["other"])
    assert "INTERNAL" not in answer.codes
