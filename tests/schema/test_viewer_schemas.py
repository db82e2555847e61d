"""The schema as each viewer has it: without what it can never use, valid, and told to whoever introspects."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
from graphql import GraphQLSchema, build_client_schema, build_schema, get_introspection_query, print_schema, validate_schema
from sqlalchemy.ext.asyncio import AsyncEngine

import server
from policies.policy import Policy
from policies.reachability import Reachability
from policies.shapes import SWITCHES, distinctions_of, format_shape, parse_shape, shapes_of
from policies.viewer import Shape
from schema.introspection.viewer_schemas import SchemaVisibility, ViewerSchemas
from tests.client import DIRECT, HIDDEN, OPERATOR, PARTNER, SHOWN, Client, Redaction, open_client
from tests.factory import Factory
from tests.schema.outline import SCHEMA

SAMPLE: Final = 30
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
ASKED: Final = FOR_EVERYBODY | NEVER_MANAGED | PRICES


def coordinates(schema: GraphQLSchema) -> Iterator[str]:
    """Each type of a schema, and each of its fields and values."""
    for name, kind in schema.type_map.items():
        yield name
        yield from (f"{name}.{part}" for part in {**getattr(kind, "fields", {}), **getattr(kind, "values", {})})


async def introspected(ask: Client, viewer: str | None) -> GraphQLSchema:
    """The schema as introspection tells it."""
    answer = await ask(viewer, EVERYTHING)
    assert [] == answer.errors
    return build_client_schema(answer.data)


@pytest.fixture(scope="module")
def policy() -> Policy:
    """The policy of the gateway."""
    return server.load_policy()


@pytest.fixture(scope="module")
def shaped() -> ViewerSchemas:
    """What makes schemas."""
    return ViewerSchemas(1000)


@pytest.fixture
async def strict(demo_url: str, tmp_path: Path) -> AsyncIterator[Client]:
    """A gateway that holds documents against the viewer's schema."""
    async with open_client(demo_url, tmp_path, shaped_schema="strict") as ask:
        yield ask


@pytest.fixture
async def unshaped(demo_url: str, tmp_path: Path) -> AsyncIterator[Client]:
    """A gateway that tells everybody of everything."""
    async with open_client(demo_url, tmp_path, shaped_schema="off") as ask:
        yield ask


@pytest.mark.parametrize(
    ("viewer", "missing"),
    [
        (PARTNER, set()),
        (HIDDEN, NEVER_MANAGED),
        (SHOWN, NEVER_MANAGED),
        (DIRECT, PRICES | NEVER_MANAGED - {"BillingMarket", "Company.billingMarkets", "Port.marketplaceName"}),
        (OPERATOR, {"Mutation.saveMarketplaceProfile", "Mutation.setBillingMarket", "SaveMarketplaceProfileInput"}),
        (None, PRICES | NEVER_MANAGED - {"BillingMarket", "Company.billingMarkets", "Port.marketplaceName"}),
    ],
)
async def test_introspection_leaves_out_what_is_never_for_the_viewer_R002_R107_R113_R116(
    ask_demo: Client, viewer: str | None, missing: set[str]
) -> None:
    """No billing market, no quoting tool and no Marketplace profile to save for a managed user; all of them for a partner."""
    known = set(coordinates(await introspected(ask_demo, viewer)))

    assert ASKED - missing == ASKED & known


async def test_what_is_introspected_is_the_schema_that_is_made(ask_demo: Client, policy: Policy, shaped: ViewerSchemas) -> None:
    """Introspection tells the viewer's schema whole, with all of its descriptions, and nothing beside it."""
    shape = parse_shape("PARTNER+ACCOUNT_ADMIN")

    assert print_schema(shaped.of(SCHEMA, policy, shape)) == print_schema(await introspected(ask_demo, PARTNER))


async def test_a_type_that_is_left_out_is_none(ask_demo: Client) -> None:
    """By its name it is not found, and it is none of those that an interface may be."""
    query = """
        { billing: __type(name: "BillingMarket") { name } port: __type(name: "Port") { name }
          node: __type(name: "Node") { possibleTypes { name } } }
    """
    managed, partner = (await ask_demo(HIDDEN, query)).data, (await ask_demo(PARTNER, query)).data

    assert (None, {"name": "Port"}) == (managed["billing"], managed["port"])
    assert {"BillingMarket", "Inquiry", "Invoice"} == _names(partner["node"]) - _names(managed["node"])


def _names(kind: dict[str, Any]) -> set[str]:
    return {each["name"] for each in kind["possibleTypes"]}


async def test_a_document_may_ask_for_schema_and_data(ask_demo: Client) -> None:
    """Introspection is the viewer's also where it stands among other fields, in fragments, and by variables."""
    query = """
        query ($name: String!) { ...Both }
        fragment Both on Query {
            viewer { pricingVisible }
            kind: __type(name: $name) { ...Fields }
            __schema { queryType { ...Fields } }
        }
        fragment Fields on __Type { fields { name } }
    """
    answer = await ask_demo(HIDDEN, query, name="Company")
    fields = {each["name"] for each in answer.data["kind"]["fields"]}
    roots = {each["name"] for each in answer.data["__schema"]["queryType"]["fields"]}

    assert ({"pricingVisible": False}, [], False, False) == (
        answer.data["viewer"],
        answer.errors,
        "billingMarkets" in fields,
        "quote" in roots,
    )


