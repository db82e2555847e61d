"""Comparing what two viewers see: who can do it, what it returns, and what it refuses."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.client import ANONYMOUS, DIRECT, HIDDEN, OPERATOR, PARTNER, SHOWN, Client

SUPPORT = "support@operator.example"
IDS = "{ viewer { company { id } user { id } } }"
PRICES = "{ ports(first: 5) { nodes { id name monthlyRate { amount } } } viewer { pricingVisible } }"


async def ids(client: Client, email: str) -> tuple[str, str]:
    """The global ids of a user and their company."""
    viewer = (await client(email, IDS)).data["viewer"]
    return viewer["user"]["id"], viewer["company"]["id"]


async def diff(
    client: Client, email: str | None, query: str, left: str | None, right: str | None, **more: Any
) -> tuple[int, Any]:
    """Run a comparison and return its status and body."""
    response = await client.post(email, "/diff", {"query": query, "left": left, "right": right, **more})
    return response.status_code, response.json()


def sides(left: str | None, right: str | None) -> dict[str, Any]:
    """Both sides of an entry, with these reasons."""
    return {"left": {"reason": left}, "right": {"reason": right}}


async def test_partner_compares_its_view_with_an_accounts(demo_client: Client) -> None:
    """What the account doesn't see is returned with its reason, and never with a value."""
    user, company = await ids(demo_client, PARTNER)
    _, account = await ids(demo_client, HIDDEN)
    port = (await demo_client(HIDDEN, "{ ports(first: 1) { nodes { id name } } }")).data["ports"]["nodes"][0]
    query = "query ($id: ID!) { node(id: $id) { ... on Port { name monthlyRate { amount } } } viewer { pricingVisible } }"

    status, body = await diff(demo_client, PARTNER, query, None, account, variables={"id": port["id"]})

    assert {
        "paths": [
            {"path": ["node", "monthlyRate"], **sides(None, "HIDDEN_BY_PARTNER")},
            {"path": ["viewer", "pricingVisible"], **sides("DIFFERS", "DIFFERS")},
        ],
        "left": {"userId": user, "companyId": company, "shape": "PARTNER+ACCOUNT_ADMIN"},
        "right": {"userId": None, "companyId": account, "shape": body["right"]["shape"]},
    } == body
    assert (200, True) == (status, body["right"]["shape"].startswith("MANAGED+ACCOUNT_ADMIN+by="))
    assert port["name"] not in json.dumps(body)


async def test_support_compares_two_accounts(demo_client: Client) -> None:
    """Support can view as both sides. Neither account sees the other's ports, and one of them sees no prices."""
    (hidden_user, hidden), (_, shown) = await ids(demo_client, HIDDEN), await ids(demo_client, SHOWN)

    _, companies = await diff(demo_client, SUPPORT, PRICES, shown, hidden)
    _, same = await diff(demo_client, SUPPORT, PRICES, hidden_user, hidden)

    ports = [(entry["path"], entry["left"]["reason"], entry["right"]["reason"]) for entry in companies["paths"]]
    left = [(["ports", "nodes", place], None, "NOT_IN_LIST") for place in range(5)]
    right = [(["ports", "nodes", place], "NOT_IN_LIST", None) for place in range(5)]
    assert [*left, *right, (["viewer", "pricingVisible"], "DIFFERS", "DIFFERS")] == ports
    assert ([], hidden_user, None) == (same["paths"], same["left"]["userId"], same["right"]["userId"])


@pytest.mark.parametrize("email", [HIDDEN, SHOWN, DIRECT, OPERATOR])
@pytest.mark.parametrize("side", ["left", "right"])
async def test_comparing_needs_the_right_to_view_as(demo_client: Client, email: str | None, side: str) -> None:
    """A caller who can't view as a company gets the same refusal for it, for a missing company and for a malformed id."""
    _, company = await ids(demo_client, PARTNER)
    absent = "Y28" + "A" * 21
    named = {"left": None, "right": None}

    answers = [await diff(demo_client, email, PRICES, **{**named, side: viewer}) for viewer in (company, absent, "nobody")]

    error = {
        "message": "You can't view as this company or user, or it doesn't exist.",
        "extensions": {"code": "VIEW_AS_REFUSED"},
    }
    assert [(400, {"errors": [error]})] * 3 == answers


