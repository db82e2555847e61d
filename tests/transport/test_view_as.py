"""Looking as another, as it is asked for and told: by which ways, by whom of the sample market, and what is written of it."""

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
WHO = "{ viewer { company { id } user { id } } }"
AS = "{ viewer { viewingAs { id } } }"
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


async def ids(ask: Client, email: str) -> tuple[str, str]:
    """The global ids of a user and its company."""
    viewer = (await ask(email, WHO)).data["viewer"]
    return viewer["user"]["id"], viewer["company"]["id"]


async def look(ask: Client, email: str | None, named: str, query: str, **more: str) -> httpx.Response:
    """The response to a query of whoever looks as the company or user of an id."""
    return await ask.post(email, "/graphql", {"query": query}, **{HEADER: named, **more})


@pytest.mark.parametrize("asker", [PARTNER, SUPPORT])
@pytest.mark.parametrize("target", [HIDDEN, SHOWN])
async def test_an_account_is_seen_as_it_sees_itself(ask_demo: Client, asker: str, target: str) -> None:
    """Data, redactions, counts and cursors are those of the user, byte for byte, by its own id and by its company's."""
    user, company = await ids(ask_demo, target)

    itself = await ask_demo(target, EVERYTHING)
    by_user = await look(ask_demo, asker, user, EVERYTHING)
    by_company = await look(ask_demo, asker, company, EVERYTHING)

    assert itself.data["ports"]["nodes"]
    assert [itself.body, itself.body] == [by_user.content, by_company.content]


@pytest.mark.parametrize("asker", [HIDDEN, SHOWN, DIRECT, OPERATOR, ANONYMOUS], ids=str)
async def test_of_the_samples_viewers_only_the_partner_looks_as_others(ask_demo: Client, asker: str | None) -> None:
    """Nobody else of the five may look as anybody of them, itself included, and it costs the same to refuse."""
    named = [name for email in DEMO_VIEWERS if email for name in await ids(ask_demo, email)]
    answers, counts = set(), set()
    for each in [*named, "nobody"]:
        with ask_demo.counting() as statements:
            answers.add((await look(ask_demo, asker, each, EVERYTHING)).text)
        counts.add(len(statements))

    refusal = {
        "message": "You can't view as this company or user, or it doesn't exist.",
        "extensions": {"code": "VIEW_AS_REFUSED"},
    }
    assert [{"errors": [refusal]}] == [json.loads(answer) for answer in answers]
    assert {1 if asker is None else 2} == counts


async def test_looking_takes_one_statement_more(ask_demo: Client) -> None:
    """Whoever looks as another costs the statement that finds whom."""
    _, company = await ids(ask_demo, HIDDEN)
    query = "{ ports(first: 5) { nodes { id } } }"
    counts = []
    with ask_demo.counting() as statements:
        await ask_demo(HIDDEN, query)
    counts.append(len(statements))
    with ask_demo.counting() as statements:
        await look(ask_demo, PARTNER, company, query)
    counts.append(len(statements))

    assert [2, 3] == counts


@pytest.mark.parametrize("kind", ["mutation { __typename }", "subscription { portUpdated { id } }"])
@pytest.mark.parametrize("accept", ["application/json", "application/graphql-response+json", "text/event-stream"])
async def test_only_queries_are_run_as_another(ask_demo: Client, kind: str, accept: str) -> None:
    """A mutation and a subscription are refused by whatever way of HTTP they come."""
    _, company = await ids(ask_demo, HIDDEN)

    response = await look(ask_demo, PARTNER, company, kind, Accept=accept)

    assert [{"errors": [READ_ONLY]}] == answers(response)


async def test_queries_are_run_as_another_by_events_and_by_get(ask_demo: Client) -> None:
    """The header means the same for a query whose answer is an event, and for one in an address."""
    _, company = await ids(ask_demo, HIDDEN)
    token = {"Authorization": f"Bearer {await ask_demo._token(PARTNER)}", HEADER: company}

    by_event = await look(ask_demo, PARTNER, company, AS, Accept="text/event-stream")
    by_get = await ask_demo.client.get("/graphql", params={"query": AS}, headers=token)
    refused = await look(ask_demo, DIRECT, company, AS, Accept="text/event-stream")

    seen = {"data": {"viewer": {"viewingAs": {"id": company}}}, "extensions": {"policy": POLICY}}
    assert [[seen], [seen]] == [answers(by_event), answers(by_get)]
    assert ["VIEW_AS_REFUSED"] == [error["extensions"]["code"] for error in answers(refused)[0]["errors"]]


def answers(response: httpx.Response) -> list[Any]:
    """The answers in a response, one or in events."""
    if not response.headers["Content-Type"].startswith("text/event-stream"):
        return [response.json()]
    lines = response.text.splitlines()
    return [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]


async def test_a_header_that_is_given_twice_is_no_header(ask_demo: Client) -> None:
    """Nobody has to guess which of two is meant."""
    _, company = await ids(ask_demo, HIDDEN)
    token = f"Bearer {await ask_demo._token(PARTNER)}"
    headers = [("Authorization", token), (HEADER, company), (HEADER, company), ("Content-Type", "application/json")]

    response = await ask_demo.client.post("/graphql", content=json.dumps({"query": AS}), headers=headers)

    error = response.json()["errors"][0]
    assert (400, "BAD_REQUEST", "Header X-Crossgate-View-As appears more than once. Send it once.") == (
        response.status_code,
        error["extensions"]["code"],
        error["message"],
    )


