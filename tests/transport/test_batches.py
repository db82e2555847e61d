"""Batches: several operations in one request, and one list of their responses."""

from __future__ import annotations

from typing import Any, Final

import httpx
import pytest

from settings import Settings
from tests.client import HIDDEN, PARTNER, Client
from tests.transport.conftest import GRAPHQL

MOST: Final = Settings.model_fields["max_batch_operations"].default
TYPENAME: Final = {"query": "{ __typename }"}
ALIASES: Final = " ".join(f"id{number}: id" for number in range(20))
PORTS: Final = {"query": "{ ports(first: 3) { nodes { id name monthlyRate } } }"}


async def batch(client: httpx.AsyncClient, *operations: Any, **headers: str) -> httpx.Response:
    """Send a batch."""
    return await client.post("/graphql", json=list(operations), headers={"Accept": GRAPHQL, **headers})


def codes(answer: Any) -> list[str]:
    """Return the codes of a response's errors."""
    return [error["extensions"]["code"] for error in answer.get("errors", [])]


async def test_answers_are_in_the_order_of_the_operations(client: httpx.AsyncClient) -> None:
    """Each operation has its own variables, name, errors and response."""
    hello = "query A($name: String!) { hello(name: $name) } query B { broken }"
    response = await batch(
        client,
        {"query": hello, "operationName": "A", "variables": {"name": "first"}},
        {"query": "{ nope }"},
        {"query": "{"},
        {"query": hello, "operationName": "B"},
        {"query": hello, "operationName": "A", "variables": {"name": "last"}},
    )

    assert 200 == response.status_code
    assert response.headers["content-type"].startswith(GRAPHQL)
    answers = response.json()
    assert [["Hello, first!"], [None], ["Hello, last!"]] == [list(answers[each]["data"].values()) for each in (0, 3, 4)]
    assert (["GRAPHQL_VALIDATION_FAILED"], ["GRAPHQL_PARSE_FAILED"]) == (codes(answers[1]), codes(answers[2]))
    assert ["INTERNAL"] == codes(answers[3])


async def test_mutations_run_in_order(client: httpx.AsyncClient) -> None:
    """A batch can mix queries and mutations."""
    response = await batch(client, TYPENAME, {"query": "mutation { bump }"}, TYPENAME)

    assert [{"__typename": "Query"}, {"bump": 1}, {"__typename": "Query"}] == [each["data"] for each in response.json()]


@pytest.mark.parametrize(
    ("operations", "code", "message"),
    [
        ([], "BAD_REQUEST", "The batch is empty. Send at least one operation."),
        ([TYPENAME] * (MOST + 1), "BATCH_TOO_LARGE", f"The batch has {MOST + 1} operations; at most {MOST} are allowed."),
        (
            [TYPENAME, "text"],
            "BAD_REQUEST",
            'Each operation of a batch must be a JSON object such as {"query": "{ __typename }"}.',
        ),
        ([TYPENAME, [TYPENAME]], "BAD_REQUEST", "Each operation of a batch must be a JSON object"),
        ([TYPENAME, {"query": 1}], "BAD_REQUEST", "Parameter query is missing or not a string."),
        ([TYPENAME, {"query": "subscription { ticks }"}], "BAD_REQUEST", "Subscriptions need a streaming transport."),
    ],
)
async def test_invalid_batch_is_refused_as_a_whole(
    client: httpx.AsyncClient, operations: list[Any], code: str, message: str
) -> None:
    """One response without data refuses the batch, and nothing runs."""
    response = await batch(client, *operations)

    assert 400 == response.status_code
    assert [code] == codes(response.json())
    assert response.json()["errors"][0]["message"].startswith(message)


async def test_key_of_a_batch_is_refused(client: httpx.AsyncClient) -> None:
    """One Idempotency-Key for several mutations would run only the first of them."""
    response = await batch(client, TYPENAME, **{"Idempotency-Key": "one"})

    assert (400, ["BAD_REQUEST"]) == (response.status_code, codes(response.json()))


async def test_timeout_keeps_what_has_been_answered(client: httpx.AsyncClient) -> None:
    """The gateway has one time limit for a batch. Operations that have run keep their responses, so that nothing done is lost."""
    slow = {"query": "{ slow(seconds: 9) }"}
    response = await batch(client, {"query": "mutation { bump }"}, slow, TYPENAME)
    nothing = await batch(client, slow, TYPENAME)

    first, *others = response.json()
    assert (200, {"data": {"bump": 1}}) == (response.status_code, first)
    assert [["TIMEOUT"], ["TIMEOUT"]] == [codes(each) for each in others]
    assert (504, ["TIMEOUT"]) == (nothing.status_code, codes(nothing.json()))


async def test_each_operation_is_answered_as_if_it_were_sent_alone(demo_client: Client) -> None:
    """Batches change no answer, for any viewer, and the responses share nothing."""
    names = {"query": "{ viewer { company { name } } marketplaceProfiles(first: 2) { nodes { id headline } } }"}
    for viewer in (None, HIDDEN, PARTNER):
        alone = [(await demo_client.post(viewer, "/graphql", each)).json() for each in (PORTS, names, PORTS)]
        together = await demo_client.post(viewer, "/graphql", [PORTS, names, PORTS])

        assert alone == together.json()


async def test_costs_of_a_batch_count_together(demo_client: Client) -> None:
    """A batch can't do more than one operation may: its costs and values are added, charged and limited as one."""
    most = Settings.model_fields["max_page_size"].default
    page = {"query": f"{{ ports(first: {most}) {{ nodes {{ {ALIASES} }} }} }}"}
    costs = [int((await demo_client.post(PARTNER, "/graphql", each)).headers["X-Crossgate-Cost"]) for each in (PORTS, page)]
    both = await demo_client.post(PARTNER, "/graphql", [PORTS, page])
    much = await demo_client.post(PARTNER, "/graphql", [page] * MOST)

    assert sum(costs) == int(both.headers["X-Crossgate-Cost"])
    assert (400, ["OPERATION_TOO_LARGE"]) == (much.status_code, codes(much.json()))


async def test_view_as_applies_to_each_operation_R401(demo_client: Client) -> None:
    """The header counts for the whole batch, whose mutations are refused."""
    company = (await demo_client(HIDDEN, "{ viewer { company { id } } }")).data["viewer"]["company"]["id"]
    viewer = {"query": "{ viewer { company { id } } }"}
    change = {"query": "mutation { markNotificationsRead(input: {ids: []}) { userErrors { code } } }"}
    response = await demo_client.post(PARTNER, "/graphql", [viewer, change], **{"X-Crossgate-View-As": company})

    seen, refused = response.json()
    assert company == seen["data"]["viewer"]["company"]["id"]
    assert ["VIEW_AS_READ_ONLY"] == codes(refused)


@pytest.mark.parametrize("directive", ["defer", "stream"])
async def test_incremental_delivery_is_off(demo_client: Client, directive: str) -> None:
    """The directives aren't in the schema, so no client expects parts of a response."""
    selections = {"defer": "{ ... @defer { ports { totalCount } } }", "stream": "{ nodes(ids: []) @stream { id } }"}
    answer = await demo_client(PARTNER, selections[directive])

    assert (400, ["GRAPHQL_VALIDATION_FAILED"]) == (answer.status, answer.codes)
