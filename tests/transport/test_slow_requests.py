"""On every route, a slow request is decided by the rights its sender has when the whole request has arrived.

Each test sends headers and part of a body to a served gateway and waits for `100 Continue`, which says that the gateway has
read
them. It then changes a fact, commits the change, and sends the rest.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.routing import Route
from websockets.asyncio.client import connect as connected
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

import server
from models.database import connect
from models.embedded import Embedded
from resolvers.reading.viewers import find_member
from settings import Settings
from tests import databases
from tests.factory import Account, Factory, Location, Port, Thing
from tests.pictures import picture
from tests.transport.gateway import running
from transport.authentication.tokens import Tokens
from transport.http.account_pages import PAGES

JSON: Final = "application/json"
PRICES: Final = "query ($id: ID!) { node(id: $id) { ... on Port { name monthlyRate { amount } } } viewer { roles } }"
ORDER: Final = """mutation ($input: OrderPortInput!) { orderPort(input: $input) {
  port { monthlyRate { amount } } orderApproval { status } userErrors { code } } }"""
GONE: Final = "The account of this token no longer exists."
PUBLIC_ROUTES: Final = {
    "/livez",
    "/readyz",
    "/",
    "/assets/{name}",
    "/kit/v1/{name}",
    "/kit/v1/frame/{element}",
    *(f"/account/{name}" for name in PAGES),
    "/portal/config",
    "/portal/sign-in",
    "/portal/policies/{name}",
    "/portal/policy-matrix",
    "/mails",
    "/mails.json",
    *(f"/marketplace/{page}" for page in ("{slug}", "products/{slug}", "offers/{id}")),
}


@dataclass(frozen=True)
class Gateway:
    """A served gateway and its database."""

    address: str
    tokens: Tokens
    engine: AsyncEngine
    factory: Factory
    routes: list[Any]

    async def token(self, email: str) -> str:
        """Return a token of a user."""
        member = await find_member(self.engine, email)
        assert member is not None
        return self.tokens.issue(member.user_id, member.membership_id, 600)


@dataclass(frozen=True)
class Market:
    """A managed account that sees prices and orders without approval, with its port and its partner."""

    factory: Factory
    account: Account
    location: Location
    port: Port
    colleague: Thing  # a member of the account's partner, used by no other test

    @property
    def member(self) -> Thing:
        """The membership of the account's user."""
        return self.account.company.user.membership


Change = Callable[[Market], Awaitable[object]]


@pytest.fixture(scope="module")
async def gateway(postgres: Embedded, migrated: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Gateway]:
    """A gateway with its own database, shared by these tests."""
    name = await databases.create(postgres, migrated)
    url, data = postgres.url(name), tmp_path_factory.mktemp("slow")
    settings = Settings(data_dir=data, database_url=url, log_level="ERROR", shutdown_timeout=1)
    app, engine = server.build(settings), connect(url)
    with running(app, settings) as address:
        yield Gateway(address, app.state.tokens, engine, Factory(engine), app.routes)
    await engine.dispose()
    await databases.drop(postgres, name)


@pytest.fixture
async def market(gateway: Gateway) -> Market:
    """New companies for each test."""
    factory = gateway.factory
    partner = await factory.partner()
    verified = {"verification_status": "VERIFIED"}
    account = await factory.managed_account(partner, pricing=True, company=verified)
    location = await factory.orderable(partner)
    return Market(factory, account, location, await factory.port(account.company, location), partner.user.membership)


async def require_approval(market: Market) -> None:
    """The partner requires approval for the account's orders."""
    await market.factory.setting(market.account, order_approval=True)


async def hide_prices(market: Market) -> None:
    """The partner hides prices from the account."""
    await market.factory.setting(market.account, pricing=False)


async def remove_member(market: Market) -> None:
    """The account's user is removed."""
    await market.factory.delete(market.member)


async def take_role(market: Market) -> None:
    """The account's user is left with VIEWER, which neither sees prices nor orders."""
    await market.factory.change(market.member, roles=["VIEWER"])


async def remove_colleague(market: Market) -> None:
    """The partner's user is removed."""
    await market.factory.delete(market.colleague)


async def take_colleagues_role(market: Market) -> None:
    """The partner's user is left with VIEWER, which neither views as accounts nor uploads."""
    await market.factory.change(market.colleague, roles=["VIEWER"])


STALE_CONTENT: Final[dict[Change, bytes]] = {  # what a response decided by the old rights contains
    hide_prices: b"1250",
    take_role: b"ACCOUNT_ADMIN",
    take_colleagues_role: b"ACCOUNT_ADMIN",
    remove_colleague: b"data",
}


