"""Viewing as another: how it is requested, which demo users may, and what is logged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.client import ANONYMOUS, DEMO_VIEWERS, DIRECT, HIDDEN, OPERATOR, PARTNER, POLICY, SHOWN, Client, open_client
from tests.event_streams import Closed, opened
from tests.pictures import picture

HEADER = "X-Crossgate-View-As"
SUPPORT = "support@operator.example"
IDS = "{ viewer { company { id } user { id } } }"
VIEWING_AS = "{ viewer { viewingAs { id } } }"
EVERYTHING = """{
  viewer { roles pricingVisible chatSupportEnabled company { tradingName dashboard { ordersWaiting } } }
  ports(first: 20) { totalCount pageInfo { endCursor } nodes { id monthlyRate { amount } costCentre } }
  companies(first: 50) { nodes { id version billingMarkets { market } marketplaceProfile { slug } } }
  managedAccounts { nodes { accountRef settings { pricing { enabled } } } }
  offers(first: 20) { nodes { id totalValue { amount } } }
}"""
READ_ONLY = {
    "message": "X-Crossgate-View-As works only with queries. Send this request without it.",
    "extensions": {"code": "VIEW_AS_READ_ONLY"},
}


async def ids(client: Client, email: str) -> tuple[str, str]:
    """The global ids of a user and their company."""
    viewer = (await client(email, IDS)).data["viewer"]
    return viewer["user"]["id"], viewer["company"]["id"]


async def view_as(client: Client, email: str | None, named: str, query: str, **more: str) -> httpx.Response:
    """Send a query as the company or user with this id."""
    return await client.post(email, "/graphql", {"query": query}, **{HEADER: named, **more})


@pytest.mark.parametrize("requester", [PARTNER, SUPPORT])
@pytest.mark.parametrize("target", [HIDDEN, SHOWN])
async def test_view_as_returns_what_the_target_sees(demo_client: Client, requester: str, target: str) -> None:
    """Data, redactions, counts and cursors are the user's own, byte for byte, by user id and by company id."""
    user, company = await ids(demo_client, target)

    own = await demo_client(target, EVERYTHING)
    by_user = await view_as(demo_client, requester, user, EVERYTHING)
    by_company = await view_as(demo_client, requester, company, EVERYTHING)

    assert own.data["ports"]["nodes"]
    assert [own.body, own.body] == [by_user.content, by_company.content]


@pytest.mark.parametrize("requester", [HIDDEN, SHOWN, DIRECT, OPERATOR, ANONYMOUS], ids=str)
async def test_only_the_partner_of_the_demo_viewers_can_view_as(demo_client: Client, requester: str | None) -> None:
    """No other demo viewer can view as any of them, themselves included, and every refusal costs the same."""
    named = [name for email in DEMO_VIEWERS if email for name in await ids(demo_client, email)]
    answers, counts = set(), set()
    for target in [*named, "nobody"]:
        with demo_client.counting() as statements:
            answers.add((await view_as(demo_client, requester, target, EVERYTHING)).text)
        counts.add(len(statements))

    refusal = {
        "message": "You can't view as this company or user, or it doesn't exist.",
        "extensions": {"code": "VIEW_AS_REFUSED"},
    }
    assert [{"errors": [refusal]}] == [json.loads(answer) for answer in answers]
    assert {1 if requester is None else 2} == counts


async def test_view_as_takes_one_more_statement(demo_client: Client) -> None:
    """Viewing as another takes one more statement, which loads the target."""
    _, company = await ids(demo_client, HIDDEN)
    query = "{ ports(first: 5) { nodes { id } } }"
    counts = []
    with demo_client.counting() as statements:
        await demo_client(HIDDEN, query)
    counts.append(len(statements))
    with demo_client.counting() as statements:
        await view_as(demo_client, PARTNER, company, query)
    counts.append(len(statements))

    assert [2, 3] == counts


