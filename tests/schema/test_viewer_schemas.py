"""Viewer schemas: without what the viewer can never use, valid, and returned by introspection."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
from graphql import (
    GraphQLSchema,
    build_client_schema,
    build_schema,
    get_introspection_query,
    get_named_type,
    print_schema,
    validate_schema,
)
from sqlalchemy.ext.asyncio import AsyncEngine

import server
from policies.evaluation.policy import Policy
from policies.evaluation.reachability import Reachability, can_ever_read
from policies.evaluation.shapes import SWITCHES, distinctions_of, format_shape, parse_shape, shapes_of
from policies.viewer import Shape
from schema.introspection.viewer_schemas import SchemaVisibility, ViewerSchemas
from tests.client import DEMO_VIEWERS, DIRECT, HIDDEN, OPERATOR, PARTNER, SHOWN, Client, Redaction, open_client
from tests.factory import Factory
from tests.schema.outline import SCHEMA

SAMPLE: Final = 12
EVERYTHING: Final = get_introspection_query(specified_by_url=True, directive_is_repeatable=True, schema_description=True)
NEVER_MANAGED: Final = {
    "BillingMarket",
    "Company.billingMarkets",
    "Company.invoices",
    "Invoice",
    "Mutation.saveMarketplaceProfile",
    "Mutation.setBillingMarket",
    "Port.marketplaceName",
    "Query.quote",
    "Quote",
    "SaveMarketplaceProfileInput",
}
FOR_EVERYBODY: Final = {"Query.viewer", "Query.marketplaceProfiles", "Mutation.sendInquiry", "Location.metro"}
PRICES: Final = {"Port.monthlyRate", "PortFilter.monthlyRate", "PortOrderField.MONTHLY_RATE"}
CHECKED: Final = FOR_EVERYBODY | NEVER_MANAGED | PRICES


def coordinates(schema: GraphQLSchema) -> Iterator[str]:
    """Yield each type of a schema, and each of its fields and values."""
    for name, kind in schema.type_map.items():
        yield name
        yield from (f"{name}.{part}" for part in {**getattr(kind, "fields", {}), **getattr(kind, "values", {})})


async def introspected(client: Client, viewer: str | None) -> GraphQLSchema:
    """Fetch the viewer's schema by introspection."""
    answer = await client(viewer, EVERYTHING)
    assert [] == answer.errors
    return build_client_schema(answer.data)


@pytest.fixture(scope="module")
def policy() -> Policy:
    """Return the gateway's policy."""
    return server.load_policy()


@pytest.fixture(scope="module")
def shaped() -> ViewerSchemas:
    """Return a large cache of viewer schemas."""
    return ViewerSchemas(1000)


@pytest.fixture
async def strict(demo_url: str, tmp_path: Path) -> AsyncIterator[Client]:
    """Start a gateway that validates documents against the viewer's schema."""
    async with open_client(demo_url, tmp_path, shaped_schema="strict") as client:
        yield client


@pytest.fixture
async def unshaped(demo_url: str, tmp_path: Path) -> AsyncIterator[Client]:
    """Start a gateway that shows everyone the full schema."""
    async with open_client(demo_url, tmp_path, shaped_schema="off") as client:
        yield client


@pytest.mark.parametrize(
    ("viewer", "missing"),
    [
        (PARTNER, set()),
        (HIDDEN, NEVER_MANAGED),
        (SHOWN, NEVER_MANAGED),
        (DIRECT, PRICES | NEVER_MANAGED - {"BillingMarket", "Company.billingMarkets", "Port.marketplaceName"}),
        (OPERATOR, {"Mutation.saveMarketplaceProfile", "Mutation.setBillingMarket", "SaveMarketplaceProfileInput"}),
        (None, PRICES | NEVER_MANAGED),
    ],
)
async def test_introspection_omits_what_the_viewer_can_never_use_R002_R107_R113_R116(
    demo_client: Client, viewer: str | None, missing: set[str]
) -> None:
    """Managed accounts have no billing markets, quoting tool or mutation to save a Marketplace profile; partners have all of them."""
    names = set(coordinates(await introspected(demo_client, viewer)))

    assert CHECKED - missing == CHECKED & names


async def test_introspection_returns_the_viewer_schema(demo_client: Client, policy: Policy, shaped: ViewerSchemas) -> None:
    """Introspection returns the viewer's whole schema with all descriptions, and nothing else."""
    shape = parse_shape("PARTNER+ACCOUNT_ADMIN")

    assert print_schema(shaped.of(SCHEMA, policy, shape)) == print_schema(await introspected(demo_client, PARTNER))


SUBSCRIPTIONS: Final = tuple(getattr(SCHEMA.subscription_type, "fields", ()))