async def send_slowly(
    gateway: Gateway, market: Market, change: Change, path: str, email: str, body: bytes, **headers: str
) -> tuple[int, bytes]:
    """Send a request and commit `change` between its headers and the end of its body.

    Returns the status and body of the response.
    """
    parts = urlsplit(gateway.address)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    fields = {
        "Host": "x",
        "Authorization": f"Bearer {await gateway.token(email)}",
        "Content-Type": JSON,
        "Content-Length": str(len(body)),
        "Expect": "100-continue",
        "Connection": "close",
        **headers,
    }
    head = f"POST {path} HTTP/1.1\r\n" + "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    writer.write(f"{head}\r\n".encode())
    async with asyncio.timeout(30):
        assert b"HTTP/1.1 100 Continue\r\n\r\n" == await reader.readuntil(b"\r\n\r\n")
        writer.write(body[:-5])
        await change(market)
        writer.write(body[-5:])
        answer = await reader.read()
    writer.close()
    start, _, content = answer.partition(b"\r\n\r\n")
    return int(start.split()[1]), content


def graphql_body(query: str, **variables: Any) -> bytes:
    """The body of a GraphQL request."""
    return json.dumps({"query": query, "variables": variables}).encode()


def says_membership_is_gone(answer: tuple[int, bytes]) -> bool:
    """Whether a response is the refusal of a token whose membership has ended."""
    status, content = answer
    return status == 401 and json.loads(content)["errors"][0]["message"] == GONE


def order_body(market: Market) -> bytes:
    """The body of an order by the account."""
    order = {"locationId": market.location.id, "name": "Core", "speedMbps": 1000, "termMonths": 12}
    return graphql_body(ORDER, input=order)


@pytest.mark.parametrize("change", [hide_prices, take_role])
@pytest.mark.parametrize("accept", [JSON, "text/event-stream"])
async def test_slow_query_reads_with_current_rights_V2(gateway: Gateway, market: Market, change: Change, accept: str) -> None:
    """Data hidden or a role removed while the query arrives isn't in its response, as JSON or as an event stream."""
    body = graphql_body(PRICES, id=market.port.id)

    status, content = await send_slowly(gateway, market, change, "/graphql", market.account.admin, body, Accept=accept)

    assert (200, True, False) == (status, b'"roles":' in content, STALE_CONTENT[change] in content)


@pytest.mark.parametrize("accept", [JSON, "text/event-stream"])
async def test_slow_query_of_a_removed_member_is_refused(gateway: Gateway, market: Market, accept: str) -> None:
    """Nothing is read for a member removed while the query arrives."""
    body = graphql_body(PRICES, id=market.port.id)

    assert says_membership_is_gone(
        await send_slowly(gateway, market, remove_member, "/graphql", market.account.admin, body, Accept=accept)
    )


@pytest.mark.parametrize("accept", [JSON, "text/event-stream"])
async def test_slow_order_waits_for_newly_required_approval_V13(gateway: Gateway, market: Market, accept: str) -> None:
    """No port is created."""
    body = order_body(market)

    status, content = await send_slowly(
        gateway, market, require_approval, "/graphql", market.account.admin, body, Accept=accept
    )

    assert (200, True) == (status, b'"port":null,"orderApproval":{"status":"PENDING"}' in content)


@pytest.mark.parametrize("accept", [JSON, "text/event-stream"])
async def test_slow_order_without_the_role_is_refused(gateway: Gateway, market: Market, accept: str) -> None:
    """The role is required when the whole order has arrived."""
    body = order_body(market)

    _, content = await send_slowly(gateway, market, take_role, "/graphql", market.account.admin, body, Accept=accept)

    assert b'"port":null,"orderApproval":null,"userErrors":[{"code":"FORBIDDEN"}]' in content


async def test_slow_order_by_a_removed_member_is_refused(gateway: Gateway, market: Market) -> None:
    """The response is the refusal of a token without a membership."""
    assert says_membership_is_gone(
        await send_slowly(gateway, market, remove_member, "/graphql", market.account.admin, order_body(market))
    )


@pytest.mark.parametrize("change", [remove_colleague, take_colleagues_role, hide_prices])
async def test_slow_view_as_query_is_decided_by_current_rights(gateway: Gateway, market: Market, change: Change) -> None:
    """When the whole query has arrived, the requester needs the right to view as, and the account the right to see the price."""
    view_as = {"X-Crossgate-View-As": market.account.company.id}
    body = graphql_body(PRICES, id=market.port.id)

    status, content = await send_slowly(gateway, market, change, "/graphql", market.account.partner.admin, body, **view_as)

    assert (401 if change is remove_colleague else 200, False) == (status, STALE_CONTENT[change] in content)