@pytest.mark.parametrize("kind", ["mutation { __typename }", "subscription { portUpdated { id } }"])
@pytest.mark.parametrize("accept", ["application/json", "application/graphql-response+json", "text/event-stream"])
async def test_only_queries_can_view_as(demo_client: Client, kind: str, accept: str) -> None:
    """A mutation or subscription is refused for every media type."""
    _, company = await ids(demo_client, HIDDEN)

    response = await view_as(demo_client, PARTNER, company, kind, Accept=accept)

    assert [{"errors": [READ_ONLY]}] == answers(response)


async def test_view_as_works_by_get_and_for_event_streams(demo_client: Client) -> None:
    """The header works for a query by GET and for one answered with an event."""
    _, company = await ids(demo_client, HIDDEN)
    token = {"Authorization": f"Bearer {await demo_client._token(PARTNER)}", HEADER: company}

    by_event = await view_as(demo_client, PARTNER, company, VIEWING_AS, Accept="text/event-stream")
    by_get = await demo_client.http.get("/graphql", params={"query": VIEWING_AS}, headers=token)
    refused = await view_as(demo_client, DIRECT, company, VIEWING_AS, Accept="text/event-stream")

    expected = {"data": {"viewer": {"viewingAs": {"id": company}}}, "extensions": {"policy": POLICY}}
    assert [[expected], [expected]] == [answers(by_event), answers(by_get)]
    assert ["VIEW_AS_REFUSED"] == [error["extensions"]["code"] for error in answers(refused)[0]["errors"]]


def answers(response: httpx.Response) -> list[Any]:
    """The results in a response: one, or one per event."""
    if not response.headers["Content-Type"].startswith("text/event-stream"):
        return [response.json()]
    lines = response.text.splitlines()
    return [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]


async def test_repeated_view_as_header_is_refused(demo_client: Client) -> None:
    """Two headers are ambiguous."""
    _, company = await ids(demo_client, HIDDEN)
    token = f"Bearer {await demo_client._token(PARTNER)}"
    headers = [("Authorization", token), (HEADER, company), (HEADER, company), ("Content-Type", "application/json")]

    response = await demo_client.http.post("/graphql", content=json.dumps({"query": VIEWING_AS}), headers=headers)

    error = response.json()["errors"][0]
    assert (400, "BAD_REQUEST", "Header X-Crossgate-View-As appears more than once. Send it once.") == (
        response.status_code,
        error["extensions"]["code"],
        error["message"],
    )


async def test_responses_vary_on_the_view_as_header(demo_client: Client) -> None:
    """Responses vary on the header, and pages of other origins may send it."""
    response = await demo_client.post(PARTNER, "/graphql", {"query": VIEWING_AS})
    allowed = {"Origin": "https://a.example", "Access-Control-Request-Method": "POST"}
    preflight = await demo_client.http.options("/graphql", headers={**allowed, "Access-Control-Request-Headers": HEADER})

    assert HEADER in response.headers["Vary"].split(", ")
    assert HEADER in preflight.headers["Access-Control-Allow-Headers"].split(", ")


@pytest.mark.parametrize("place", ["handshake", "payload"])
async def test_socket_cannot_view_as(demo_client: Client, place: str) -> None:
    """A WebSocket with the header is closed with the reason."""
    _, company = await ids(demo_client, HIDDEN)
    token = {"Authorization": f"Bearer {await demo_client._token(PARTNER)}"}
    headers = [(HEADER.lower().encode(), company.encode())] if place == "handshake" else []
    payload = token if place == "handshake" else {**token, HEADER.lower(): company}

    async with opened(demo_client.app, headers) as socket:
        await socket.send({"type": "connection_init", "payload": payload})
        with pytest.raises(Closed) as closed:
            await socket.receive()

    assert (4400, "X-Crossgate-View-As works only with queries over HTTP. Connect without it.") == (
        closed.value.code,
        closed.value.reason,
    )


async def test_upload_cannot_view_as(demo_client: Client) -> None:
    """An upload with the header is refused, and no image is stored."""
    _, company = await ids(demo_client, HIDDEN)
    headers = {"Authorization": f"Bearer {await demo_client._token(PARTNER)}", HEADER: company}

    with demo_client.counting() as statements:
        response = await demo_client.http.post("/files", content=picture(), headers=headers)

    assert (400, READ_ONLY["message"]) == (response.status_code, response.json()["errors"][0]["message"])
    assert [] == statements