@pytest.mark.parametrize("viewer", DEMO_VIEWERS)
@pytest.mark.parametrize("field", SUBSCRIPTIONS)
async def test_introspection_shows_exactly_the_accepted_subscriptions_V14_V20(
    demo_client: Client, viewer: str | None, field: str
) -> None:
    """Each subscription in a viewer's introspection is accepted, and each other one is refused."""
    following = getattr((await introspected(demo_client, viewer)).subscription_type, "fields", {})
    query = f"subscription {{ {field} {{ id }} }}"

    if field in following:
        async with demo_client.following(viewer, query) as followed:
            assert await followed.is_silent()
    else:
        assert ["SUBSCRIPTION_OUT_OF_REACH"] == await _refused(demo_client, viewer, query)


async def _refused(client: Client, viewer: str | None, query: str) -> list[str]:
    """The codes with which a subscription is refused."""
    headers = {} if viewer is None else {"Authorization": f"Bearer {await client._token(viewer)}"}
    async with asyncio.timeout(5):  # one that is accepted never ends
        response = await client.http.post("/graphql", json={"query": query}, headers={"Accept": "text/event-stream", **headers})
    data = next(line for line in response.text.splitlines() if line.startswith("data: "))
    return [error["extensions"]["code"] for error in json.loads(data.removeprefix("data: "))["errors"]]


def test_each_kind_of_viewer_is_shown_the_subscriptions_that_are_open_to_it_V14_V20(
    policy: Policy, shaped: ViewerSchemas
) -> None:
    """For every shape, the schema shows exactly the subscriptions whose type such viewers can ever read."""
    entities = {name: get_named_type(field.type).name for name, field in SCHEMA.subscription_type.fields.items()}  # type: ignore[union-attr]
    shown = {
        format_shape(shape): set(getattr(shaped.of(SCHEMA, policy, shape).subscription_type, "fields", ()))
        for shape in drawn(policy)
    }

    assert shown == {
        format_shape(shape): {name for name, entity in entities.items() if can_ever_read(policy, shape, entity)}
        for shape in drawn(policy)
    }
    assert {True, False} == {bool(fields) for fields in shown.values()}


async def test_removed_type_is_not_found(demo_client: Client) -> None:
    """It isn't found by name, and isn't among an interface's possible types."""
    query = """
        { billing: __type(name: "BillingMarket") { name } port: __type(name: "Port") { name }
          node: __type(name: "Node") { possibleTypes { name } } }
    """
    managed, partner = (await demo_client(HIDDEN, query)).data, (await demo_client(PARTNER, query)).data

    assert (None, {"name": "Port"}) == (managed["billing"], managed["port"])
    assert {"BillingMarket", "Inquiry", "Invoice"} == _names(partner["node"]) - _names(managed["node"])


def _names(kind: dict[str, Any]) -> set[str]:
    return {each["name"] for each in kind["possibleTypes"]}


async def test_document_can_select_schema_and_data(demo_client: Client) -> None:
    """Introspection uses the viewer's schema also next to other fields, in fragments, and with variables."""
    query = """
        query ($name: String!) { ...Both }
        fragment Both on Query {
            viewer { pricingVisible }
            kind: __type(name: $name) { ...Fields }
            __schema { queryType { ...Fields } }
        }
        fragment Fields on __Type { fields { name } }
    """
    answer = await demo_client(HIDDEN, query, name="Company")
    fields = {each["name"] for each in answer.data["kind"]["fields"]}
    roots = {each["name"] for each in answer.data["__schema"]["queryType"]["fields"]}

    assert ({"pricingVisible": False}, [], False, False) == (
        answer.data["viewer"],
        answer.errors,
        "billingMarkets" in fields,
        "quote" in roots,
    )


async def test_removed_fields_can_be_queried_V24(demo_client: Client) -> None:
    """An app built on the full schema keeps working: what its viewer never sees is null with a reason."""
    answer = await demo_client(HIDDEN, "{ viewer { company { billingMarkets { market } } } }")

    assert {"viewer": {"company": {"billingMarkets": None}}} == answer.data
    assert [Redaction(["viewer", "company", "billingMarkets"], "NOT_FOR_MANAGED_ACCOUNTS")] == answer.redactions


async def test_settings_do_not_change_the_schema_R121(client: Client, engine: AsyncEngine) -> None:
    """A partner that hides prices makes no document invalid: the schema stays the same, and says when a price is null."""
    factory = Factory(engine)
    account = await factory.managed_account(await factory.partner(), pricing=True)
    shown = await introspected(client, account.admin)
    await factory.setting(account, pricing=False)
    hidden = await introspected(client, account.admin)
    port: Any = hidden.type_map["Port"]

    assert print_schema(hidden) == print_schema(shown)
    assert port.fields["monthlyRate"].description.endswith("Null with HIDDEN_BY_PARTNER while pricing is off.")


async def test_descriptions_say_what_depends_on_the_row_V18(demo_client: Client) -> None:
    """A field that the viewer sees only in some rows says so; a field it sees in all rows doesn't."""
    company: Any = (await introspected(demo_client, PARTNER)).type_map["Company"]
    operators: Any = (await introspected(demo_client, OPERATOR)).type_map["Company"]

    assert company.fields["accountKind"].description.endswith(" Null in some rows: NOT_YOURS.")
    assert "Null" not in company.fields["tradingName"].description
    assert "Null" not in operators.fields["accountKind"].description