async def test_slow_comparison_is_made_with_current_rights(gateway: Gateway, market: Market) -> None:
    """The account no longer sees the price, and its partner still does."""
    body = json.dumps({"query": PRICES, "variables": {"id": market.port.id}, "left": None, "right": market.account.company.id})

    _, content = await send_slowly(gateway, market, hide_prices, "/diff", market.account.partner.admin, body.encode())

    assert ["HIDDEN_BY_PARTNER"] == [entry["right"]["reason"] for entry in json.loads(content)["paths"]]


async def test_slow_comparison_by_a_removed_member_is_refused(gateway: Gateway, market: Market) -> None:
    """Nothing is compared for a removed member."""
    body = json.dumps({"query": "{ __typename }"}).encode()

    assert says_membership_is_gone(
        await send_slowly(gateway, market, remove_colleague, "/diff", market.account.partner.admin, body)
    )


@pytest.mark.parametrize(("change", "status"), [(remove_colleague, 401), (take_colleagues_role, 403)])
async def test_slow_upload_is_stored_with_current_rights(gateway: Gateway, market: Market, change: Change, status: int) -> None:
    """A picture isn't stored if its sender loses the right to upload while it arrives."""
    before = await market.factory.count("Image")

    answer = await send_slowly(gateway, market, change, "/files", market.account.partner.admin, picture("PNG"))

    assert (status, before) == (answer[0], await market.factory.count("Image"))


@pytest.mark.parametrize("change", [hide_prices, take_role, remove_member])
async def test_socket_operation_is_decided_when_its_message_is_complete_V2(
    gateway: Gateway, market: Market, change: Change
) -> None:
    """Neither an open socket nor a partly sent message keeps old rights."""
    message = json.dumps({"type": "subscribe", "id": "1", "payload": {"query": PRICES, "variables": {"id": market.port.id}}})

    async def parts() -> AsyncIterator[str]:
        yield message[:-5]
        await change(market)
        yield message[-5:]

    url = gateway.address.replace("http", "ws")
    async with (
        asyncio.timeout(30),
        connected(f"{url}/graphql", subprotocols=[Subprotocol("graphql-transport-ws")], proxy=None) as socket,
    ):
        credentials = {"Authorization": f"Bearer {await gateway.token(market.account.admin)}"}
        await socket.send(json.dumps({"type": "connection_init", "payload": credentials}))
        assert "connection_ack" == json.loads(await socket.recv())["type"]
        with suppress(ConnectionClosed):  # the socket of a removed member closes before its message is complete
            await socket.send(parts())
        answers = [answer async for answer in _until_complete(socket)]

    if change is remove_member:
        assert ([], 4403, GONE) == (answers, socket.close_code, socket.close_reason)
    else:
        assert [False] == [STALE_CONTENT[change] in answer for answer in answers]


async def _until_complete(socket: Any) -> AsyncIterator[bytes]:
    with suppress(ConnectionClosed):
        while json.loads(text := await socket.recv())["type"] == "next":
            yield text.encode()


@pytest.mark.parametrize("path", ["/graphql", "/graphql/refresh"])
async def test_token_that_expires_while_the_body_arrives_is_refused(gateway: Gateway, market: Market, path: str) -> None:
    """A token's expiry is checked when the whole body has arrived."""
    member = await find_member(gateway.engine, market.account.admin)
    assert member is not None
    short = gateway.tokens.issue(member.user_id, member.membership_id, 1)

    async def wait_for_expiry(_market: Market) -> None:
        await asyncio.sleep(1.1)

    body = graphql_body(PRICES, id=market.port.id)
    status, content = await send_slowly(
        gateway, market, wait_for_expiry, path, market.account.admin, body, Authorization=f"Bearer {short}"
    )

    assert (401, "The token has expired. Sign in again.") == (status, json.loads(content)["errors"][0]["message"])


def test_every_authenticated_route_is_tested(gateway: Gateway) -> None:
    """A new route must be tested here, or need no authentication."""
    tested = {"/graphql", "/graphql/refresh", "/diff", "/files"}
    reads_no_body = {"/exports/{id}", "/files/{id}", "/leads.csv", "/schema.graphql"}
    routes = {route.path for route in gateway.routes if isinstance(route, Route)}

    assert routes <= tested | reads_no_body | PUBLIC_ROUTES
