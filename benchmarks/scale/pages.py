"""The pages of the simulation, and the statements that the gateway runs for them: recorded from real requests."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import httpx
from starlette.applications import Starlette

import server
from benchmarks.plans import Statement, recording
from policies.viewer import ANONYMOUS, Viewer
from resolvers.reading.viewers import Member, find_member, load_viewer
from resolvers.values.identifiers import Identifier
from settings import Settings

DIRECT: Final = "admin@direct.example"
PARTNER: Final = "admin@partner.example"
LARGE_ACCOUNT: Final = "shown@managed.example"
SMALL_ACCOUNT: Final = "hidden@managed.example"
OPERATOR: Final = "reviewer@operator.example"
CAST: Final = {
    "direct": DIRECT,
    "partner": PARTNER,
    "large account": LARGE_ACCOUNT,
    "small account": SMALL_ACCOUNT,
    "operator": OPERATOR,
}
VISITOR: Final = "visitor"
MEMBERS: Final = tuple(CAST)
ROWS: Final = 50
SCOPES: Final = {"ports": "Port KEY ASC", "marketplacePorts": "MarketplacePort KEY ASC", "auditEvents": "AuditEvent KEY DESC"}


class Unrecorded(Exception):
    """A request of the simulation didn't run exactly one statement on its table."""


@dataclass(frozen=True, slots=True)
class Page:
    """A query of rows of a table by some viewers. `$middle` is a cursor in the middle, `$key` an own row, `$company` its owner."""

    name: str
    table: str
    query: str
    viewers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Asked:
    """The statement of one viewer's page."""

    page: Page
    viewer: str
    statement: Statement


def _list(field: str, column: str, *arguments: str) -> str:
    return f"{{ {field}({', '.join((f'first: {ROWS}', *arguments))}) {{ nodes {{ id {column} }} }} }}"


PORT: Final = "name status speedMbps termMonths createdAt"  # more than any index has
LISTED: Final = "name speedMbps"
EVENT: Final = "kind at requests"
PAGES: Final = (
    Page("first page", "port", _list("ports", PORT), MEMBERS),
    Page("page in the middle", "port", _list("ports", PORT, 'after: "$middle"'), MEMBERS),
    Page("by name", "port", _list("ports", PORT, "orderBy: {field: NAME}"), MEMBERS),
    Page("cancelled only", "port", _list("ports", PORT, "filter: {status: CANCELLED}"), MEMBERS),
    Page(
        "below a company",
        "port",
        f'{{ node(id: "$company") {{ ... on Company {{ ports(first: {ROWS}) {{ nodes {{ id {PORT} }} }} }} }} }}',
        ("partner", "operator"),
    ),
    Page("names only", "port", _list("ports", "name"), ("direct", "operator")),
    Page("one port", "port", '{ node(id: "$key") { ... on Port { name } } }', ("direct", "partner", "operator")),
    Page("Marketplace", "port", _list("marketplacePorts", LISTED), ("direct", "small account", VISITOR)),
    Page("Marketplace in the middle", "port", _list("marketplacePorts", LISTED, 'after: "$middle"'), (VISITOR,)),
    Page("first page", "audit_event", _list("auditEvents", EVENT), MEMBERS),
    Page("page in the middle", "audit_event", _list("auditEvents", EVENT, 'after: "$middle"'), MEMBERS),
    Page("changes only", "audit_event", _list("auditEvents", EVENT, "filter: {kind: CHANGE}"), ("direct", "operator")),
)


@dataclass(slots=True)
class Gateway:
    """The whole application over the sample market."""

    app: Starlette
    http: httpx.AsyncClient
    members: dict[str, Member]
    viewers: dict[str, Viewer]

    @property
    def companies(self) -> dict[str, tuple[UUID, UUID | None]]:
        """The company of each viewer, and the partner that manages it."""
        found = {name: (viewer.company_id, viewer.partner_id) for name, viewer in self.viewers.items()}
        return {name: (company, partner) for name, (company, partner) in found.items() if company is not None}

    async def asked(self, page: Page, viewer: str, keys: dict[str, UUID]) -> Asked:
        """Send a page's query and return the statement on its table. Raises Unrecorded."""
        headers = {} if viewer == VISITOR else {"Authorization": f"Bearer {self._token(viewer)}"}
        query = self._filled(page, viewer, keys)
        with recording(self.app.state.services.reader) as statements:
            response = await self.http.post("/graphql", json={"query": query}, headers=headers)
        found = [statement for statement in statements if f"FROM {page.table} AS t" in statement.sql]
        if len(found) != 1 or "errors" in response.json():
            raise Unrecorded(f"{page.name} of {page.table} by {viewer}: {len(found)} statements, {response.text[:500]}")
        return Asked(page, viewer, found[0])

    def _filled(self, page: Page, viewer: str, keys: dict[str, UUID]) -> str:
        field = page.query.lstrip("{ ").partition("(")[0]
        middle = self.app.state.services.cursors.seal(SCOPES[field], [([], keys["middle"])])[0] if field in SCOPES else ""
        account, _ = self.companies["large account"]
        values = {"middle": middle, "key": Identifier("Port", keys[viewer]), "company": Identifier("Company", account)}
        query = page.query
        for name, value in values.items():
            query = query.replace(f"${name}", str(value))
        return query

    def _token(self, viewer: str) -> str:
        member = self.members[viewer]
        token: str = self.app.state.tokens.issue(member.user_id, member.membership_id, 3600)
        return token


@asynccontextmanager
async def gateway(url: str, data_dir: Path) -> AsyncIterator[Gateway]:
    """Run the application over a database with the sample market."""
    app: Any = server.build(Settings(data_dir=data_dir, database_url=url, log_level="ERROR", cost_per_viewer=10**12))
    try:
        services = app.state.services
        found = {name: await find_member(services.engine, email) for name, email in CAST.items()}
        members = {name: member for name, member in found.items() if member is not None}
        loaded = {name: await load_viewer(services.reader, each.user_id, each.membership_id) for name, each in members.items()}
        viewers = {name: viewer or ANONYMOUS for name, viewer in loaded.items()}
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as client:
            yield Gateway(app, client, members, viewers)
    finally:
        await app.state.services.close()


async def record(found: Gateway, table: str, keys: dict[str, UUID]) -> list[Asked]:
    """Return the statements of all pages of a table. Raises Unrecorded."""
    return [await found.asked(page, viewer, keys) for page in PAGES if page.table == table for viewer in page.viewers]