async def test_strict_rejects_removed_fields_as_unknown(strict: Client) -> None:
    """The error is the same as for an unknown field, and suggests no removed name."""
    query = "{ viewer { company { billingMarkets { market } } } }"
    answer, unknown = await strict(HIDDEN, query), await strict(HIDDEN, query.replace("billing", "village"))
    near = await strict(HIDDEN, "{ viewer { company { billingMarket { market } } } }")

    assert (400, ["GRAPHQL_VALIDATION_FAILED"]) == (answer.status, answer.codes)
    assert unknown.body == answer.body.replace(b"billing", b"village")
    assert ["Cannot query field 'billingMarket' on type 'Company'."] == [error["message"] for error in near.errors]


async def test_strict_names_no_field_that_a_viewer_never_sees(strict: Client, unshaped: Client) -> None:
    """`viewerHides` is no way to learn of it. What a setting hides is named: it's in the viewer's schema."""
    query = "{ viewer { company { viewerHides { field } } } ports(first: 1) { nodes { viewerHides { field } } } }"
    told = [(await client(HIDDEN, query)).data for client in (strict, unshaped)]
    companies, ports = [
        [{hidden["field"] for hidden in each["viewerHides"]} for each in things]
        for things in ([answer["viewer"]["company"] for answer in told], [answer["ports"]["nodes"][0] for answer in told])
    ]

    assert {"billingMarkets"} <= companies[1] - companies[0]
    assert all("monthlyRate" in names for names in ports)


async def test_strict_caches_validation_per_viewer(strict: Client) -> None:
    """A document valid for one viewer can be invalid for another, in any order of requests. Settings make no difference."""
    query, prices = (
        "{ viewer { company { billingMarkets { market } } } }",
        "{ ports(first: 1) { nodes { monthlyRate { amount } } } }",
    )
    codes = [(await strict(viewer, query)).codes for viewer in (HIDDEN, PARTNER, HIDDEN, PARTNER)]
    of_prices = [(await strict(viewer, prices)).codes for viewer in (SHOWN, HIDDEN)]

    assert [["GRAPHQL_VALIDATION_FAILED"], [], ["GRAPHQL_VALIDATION_FAILED"], []] == codes
    assert [[], []] == of_prices


async def test_off_shows_everyone_the_full_schema(unshaped: Client) -> None:
    """With the setting off, every viewer gets the full schema."""
    assert print_schema(SCHEMA) == print_schema(await introspected(unshaped, HIDDEN))


def drawn(policy: Policy) -> list[Shape]:
    """Return shapes that differ in more than settings: all with at most one role, and a sample of the others."""
    all_shapes = shapes_of(distinctions_of(policy.rules, policy.rules))
    off: dict[str, Any] = dict.fromkeys(SWITCHES, False)
    without = sorted({replace(shape, **off) for shape in all_shapes}, key=format_shape)
    plain = [shape for shape in without if len(shape.roles) <= 1]
    return plain + random.Random(6).sample([shape for shape in without if len(shape.roles) > 1], SAMPLE)


def test_every_schema_is_valid(policy: Policy, shaped: ViewerSchemas) -> None:
    """Every viewer's schema is valid and a subset of the full schema, which isn't changed."""
    full, before = set(coordinates(SCHEMA)), print_schema(SCHEMA)
    wrong = {}
    for shape in drawn(policy):
        viewer_schema = shaped.of(SCHEMA, policy, shape)
        values: Any = {**viewer_schema.to_kwargs(), "assume_valid": False}
        wrong[format_shape(shape)] = [
            *map(str, validate_schema(GraphQLSchema(**values))),
            *(set(coordinates(viewer_schema)) - full),
        ]

    assert {} == {shape: problems for shape, problems in wrong.items() if problems}
    assert before == print_schema(SCHEMA)


def test_actions_never_allowed_are_removed_R116(policy: Policy) -> None:
    """An action enum keeps the actions that the viewer could take with some combination of settings."""
    schema = build_schema("type Query { port: [PortAction!]! } enum PortAction { READ CANCEL CHANGE_TERM PUBLISH ALLOCATE }")
    never = set(SchemaVisibility(schema, Reachability(policy, parse_shape("MANAGED+NETWORK_ADMIN")), {}).never())

    assert {"PortAction.PUBLISH", "PortAction.ALLOCATE"} == never


def test_cached_schemas_are_bounded(policy: Policy) -> None:
    """Viewers who differ only in settings share a schema, and the cache is bounded."""
    few, shape = ViewerSchemas(1), parse_shape("MANAGED+FINANCE")
    first = few.of(SCHEMA, policy, shape)
    again = few.of(SCHEMA, policy, replace(shape, pricing_shown=True))
    few.of(SCHEMA, policy, Shape())

    assert (True, False) == (again is first, few.of(SCHEMA, policy, shape) is first)