async def test_what_is_left_out_may_be_asked_for_V24(ask_demo: Client) -> None:
    """An app that is made from the full schema goes on: what its viewer never sees is null with its reason."""
    answer = await ask_demo(HIDDEN, "{ viewer { company { billingMarkets { market } } } }")

    assert {"viewer": {"company": {"billingMarkets": None}}} == answer.data
    assert [Redaction(["viewer", "company", "billingMarkets"], "NOT_FOR_MANAGED_ACCOUNTS")] == answer.redactions


async def test_switches_do_not_change_the_schema_R121(ask: Client, engine: AsyncEngine) -> None:
    """A partner that hides prices makes no document invalid: the schema is the same, and says when a price is null."""
    given = Factory(engine)
    account = await given.managed_account(await given.partner(), pricing=True)
    shown = await introspected(ask, account.admin)
    await given.setting(account, pricing=False)
    hidden = await introspected(ask, account.admin)
    port: Any = hidden.type_map["Port"]

    assert print_schema(hidden) == print_schema(shown)
    assert port.fields["monthlyRate"].description.endswith("Null with HIDDEN_BY_PARTNER while pricing is off.")


async def test_what_depends_on_the_row_is_said_V18(ask_demo: Client) -> None:
    """A field that the viewer sees in some rows only tells so, and one that it sees in all says nothing."""
    company: Any = (await introspected(ask_demo, PARTNER)).type_map["Company"]
    operators: Any = (await introspected(ask_demo, OPERATOR)).type_map["Company"]

    assert company.fields["accountKind"].description.endswith(" Null in some rows: NOT_YOURS.")
    assert "Null" not in company.fields["tradingName"].description
    assert "Null" not in operators.fields["accountKind"].description


async def test_strict_refuses_what_is_left_out_as_what_does_not_exist(strict: Client) -> None:
    """The error is that of a field that nobody has, and suggests no name that is left out."""
    query = "{ viewer { company { billingMarkets { market } } } }"
    answer, unknown = await strict(HIDDEN, query), await strict(HIDDEN, query.replace("billing", "village"))
    near = await strict(HIDDEN, "{ viewer { company { billingMarket { market } } } }")

    assert (400, ["GRAPHQL_VALIDATION_FAILED"]) == (answer.status, answer.codes)
    assert unknown.body == answer.body.replace(b"billing", b"village")
    assert ["Cannot query field 'billingMarket' on type 'Company'."] == [error["message"] for error in near.errors]


async def test_strict_knows_documents_by_viewer(strict: Client) -> None:
    """That a document fits the schema of one viewer says nothing of another's, whoever came first; switches make no difference."""
    query, prices = (
        "{ viewer { company { billingMarkets { market } } } }",
        "{ ports(first: 1) { nodes { monthlyRate { amount } } } }",
    )
    codes = [(await strict(viewer, query)).codes for viewer in (HIDDEN, PARTNER, HIDDEN, PARTNER)]
    of_prices = [(await strict(viewer, prices)).codes for viewer in (SHOWN, HIDDEN)]

    assert [["GRAPHQL_VALIDATION_FAILED"], [], ["GRAPHQL_VALIDATION_FAILED"], []] == codes
    assert [[], []] == of_prices


async def test_off_tells_everybody_of_everything(unshaped: Client) -> None:
    """The switch of the gateway turns all of it off."""
    assert print_schema(SCHEMA) == print_schema(await introspected(unshaped, HIDDEN))


def drawn(policy: Policy) -> list[Shape]:
    """Shapes that differ by more than switches: all with one role at most, and some of the others."""
    all_shapes = shapes_of(distinctions_of(policy.rules, policy.rules))
    off: dict[str, Any] = dict.fromkeys(SWITCHES, False)
    without = sorted({replace(shape, **off) for shape in all_shapes}, key=format_shape)
    plain = [shape for shape in without if len(shape.roles) <= 1]
    return plain + random.Random(6).sample([shape for shape in without if len(shape.roles) > 1], SAMPLE)


def test_every_schema_is_valid(policy: Policy, shaped: ViewerSchemas) -> None:
    """Whatever is left out of it, a viewer's schema is one; and it is of the full one, which stays as it is."""
    full, before = set(coordinates(SCHEMA)), print_schema(SCHEMA)
    wrong = {}
    for shape in drawn(policy):
        made = shaped.of(SCHEMA, policy, shape)
        values: Any = {**made.to_kwargs(), "assume_valid": False}
        wrong[format_shape(shape)] = [*map(str, validate_schema(GraphQLSchema(**values))), *(set(coordinates(made)) - full)]

    assert {} == {shape: problems for shape, problems in wrong.items() if problems}
    assert before == print_schema(SCHEMA)


def test_actions_that_are_never_taken_are_left_out_R116(policy: Policy) -> None:
    """Of the actions on a thing those remain that the viewer may come to take in some state of its switches."""
    schema = build_schema("type Query { port: [PortAction!]! } enum PortAction { READ CANCEL CHANGE_TERM PUBLISH ALLOCATE }")
    never = set(SchemaVisibility(schema, Reachability(policy, parse_shape("MANAGED+NETWORK_ADMIN")), {}).never())

    assert {"PortAction.PUBLISH", "PortAction.ALLOCATE"} == never


def test_schemas_are_kept_within_bounds(policy: Policy) -> None:
    """A schema is made once for all who differ by nothing but switches, and only so many are kept."""
    few, shape = ViewerSchemas(1), parse_shape("MANAGED+FINANCE")
    first = few.of(SCHEMA, policy, shape)
    again = few.of(SCHEMA, policy, replace(shape, pricing_shown=True))
    few.of(SCHEMA, policy, Shape())

    assert (True, False) == (again is first, few.of(SCHEMA, policy, shape) is first)
