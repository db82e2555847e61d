"""Denials: both executors hide and refuse the same, for every viewer, byte for byte."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import pytest

from resolvers.values.identifiers import Identifier
from tests.client import ANONYMOUS, DEMO_VIEWERS, DIRECT, HIDDEN, OPERATOR, PARTNER, POLICY, SHOWN
from tests.execution.executors import Sides

MONEY: Final = "{ amount currency }"
NOBODY: Final = "Y28AAAAAAAAAAAAAAAAAAAAB"

HIDING: Final = {
    "a hidden price": f"{{ ports(first: 3) {{ nodes {{ monthlyRate {MONEY} setupFee {MONEY} }} }} }}",
    "alone": f"{{ ports(first: 1) {{ nodes {{ monthlyRate {MONEY} }} }} }}",
    "under aliases, through edges": f"{{ ports(first: 2) {{ edges {{ node {{ a: monthlyRate {MONEY}"
    " b: monthlyRate { c: amount } } } } }",
    "merged": f"{{ ports(first: 2) {{ ...a nodes {{ monthlyRate {{ amount }} }} }} }} fragment a on PortConnection "
    f"{{ nodes {{ monthlyRate {{ currency }} ...b }} }} fragment b on Port {{ setupFee {MONEY} }}",
    "in lists of lists": f"{{ offers(first: 9) {{ nodes {{ totalValue {MONEY}  dimensions"
    f" {{ name price {MONEY} }} instalments {{ amount {MONEY} }} }} }} }}",
    "in some items": "{ companies(first: 60) { nodes { accountKind partner { id } companyProfile { legalName }"
    " supportDetails { email } billingMarkets { market } members(first: 2) { totalCount nodes { user { email } } }"
    " marketplaceProfile { contactEmail } } } }",
    "of other companies": "{ marketplaceProfiles(first: 20) { nodes { contactEmail phone company"
    " { accountKind companyProfile { taxNumber } } } } }",
    "ends of connections": "{ ports(first: 20) { nodes { connections(first: 3) { totalCount nodes { name port { id costCentre }"
    " targetPort { name provider { phone } } requester { tradingName } provider { accountKind } } } } } }",
    "of its own": "{ viewer { roles pricingVisible user { email } company { partner { tradingName accountKind partner { id } }"
    " companyProfile { legalName headquarters { city } } marketplaceProfile { id } members { nodes { user { name email } } } } } }",
    "names of ports": "{ ports(first: 30) { nodes { marketplaceName marketplaceDescription letterOfAuthorisation"
    " company { tradingName } } } }",
    "references": "{ managedAccounts { nodes { accountName accountRef settings { pricing { enabled source } }"
    " partner { tradingName } } } }",
    "rows of other companies": "{ companies(first: 20) { totalCount nodes { ports(first: 2) { totalCount nodes { id } }"
    " offers(first: 2) { totalCount } products(first: 2) { totalCount nodes { offers(first: 1) { totalCount } } } "
    " receivedOffers(first: 1) { nodes { buyers { tradingName } } } } } }",
    "skipped": f"{{ ports(first: 2) {{ nodes {{ id monthlyRate @skip(if: true) {MONEY} "
    f"... @include(if: false) {{ setupFee {MONEY} }} }} }} }}",
    "nothing": f"{{ ports(first: 0) {{ nodes {{ monthlyRate {MONEY} }} totalCount }} }}",
}


@pytest.mark.parametrize("viewer", DEMO_VIEWERS)
@pytest.mark.parametrize("query", HIDING.values(), ids=HIDING)
async def test_both_executors_hide_the_same_values(sides: Sides, query: str, viewer: str | None) -> None:
    """Nulls, redactions, missing rows and counts are the same on both sides, and the planner runs every query without errors."""
    reply = await sides(viewer, query)

    assert reply.status == 200
    assert "errors" not in reply.content
    assert reply.is_planned, reply


async def test_hidden_price_is_null_and_reported(sides: Sides) -> None:
    """All prices of a page are one entry for each field, with the names of the answer."""
    reply = await sides(HIDDEN, f"{{ mine: ports(first: 2) {{ nodes {{ rate: monthlyRate {MONEY} setupFee {MONEY} }} }} }}")

    reason = "HIDDEN_BY_PARTNER"
    assert {
        "data": {"mine": {"nodes": [{"rate": None, "setupFee": None}] * 2}},
        "extensions": {
            "policy": POLICY,
            "redactions": [
                {"path": ["mine", "nodes", "*", "rate"], "reason": reason},
                {"path": ["mine", "nodes", "*", "setupFee"], "reason": reason},
            ],
        },
    } == reply.content


async def test_visible_price_is_not_a_redaction(sides: Sides) -> None:
    """A viewer who sees prices gets amounts, and no redactions."""
    reply = await sides(SHOWN, f"{{ ports(first: 2) {{ nodes {{ monthlyRate {MONEY} }} }} }}")

    assert [True, True] == [node["monthlyRate"]["amount"] is not None for node in reply.content["data"]["ports"]["nodes"]]
    assert {"policy": POLICY} == reply.content["extensions"]


async def test_some_items_are_reported_by_their_index(sides: Sides) -> None:
    """If one company shows its kind and others hide it, each that hides it has an entry."""
    (own,) = [(await sides(DIRECT, "{ viewer { company { id } } }")).content["data"]["viewer"]["company"]["id"]]
    other = (await sides(PARTNER, "{ viewer { company { id } } }")).content["data"]["viewer"]["company"]["id"]

    reply = await sides(
        DIRECT, "query ($i: [ID!]!) { nodes(ids: $i) { ... on Company { accountKind } } }", i=[other, own, other]
    )

    assert [{"accountKind": None}, {"accountKind": "DIRECT"}, {"accountKind": None}] == reply.content["data"]["nodes"]
    paths = [entry["path"] for entry in reply.content["extensions"]["redactions"]]
    assert [["nodes", 0, "accountKind"], ["nodes", 2, "accountKind"]] == paths
    assert reply.is_planned


REFUSED: Final[dict[str, tuple[str, dict[str, Any], str, list[Any]]]] = {
    "an order": ("{ ports(orderBy: {field: MONTHLY_RATE}) { totalCount } }", {}, "FORBIDDEN_ORDER", ["ports"]),
    "a filter": ('{ ports(filter: {monthlyRate: {currency: "EUR"}}) { totalCount } }', {}, "FORBIDDEN_FILTER", ["ports"]),
    "a filter by a hidden kind": (
        "{ companies(filter: {accountKind: MANAGED}) { totalCount } }",
        {},
        "FORBIDDEN_FILTER",
        ["companies"],
    ),
    "a cursor": ('{ ports(after: "garbage") { totalCount } }', {}, "INVALID_CURSOR", ["ports"]),
    "a page": ("{ ports(first: -1) { totalCount } }", {}, "INVALID_PAGE", ["ports"]),
    "first and last": ("{ ports(first: 1, last: 1) { totalCount } }", {}, "INVALID_PAGE", ["ports"]),
    "an id": ('{ node(id: "garbage") { id } }', {}, "INVALID_ID", ["node"]),
    "an id of another type": (
        "query ($i: ID!) { company(id: $i) { id } }",
        {"i": "bG8Bfh7zyAV0246nqQTYKvnE"},
        "INVALID_ID",
        ["company"],
    ),
    "one of several ids": (
        "query ($i: [ID!]!) { nodes(ids: $i) { id } }",
        {"i": [NOBODY, "garbage"]},
        "INVALID_ID",
        ["nodes", 1],
    ),
    "too many ids": ("query ($i: [ID!]!) { nodes(ids: $i) { id } }", {"i": [NOBODY] * 1001}, "TOO_MANY_IDS", ["nodes"]),
    "text": (
        "query ($s: String!) { marketplaceProfile(slug: $s) { id } }",
        {"s": "a\0"},
        "INVALID_TEXT",
        ["marketplaceProfile"],
    ),
}


@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
async def test_refusal_is_the_same_on_both_executors(sides: Sides, case: tuple[str, dict[str, Any], str, list[Any]]) -> None:
    """A refused viewer gets the same code and path, and any other the same answer, on both sides."""
    query, variables, code, path = case

    reply = await sides(HIDDEN, query, **variables)
    for viewer in DEMO_VIEWERS:
        await sides(viewer, query, **variables)

    assert [(code, path)] == [(error["extensions"]["code"], error["path"]) for error in reply.content["errors"]]


BELOW: Final = {
    "of one parent": "{ viewer { company { ports(first: -1) { totalCount } tradingName } } }",
    "of many parents": "{ companies(first: 3) { nodes { tradingName members(first: -1) { totalCount } } } }",
    "of a non-null field": "{ companies(first: 3) { nodes { ports(first: -1) { totalCount } } } viewer { roles } }",
    "next to a hidden field": "{ ports { nodes { monthlyRate { amount } connections(first: -1) { totalCount } } } }",
    "next to another root field": '{ viewer { user { name } } node(id: "garbage") { id } company(id: "x") { id } }',
    "in several places": "{ a: ports(first: -1) { totalCount } } ",
    "with a cursor of another list": '{ companies(first: 2) { nodes { members(after: "x") { totalCount } } } }',
}


@pytest.mark.parametrize("viewer", DEMO_VIEWERS)
@pytest.mark.parametrize("query", BELOW.values(), ids=BELOW)
async def test_refusal_below_other_fields_is_the_same_on_both_executors(sides: Sides, query: str, viewer: str | None) -> None:
    """Nulls propagate the same way, and errors have the same number and order."""
    await sides(viewer, query)


@pytest.mark.parametrize("viewer", [HIDDEN, SHOWN, DIRECT, PARTNER, ANONYMOUS])
async def test_hidden_object_looks_like_an_absent_one(sides: Sides, viewer: str | None) -> None:
    """`node` of another company's object is null, without an error or a redaction, and the rest is in place."""
    query = "{ offers(last: 3) { nodes { id } } ports(last: 3) { nodes { id } } }"
    seen = (await sides(OPERATOR, query)).content["data"]
    ids = [node["id"] for root in seen.values() for node in root["nodes"]]

    reply = await sides(
        viewer, "query ($i: [ID!]!, $n: ID!) { nodes(ids: $i) { __typename id } node(id: $n) { id } }", i=ids, n=NOBODY
    )

    assert {"nodes", "node"} == set(reply.content["data"])
    assert reply.content["data"]["node"] is None
    assert {"policy": POLICY} == reply.content["extensions"]
    assert reply.is_planned


