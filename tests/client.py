"""A client of the gateway: the whole application over a database, queried through its endpoint as any user or as a visitor.

Many queries that a plan answers are also answered by graphql-core, and both answers must be the same (`tests/executors.py`). With
CROSSGATE_TEST_APART=1, a gateway is two applications with a replica (`tests/apart.py`).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import ExitStack, asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from unittest.mock import patch

import httpx
import sqlalchemy as sa
from starlette.applications import Starlette

import server
from models.listening import CHANNEL, ChangeListener
from models.reading import compile_statement
from models.remembered_facts import FactsMemory
from models.replicas import PRIMARY_POSITION
from policies.language.source import digest, read_texts
from resolvers.portal_origin import VERIFIED
from resolvers.reading.viewers import find_member
from settings import Settings
from tests import apart
from tests.asgi import InProcessClient
from tests.event_streams import PATIENCE, Following, opened
from tests.executors import Send, is_turn, send_to_both

PARTNER = "admin@partner.example"
HIDDEN = "hidden@managed.example"
SHOWN = "shown@managed.example"
DIRECT = "network@direct.example"
OPERATOR = "reviewer@operator.example"
ANONYMOUS = None
POLICY = digest(read_texts(server.POLICIES))  # the policy version, which every response has
UNLIMITED = 10**12  # a quota that one viewer can't use up in a test run
MARK = '{"type": "Mark", "id": "00000000-0000-0000-0000-000000000000", "changed": null}'
PATIENT = 300  # seconds that a request may take, even on a busy machine
GROWS = "auditEvents"
ONCE = ("startExport", "... on Export")  # reads a page inside a mutation; has links that are signed anew
BY_ITSELF = {compile_statement(VERIFIED).text, PRIMARY_POSITION}  # what the gateway reads outside of requests
DEMO_VIEWERS = (PARTNER, HIDDEN, SHOWN, DIRECT, OPERATOR, ANONYMOUS)


@dataclass(frozen=True)
class Redaction:
    """An entry of `extensions.redactions`."""

    path: list[str | int]
    reason: str


@dataclass(frozen=True)
class Answer:
    """A response: the raw `body`, and its parts."""

    status: int
    body: bytes
    data: Any
    errors: list[dict[str, Any]]
    redactions: list[Redaction]
    execution: str  # the executor that ran it

    @property
    def codes(self) -> list[str]:
        """The codes of the errors."""
        return [error["extensions"]["code"] for error in self.errors]


NOT_COMPARED: Final = {"cost_per_peer", "cost_per_viewer", "max_unplanned_values", "planner", "record_operations"}


@dataclass
class Client:
    """Call the application as a client does: `await client(EMAIL, QUERY, name=value)`."""

    app: Starlette
    http: httpx.AsyncClient
    compares: bool = True  # the executors, for queries whose turn it is
    _tokens: dict[str, str] = field(default_factory=dict)

    async def __call__(self, viewer: str | None, query: str, **variables: Any) -> Answer:
        """Send a query with variables as the user with an email address, or anonymously."""
        return await self.send(viewer, query, variables)

    async def send(self, viewer: str | None, query: str, variables: dict[str, Any], **more: str) -> Answer:
        """Send a query with additional headers."""
        headers = {"Accept": "application/graphql-response+json", **more}
        if viewer is not None:
            headers["Authorization"] = f"Bearer {await self._token(viewer)}"
        response = await self._compared(
            lambda: self.http.post("/graphql", json={"query": query, "variables": variables}, headers=headers), query
        )
        body = response.json()
        redactions = [Redaction(**entry) for entry in body.get("extensions", {}).get("redactions", [])]
        errors, execution = body.get("errors", []), response.headers.get("X-Crossgate-Execution", "")
        return Answer(response.status_code, response.content, body.get("data"), errors, redactions, execution)

    async def get(self, viewer: str | None, path: str) -> httpx.Response:
        """Get what the gateway has at another path, such as a file."""
        token = {} if viewer is None else {"Authorization": f"Bearer {await self._token(viewer)}"}
        return await self.http.get(path, headers=token)

    async def post(self, viewer: str | None, path: str, body: Any, **more: str) -> httpx.Response:
        """Post JSON to another path of the gateway."""
        token = {} if viewer is None else {"Authorization": f"Bearer {await self._token(viewer)}"}

        async def send() -> httpx.Response:
            return await self.http.post(path, json=body, headers={**token, **more})

        return await self._compared(send, str(body))

    @asynccontextmanager
    async def following(self, viewer: str | None, query: str, **variables: Any) -> AsyncIterator[Following]:
        """Subscribe as a user or anonymously. The block starts once the subscription receives events."""
        listening = self.app.state.services.change_listener
        async with asyncio.timeout(PATIENCE):
            await self._caught_up(listening)
        listeners_before = listening.listeners
        async with opened(self.app) as socket:
            payload = {} if viewer is None else {"Authorization": f"Bearer {await self._token(viewer)}"}
            await socket.send({"type": "connection_init", "payload": payload})
            assert {"type": "connection_ack"} == await socket.receive()
            subscription = {"query": query, "variables": variables}
            await socket.send({"type": "subscribe", "id": "followed", "payload": subscription})
            async with asyncio.timeout(PATIENCE):
                while listening.listeners == listeners_before:  # noqa: ASYNC110 (the gateway reports no new listener)
                    await asyncio.sleep(0.005)
            yield Following(socket)

    @contextmanager
    def counting(self, *, remembers: bool = False, all_statements: bool = False) -> Iterator[list[str]]:
        """Collect the SQL statements that run in the block.

        Each request loads its viewer by a statement of its own, unless the gateway `remembers` facts as usual: then the first run
        of a query takes more statements than the next. The gateway loads portal origins and looks where the primary is by itself,
        at any time: that's left out, unless the block is about `all_statements`.
        """
        observers = self.app.state.services.reader.observers
        statements: list[str] = []

        def note(statement: str, _values: Any) -> None:
            if all_statements or statement not in BY_ITSELF:
                statements.append(statement)

        observers.append(note)
        try:
            with nullcontext() if remembers else patch.object(FactsMemory, "presumed", lambda _memory, again=False: None):  # noqa: ARG005
                yield statements
        finally:
            observers.remove(note)

    @property
    def apps(self) -> list[Starlette]:
        """The application, or the two that answer in turns (`tests/apart.py`)."""
        return apart.applications(self.app)

    @contextmanager
    def configured(self, **values: Any) -> Iterator[None]:
        """Let the gateway's services have other values in the block, as with other settings."""
        with ExitStack() as stack:
            for app in self.apps:
                stack.enter_context(patch.multiple(app.state.services, **values))
            yield

    async def _compared(self, send: Send, query: str) -> httpx.Response:
        """Return the response, after comparing both executors. Raises Difference."""
        services = self.app.state.services
        grows = services.audit.is_running and GROWS in query  # the first of two requests may add to what the second reads
        if not self.compares or grows or services.reader.observers or any(each in query for each in ONCE) or not is_turn(query):
            return await send()
        return await send_to_both(send)

    async def _caught_up(self, listening: ChangeListener) -> None:
        """Return once all earlier notifications have been received. They arrive in order, so a mark sent now comes last."""
        await listening.is_connected.wait()
        with listening.subscribe("Mark") as marks:
            async with self.app.state.services.engine.connect() as connection:
                await connection.execute(sa.select(sa.func.pg_notify(CHANNEL, MARK)))
            await anext(marks)

    async def _token(self, email: str) -> str:
        if email not in self._tokens:
            member = await find_member(self.app.state.services.engine, email)
            assert member is not None, f"no member has the address {email}"
            self._tokens[email] = self.app.state.tokens.issue(member.user_id, member.membership_id, 3600)
        return self._tokens[email]


@asynccontextmanager
async def open_client(database_url: str, data_dir: Path, **settings: Any) -> AsyncIterator[Client]:
    """Run the gateway over a database inside this process, with additional settings.

    Both executors are compared unless a setting makes them differ: a quota, which the second request would spend too, or a bound
    for graphql-core, which only a failed plan meets.
    """
    defaults = {
        "data_dir": data_dir,
        "database_url": database_url,
        "log_level": "ERROR",
        "cost_per_peer": UNLIMITED,
        "cost_per_viewer": UNLIMITED,
        "request_timeout": PATIENT,
    }

    def build(more: Mapping[str, Any]) -> Starlette:
        return server.build(Settings(**{**defaults, **settings, **more}))

    async with apart.opened(database_url, settings, build) as app, InProcessClient(app) as client:
        yield Client(app, client, compares=not settings.keys() & NOT_COMPARED)