async def test_cursor_gives_no_access_to_other_rows_or_orders(demo_client: Client) -> None:
    """The partner's cursor leads the account to its own rows, and never to an order that is hidden from it."""
    _, company = await ids(demo_client, HIDDEN)
    page = "ports(first: 5%s) { pageInfo { endCursor } nodes { id company { id } } }"
    by_price = ", orderBy: {field: MONTHLY_RATE}"
    plain = (await demo_client(PARTNER, f"{{ {page % ''} }}")).data["ports"]["pageInfo"]["endCursor"]
    priced = (await demo_client(PARTNER, f"{{ {page % by_price} }}")).data["ports"]["pageInfo"]["endCursor"]

    after = await view_as(demo_client, PARTNER, company, f"{{ {page % f', after: {json.dumps(plain)}'} }}")
    hidden = await view_as(demo_client, PARTNER, company, f"{{ {page % f'{by_price}, after: {json.dumps(priced)}'} }}")
    carried = await view_as(demo_client, PARTNER, company, f"{{ {page % f', after: {json.dumps(priced)}'} }}")

    assert {company} == {node["company"]["id"] for node in after.json()["data"]["ports"]["nodes"]}
    assert ["FORBIDDEN_ORDER", "INVALID_CURSOR"] == [
        response.json()["errors"][0]["extensions"]["code"] for response in (hidden, carried)
    ]


async def test_view_as_is_logged_with_both_identities(demo_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A request's line has both identities. A refused request's line has the requester's only, and not the requested id."""
    lines: list[dict[str, Any]] = []
    monkeypatch.setattr("transport.app.request_lines", lambda _settings: lines.append)
    async with open_client(demo_url, tmp_path) as client:
        client.compares = False  # a second request would be logged too
        user, company = await ids(client, HIDDEN)
        lines.clear()
        await view_as(client, PARTNER, user, VIEWING_AS)
        await view_as(client, DIRECT, company, VIEWING_AS)
        await client.post(PARTNER, "/diff", {"query": VIEWING_AS, "left": None, "right": company})

    keys = {"user_id", "company_id", "as_user_id", "as_company_id", "left_company_id", "right_company_id", "right_user_id"}
    identities = [{name: value for name, value in line.items() if name in keys} for line in lines]
    viewed, refused, compared = identities
    assert {"user_id", "company_id", "as_user_id", "as_company_id"} == set(viewed)
    assert 4 == len(set(viewed.values()))
    assert {"user_id", "company_id"} == set(refused)
    assert (compared["company_id"], viewed["as_company_id"], None) == (
        compared["left_company_id"],
        compared["right_company_id"],
        compared.get("right_user_id"),
    )


async def test_both_executors_return_the_same_when_viewing_as(demo_client: Client, demo_url: str, tmp_path: Path) -> None:
    """Plans and graphql-core return the same, also for previews among other fields."""
    user, company = await ids(demo_client, HIDDEN)
    account = (await demo_client(HIDDEN, "{ managedAccounts { nodes { id } } }")).data["managedAccounts"]["nodes"][0]["id"]
    everything = EVERYTHING.replace("pageInfo { endCursor }", "")  # each gateway encrypts cursors with its own key
    previews = f"""{{ on: previewSettings(managedAccountId: "{account}", settings: {{pricing: true}}) {everything}
      now: previewSettings(managedAccountId: "{account}") {everything} viewer {{ pricingVisible viewedBy {{ name }} }} }}"""
    async with open_client(demo_url, tmp_path, planner=False) as plain:
        pairs = [
            await view_as(client, PARTNER, named, query)
            for named in (user, company)
            for query in (everything, previews)
            for client in (demo_client, plain)
        ]

    planned, core = pairs[::2], pairs[1::2]
    assert [response.content for response in planned] == [response.content for response in core]
    assert ["planned"] * 4 == [response.headers["X-Crossgate-Execution"] for response in planned]