async def test_caches_and_other_origins_know_of_the_header(ask_demo: Client) -> None:
    """An answer varies with it, and pages of other origins may send it."""
    asked = await ask_demo.post(PARTNER, "/graphql", {"query": AS})
    allowed = {"Origin": "https://a.example", "Access-Control-Request-Method": "POST"}
    preflight = await ask_demo.client.options("/graphql", headers={**allowed, "Access-Control-Request-Headers": HEADER})

    assert HEADER in asked.headers["Vary"].split(", ")
    assert HEADER in preflight.headers["Access-Control-Allow-Headers"].split(", ")


@pytest.mark.parametrize("place", ["handshake", "payload"])
async def test_a_socket_is_always_its_own_users(ask_demo: Client, place: str) -> None:
    """A WebSocket that asks to look as another is closed, and told why."""
    _, company = await ids(ask_demo, HIDDEN)
    token = {"Authorization": f"Bearer {await ask_demo._token(PARTNER)}"}
    headers = [(HEADER.lower().encode(), company.encode())] if place == "handshake" else []
    payload = token if place == "handshake" else {**token, HEADER.lower(): company}

    async with opened(ask_demo.app, headers) as socket:
        await socket.send({"type": "connection_init", "payload": payload})
        with pytest.raises(Closed) as closed:
            await socket.receive()

    assert (4400, "X-Crossgate-View-As works only with queries over HTTP. Connect without it.") == (
        closed.value.code,
        closed.value.reason,
    )


async def test_nothing_is_uploaded_as_another(ask_demo: Client) -> None:
    """An upload with the header is refused, and no image is stored."""
    _, company = await ids(ask_demo, HIDDEN)
    headers = {"Authorization": f"Bearer {await ask_demo._token(PARTNER)}", HEADER: company}

    with ask_demo.counting() as statements:
        response = await ask_demo.client.post("/files", content=picture(), headers=headers)

    assert (400, READ_ONLY["message"]) == (response.status_code, response.json()["errors"][0]["message"])
    assert [] == statements


async def test_a_cursor_is_a_place_in_a_list_and_opens_no_other(ask_demo: Client) -> None:
    """A cursor that the partner got leads the account to its own rows, and never to an order that is hidden from it."""
    _, company = await ids(ask_demo, HIDDEN)
    page = "ports(first: 5%s) { pageInfo { endCursor } nodes { id company { id } } }"
    by_price = ", orderBy: {field: MONTHLY_RATE}"
    plain = (await ask_demo(PARTNER, f"{{ {page % ''} }}")).data["ports"]["pageInfo"]["endCursor"]
    priced = (await ask_demo(PARTNER, f"{{ {page % by_price} }}")).data["ports"]["pageInfo"]["endCursor"]

    after = await look(ask_demo, PARTNER, company, f"{{ {page % f', after: {json.dumps(plain)}'} }}")
    hidden = await look(ask_demo, PARTNER, company, f"{{ {page % f'{by_price}, after: {json.dumps(priced)}'} }}")
    carried = await look(ask_demo, PARTNER, company, f"{{ {page % f', after: {json.dumps(priced)}'} }}")

    assert {company} == {node["company"]["id"] for node in after.json()["data"]["ports"]["nodes"]}
    assert ["FORBIDDEN_ORDER", "INVALID_CURSOR"] == [
        response.json()["errors"][0]["extensions"]["code"] for response in (hidden, carried)
    ]


async def test_the_log_says_who_looked_as_whom(demo_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The line of a request has both identities; that of a refused one has the asker's alone, and no id that was given."""
    lines: list[dict[str, Any]] = []
    monkeypatch.setattr("transport.app.request_lines", lambda _settings: lines.append)
    async with open_client(demo_url, tmp_path) as ask:
        ask.compares = False  # a second request would have a line of its own
        user, company = await ids(ask, HIDDEN)
        lines.clear()
        await look(ask, PARTNER, user, AS)
        await look(ask, DIRECT, company, AS)
        await ask.post(PARTNER, "/diff", {"query": AS, "left": None, "right": company})

    keys = {"user_id", "company_id", "as_user_id", "as_company_id", "left_company_id", "right_company_id", "right_user_id"}
    identities = [{name: value for name, value in line.items() if name in keys} for line in lines]
    looked, refused, compared = identities
    assert {"user_id", "company_id", "as_user_id", "as_company_id"} == set(looked)
    assert 4 == len(set(looked.values()))
    assert {"user_id", "company_id"} == set(refused)
    assert (compared["company_id"], looked["as_company_id"], None) == (
        compared["left_company_id"],
        compared["right_company_id"],
        compared.get("right_user_id"),
    )


async def test_both_executors_see_the_same_as_another(ask_demo: Client, demo_url: str, tmp_path: Path) -> None:
    """Plans and graphql-core answer alike, previews among other fields included."""
    user, company = await ids(ask_demo, HIDDEN)
    account = (await ask_demo(HIDDEN, "{ managedAccounts { nodes { id } } }")).data["managedAccounts"]["nodes"][0]["id"]
    everything = EVERYTHING.replace("pageInfo { endCursor }", "")  # each gateway seals its own cursors
    previews = f"""{{ on: previewSettings(managedAccountId: "{account}", settings: {{pricing: true}}) {everything}
      now: previewSettings(managedAccountId: "{account}") {everything} viewer {{ pricingVisible viewedBy {{ name }} }} }}"""
    async with open_client(demo_url, tmp_path, planner=False) as plain:
        pairs = [
            await look(ask, PARTNER, named, query)
            for named in (user, company)
            for query in (everything, previews)
            for ask in (ask_demo, plain)
        ]

    planned, core = pairs[::2], pairs[1::2]
    assert [each.content for each in planned] == [each.content for each in core]
    assert ["planned"] * 4 == [each.headers["X-Crossgate-Execution"] for each in planned]