@pytest.mark.parametrize("email", [PARTNER, HIDDEN])
async def test_caller_does_not_differ_from_itself(demo_client: Client, email: str | None) -> None:
    """If neither side is named, both are the caller."""
    status, body = await diff(demo_client, email, PRICES, None, None)

    assert (200, []) == (status, body["paths"])
    assert body["left"] == body["right"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"query": "mutation { __typename }"}, 400, "VIEW_AS_READ_ONLY"),
        ({"query": "subscription { portUpdated { id } }"}, 400, "VIEW_AS_READ_ONLY"),
        ({"query": "{ nothing }"}, 400, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": "{"}, 400, "GRAPHQL_PARSE_FAILED"),
        ({"query": "query ($n: Int!) { ports(first: $n) { totalCount } }"}, 400, "BAD_USER_INPUT"),
        (
            {"query": "{ ports(first: 1000) { nodes { company { ports(first: 1000) { nodes { id } } } } } }"},
            400,
            "OPERATION_TOO_COSTLY",
        ),
        ({"query": "{ __typename }", "left": 1}, 400, "BAD_REQUEST"),
        ({"left": None, "right": None}, 400, "BAD_REQUEST"),
        ([], 400, "BAD_REQUEST"),
    ],
)
async def test_only_valid_queries_can_be_compared(demo_client: Client, body: Any, status: int, code: str) -> None:
    """A comparison takes well-formed queries only, within the usual limits."""
    response = await demo_client.post(PARTNER, "/diff", body)

    assert (status, code) == (response.status_code, response.json()["errors"][0]["extensions"]["code"])


@pytest.mark.parametrize("body", [{"query": PRICES}, {"query": "{"}, []])
async def test_comparing_requires_sign_in(demo_client: Client, body: Any) -> None:
    """An anonymous caller gets 401, whatever the body is."""
    response = await demo_client.post(ANONYMOUS, "/diff", body)

    assert (401, "UNAUTHENTICATED") == (response.status_code, response.json()["errors"][0]["extensions"]["code"])
    assert "Bearer" == response.headers["WWW-Authenticate"]


async def test_view_as_header_is_refused_in_comparisons(demo_client: Client) -> None:
    """The X-Crossgate-View-As header is refused. The body names the sides."""
    _, account = await ids(demo_client, HIDDEN)

    response = await demo_client.post(PARTNER, "/diff", {"query": PRICES}, **{"X-Crossgate-View-As": account})

    assert (400, "VIEW_AS_READ_ONLY") == (response.status_code, response.json()["errors"][0]["extensions"]["code"])


async def test_error_of_one_side_becomes_its_reason(demo_client: Client) -> None:
    """An order that only one side may use nulls its whole response, and the reason is the error's code."""
    _, account = await ids(demo_client, HIDDEN)

    status, body = await diff(demo_client, PARTNER, "{ ports(orderBy: {field: MONTHLY_RATE}) { totalCount } }", None, account)

    assert (200, [{"path": [], **sides(None, "FORBIDDEN_ORDER")}]) == (status, body["paths"])


async def test_comparison_is_deterministic_and_not_cached(demo_client: Client) -> None:
    """Differences come in response order, and the response forbids caching."""
    _, account = await ids(demo_client, HIDDEN)

    responses = [await demo_client.post(PARTNER, "/diff", {"query": PRICES, "left": account, "right": None}) for _ in range(3)]

    assert 1 == len({response.content for response in responses})
    assert ("no-store", True) == (responses[0].headers["Cache-Control"], "Authorization" in responses[0].headers["Vary"])