THINGS: Final = """
  query ($i: [ID!]!) { nodes(ids: $i) {
    __typename ... on Node { id } ... on Company { tradingName accountKind ports(first: 1) { nodes { id } } }
    ... on Port { name monthlyRate { amount } ... on Node { x: id } }
    ... on Offer { name totalValue { amount } dimensions { price { amount } } }
    ...profile } }
  fragment profile on MarketplaceProfile { slug contactEmail logo { url isRecommendedSize } ... on Node { __typename } }
"""


@pytest.mark.parametrize("viewer", DEMO_VIEWERS)
async def test_objects_of_many_types_are_the_same(sides: Sides, viewer: str | None) -> None:
    """An interface with objects of many types, also hidden and repeated ones, in any order."""
    roots = ("companies", "ports", "offers", "marketplaceProfiles", "products", "locations")
    seen = (await sides(PARTNER, "{ " + " ".join(f"{root}(first: 3) {{ nodes {{ id }} }}" for root in roots) + " }")).content[
        "data"
    ]
    ids = [seen[root]["nodes"][index]["id"] for index in range(2) for root in roots]

    reply = await sides(viewer, THINGS, i=[*ids, NOBODY, *ids[::-1], str(Identifier("User", UUID(int=1)))])

    assert len(reply.content["data"]["nodes"]) == 2 * len(ids) + 2
    assert reply.is_planned
