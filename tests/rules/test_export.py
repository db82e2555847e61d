"""Exports: files with all rows of a connection, as their asker can read each page when it's written, for the asker alone."""

from __future__ import annotations

import gzip
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

import orjson
import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from models import Export, ExportPart
from models.base import now
from models.export import MAX_ATTEMPTS, ExportStatus
from resolvers.export import expire_exports, purge_exports
from tests.client import ANONYMOUS, Client
from tests.event_streams import Following
from tests.exports import PORTS, content, download, key_of, lines, queried, read, start, table, writer, written
from tests.factory import Company, Factory
from tests.memory import measured_memory
from tests.rules.mutations import recorded_changes, send, user_error
from tests.rules.test_api_key import key_of as key_of_program
from tests.rules.test_lead_export import store

FIELDS: Final = "id name speedMbps monthlyRate { amount currency } location { metro } viewerCan"
HEARD: Final = "subscription { exportUpdated { id status rowCount url } }"
LISTED: Final = "{ exports { totalCount nodes { id status } } }"
CANCELLED: Final = "export { status byteSize }"
PARTS: Final = sa.select(sa.func.count()).select_from(ExportPart)


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let exports have pages of two rows."""
    monkeypatch.setattr("transport.export_pages.MAX_PAGE_SIZE", 2)


async def company_with_ports(factory: Factory, number: int = 5) -> Company:
    """Return a company with some ports."""
    company = await factory.company()
    for place in range(number):
        await factory.port(company, name=f"Port {place}")
    return company


async def run(engine: AsyncEngine, statement: Any) -> Any:
    """Run a statement, and return its first value if it has rows."""
    async with engine.connect() as connection:
        result = await connection.execute(statement)
        return result.scalar() if result.returns_rows else None


async def test_export_has_what_queries_get_V2_V14(client: Client, factory: Factory) -> None:
    """A partner, an account with hidden prices and the operator each get their own rows, values and reasons."""
    partner, operator = await factory.partner(), await factory.operator()
    hidden, shown = await factory.managed_account(partner), await factory.managed_account(partner)
    await factory.setting(shown, pricing=True)
    for number in range(5):
        await factory.port(hidden.company, name=f"Hidden {number}")
    await factory.port(shown.company)
    await factory.port(partner)

    for viewer, number in ((partner.admin, 7), (hidden.admin, 5), (shown.admin, 1), (operator.admin, 7)):
        exported = await lines(client, viewer)
        assert number == len(exported)
        assert await queried(client, viewer, FIELDS) == exported
    assert {"HIDDEN_BY_PARTNER"} == {row["__hidden"]["monthlyRate"] for row in await lines(client, hidden.admin)}


async def test_arguments_variables_aliases_and_edges_are_as_in_a_query_V14(client: Client, factory: Factory) -> None:
    """Filters, orders and fragments hold for all pages."""
    company = await company_with_ports(factory)
    await factory.port(company, name="Ended", status="DECOMMISSIONED")
    query = """query Some($status: PortStatus!) {
      mine: ports(filter: {status: $status}, orderBy: {field: NAME, direction: DESC}) { edges { node { ...named } } }
    } query Other { viewer { roles } ports { nodes { id } } } fragment named on Port { label: name }"""

    exported = await lines(client, company.admin, query, variables={"status": "ACTIVE"}, operationName="Some")

    assert [{"label": f"Port {place}"} for place in (4, 3, 2, 1, 0)] == exported


async def test_csv_has_a_column_for_each_value_and_the_reasons_V2(client: Client, factory: Factory) -> None:
    """Nested objects have dotted columns, lists are JSON, and no cell is a formula."""
    account = await factory.managed_account(await factory.partner())
    await factory.port(account.company, name="=1+1")

    (row,) = await table(client, account.admin, PORTS)

    assert [
        "id",
        "name",
        "speedMbps",
        "monthlyRate.amount",
        "monthlyRate.currency",
        "location.metro",
        "viewerCan",
        "__hidden",
    ] == [*row]
    assert ("'=1+1", "", "monthlyRate=HIDDEN_BY_PARTNER") == (row["name"], row["monthlyRate.amount"], row["__hidden"])
    assert "READ" in orjson.loads(row["viewerCan"])


@pytest.mark.parametrize("file_format", ["JSON_LINES", "CSV"])
async def test_export_without_rows_is_a_valid_file_V14(client: Client, factory: Factory, file_format: str) -> None:
    """It's empty, or has only the header."""
    company = await factory.company()
    started = await start(client, company.admin, "{ ports { nodes { id } } }", format=file_format)

    assert ExportStatus.COMPLETED == await written(client, started)

    assert (b"" if file_format == "JSON_LINES" else b"id,__hidden\r\n") == await content(client, company.admin, started)


async def test_setting_takes_effect_with_the_next_page_V2(client: Client, factory: Factory) -> None:
    """Prices that are hidden in the middle are null from the next page on."""
    account = await factory.managed_account(await factory.partner())
    await factory.setting(account, pricing=True)
    for number in range(5):
        await factory.port(account.company, name=f"Port {number}")
    started = await start(client, account.admin)

    assert ExportStatus.RUNNING == await written(client, started, turn=-1)
    await factory.setting(account, pricing=False)
    assert ExportStatus.COMPLETED == await written(client, started)

    rows = [orjson.loads(line) for line in (await content(client, account.admin, started)).splitlines()]
    assert [True, True, False, False, False] == [row["monthlyRate"] is not None for row in rows]
    assert ["__hidden" in row for row in rows] == [row["monthlyRate"] is None for row in rows]


async def test_removed_member_has_no_export_any_more_V50(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """Its exports end with the membership, with everything that is written, also if it's invited again."""
    company = await company_with_ports(factory)
    user = await factory.user(company, "VIEWER")
    running, complete = await start(client, user.email), await start(client, user.email)
    await written(client, running, turn=-1)
    await written(client, complete)
    url = (await read(client, user.email, complete))["url"]
    query = "{ company(id: $id) { members { nodes { id user { email } } } } }"
    members = (await client(company.admin, f"query ($id: ID!) {query}", id=company.id)).data["company"]["members"]["nodes"]
    (member,) = [each["id"] for each in members if each["user"]["email"] == user.email]

    await send(client, company.admin, "removeMember", "membershipId", id=member)

    assert 404 == (await download(client, url)).status_code
    assert 0 == await run(rules_engine, PARTS)
    assert await written(client, running) is None


async def test_program_exports_until_its_key_is_revoked_V51(client: Client, factory: Factory) -> None:
    """An API key's exports are its own: neither its creator nor another key sees them. They stop with the key."""
    company = await company_with_ports(factory)
    created = [
        await send(
            client,
            company.admin,
            "createApiKey",
            "apiKey { id } secret",
            name=name,
            roles=["VIEWER"],
            expiresAt=(now() + timedelta(days=9)).isoformat(),
        )
        for name in ("One", "Two")
    ]
    one, other = (f"key {name}" for name in ("one", "two"))
    client._tokens |= {one: created[0]["secret"], other: created[1]["secret"]}
    started = await start(client, one)
    await written(client, started, turn=-1)

    assert "RUNNING" == (await read(client, one, started))["status"]
    assert [None, None] == [await read(client, viewer, started) for viewer in (other, company.admin)]
    await send(client, company.admin, "revokeApiKey", "apiKey { id }", id=created[0]["apiKey"]["id"])
    assert ExportStatus.FAILED == await written(client, started)


async def test_export_is_for_its_asker_alone_V14(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """Colleagues, the partner and the operator can't see, cancel or download it, and a link works only as it was signed."""
    partner, operator = await factory.partner(), await factory.operator()
    account = await factory.managed_account(partner)
    colleague = (await factory.user(account.company, "ACCOUNT_ADMIN")).email
    started = await start(client, account.admin)
    running = await start(client, account.admin)
    await written(client, started)
    url = (await read(client, account.admin, started))["url"]

    for viewer in (colleague, partner.admin, operator.admin, ANONYMOUS):
        assert await read(client, viewer, started) is None
        assert {"exports": {"totalCount": 0, "nodes": []}} == (await client(viewer, LISTED)).data
        if viewer is not ANONYMOUS:
            assert 404 == (await download(client, url, viewer)).status_code
            refused = await send(client, viewer, "cancelExport", CANCELLED, id=running["export"]["id"])
            assert [user_error("NOT_FOUND", "id")] == refused["userErrors"]
    forged = [url[:-1] + ("A" if url[-1] != "A" else "B"), url.replace("until=", "until=9"), url.partition("?")[0], url + "x"]
    assert [404] * 4 == [(await download(client, each)).status_code for each in forged]
    assert [200, 200] == [(await download(client, url, viewer)).status_code for viewer in (ANONYMOUS, account.admin)]
    await client.app.state.services.audit.flush()
    events = sa.text("SELECT count(*) FROM audit_event WHERE kind = 'READ' AND operation_name = 'downloadExport'")
    assert await run(rules_engine, events)


async def test_asker_alone_hears_of_its_export_V14_V20(client: Client, factory: Factory) -> None:
    """It gets an event when the export starts, for each page and when the export ends. Another attempt at a page sends nothing."""
    partner, operator = await factory.partner(), await factory.operator()
    account = await factory.managed_account(partner)
    for number in range(3):
        await factory.port(account.company, name=f"Port {number}")
    colleague = (await factory.user(account.company, "ACCOUNT_ADMIN")).email

    async with AsyncExitStack() as stack:
        asker, *others = [
            await stack.enter_async_context(client.following(viewer, HEARD))
            for viewer in (account.admin, colleague, partner.admin, operator.admin)
        ]
        started = await start(client, account.admin)
        heard = [await asker.event()]
        assert ExportStatus.RUNNING == await written(client, started, turn=-1)
        heard += await _until(asker, "rowCount", 2)
        assert ExportStatus.COMPLETED == await written(client, started, turn=-1)
        heard += await _until(asker, "status", "COMPLETED")
        assert [True] * 4 == [await each.is_silent() for each in (asker, *others)]

    first, *_, last = (event["data"]["exportUpdated"] for event in heard)
    assert {"id": started["export"]["id"], "status": "QUEUED", "rowCount": 0, "url": None} == first
    assert ("COMPLETED", 3) == (last["status"], last["rowCount"])
    assert 200 == (await download(client, last["url"])).status_code


async def test_program_hears_of_its_export_V51(client: Client, factory: Factory) -> None:
    """A program gets the events of exports that its API key started, and its company's administrators don't."""
    company = await company_with_ports(factory, 1)
    client._tokens["key"] = await key_of_program(client, company, "NETWORK_ADMIN")

    async with client.following("key", HEARD) as following, client.following(company.admin, HEARD) as by_admin:
        started = await start(client, "key")
        await written(client, started)
        heard = await _until(following, "status", "COMPLETED")
        assert await by_admin.is_silent()

    assert {started["export"]["id"]} == {event["data"]["exportUpdated"]["id"] for event in heard}


async def _until(following: Following, field: str, value: Any) -> list[Any]:
    """Return the events up to the one with a value: changes in quick succession are one event."""
    events = [await following.event()]
    while events[-1]["data"]["exportUpdated"][field] != value:
        events.append(await following.event())
    return events


async def test_link_expires_V14(client: Client, factory: Factory, monkeypatch: pytest.MonkeyPatch) -> None:
    """A link works for minutes, and the export has a new one then."""
    company = await company_with_ports(factory, 1)
    started = await start(client, company.admin)
    await written(client, started)
    monkeypatch.setattr("resolvers.exporting.links.LIFETIME", timedelta(seconds=-1))

    assert 404 == (await download(client, (await read(client, company.admin, started))["url"])).status_code


async def test_download_resumes_at_any_byte_V14(client: Client, factory: Factory) -> None:
    """Ranges and conditions are those of HTTP. A new link resumes the download of an earlier one."""
    company = await company_with_ports(factory)
    started = await start(client, company.admin)
    await written(client, started)
    url = (await read(client, company.admin, started))["url"]
    whole = await download(client, url)
    size, etag = len(whole.content), whole.headers["ETag"]

    for ranges, start_at, end in (
        ("bytes=0-0", 0, 1),
        (f"bytes={size - 1}-", size - 1, size),
        ("bytes=7-", 7, size),
        ("bytes=3-99999999", 3, size),
        ("bytes=-5", size - 5, size),
        (f"bytes={size // 2}-{size - 2}", size // 2, size - 1),
    ):
        part = await download(client, url, Range=ranges, **{"If-Range": etag})
        assert (206, f"bytes {start_at}-{end - 1}/{size}") == (part.status_code, part.headers["Content-Range"])
        assert whole.content[start_at:end] == part.content
    for ignored in ("bytes=0-1,3-4", "rows=0-1", "bytes=5-4", "bytes=-", "bytes=a-"):
        assert (200, size) == ((full := await download(client, url, Range=ignored)).status_code, len(full.content))
    assert 200 == (await download(client, url, Range="bytes=7-", **{"If-Range": '"other"'})).status_code
    beyond = await download(client, url, Range=f"bytes={size}-")
    assert (416, f"bytes */{size}") == (beyond.status_code, beyond.headers["Content-Range"])
    assert "RANGE_NOT_SATISFIABLE" == beyond.json()["errors"][0]["extensions"]["code"]
    assert 5 == len(gzip.decompress(whole.content).splitlines())
    assert ("bytes", 'attachment; filename="ports.jsonl.gz"') == (
        whole.headers["Accept-Ranges"],
        whole.headers["Content-Disposition"],
    )


async def test_file_expires_after_a_day_V41(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """It can't be downloaded from then on, and the scheduled job deletes it, and later the export."""
    company = await company_with_ports(factory)
    started = await start(client, company.admin)
    await written(client, started)
    url = (await read(client, company.admin, started))["url"]
    await run(rules_engine, sa.update(Export).values(expires_at=now() - timedelta(seconds=1)))

    due = await read(client, company.admin, started)
    assert ("EXPIRED", None, 404) == (due["status"], due["url"], (await download(client, url)).status_code)
    await expire_exports(rules_engine, "")
    assert (0, "EXPIRED") == (await run(rules_engine, PARTS), await run(rules_engine, sa.select(Export.status)))
    await run(rules_engine, sa.update(Export).values(created_at=now() - timedelta(days=31)))
    await purge_exports(rules_engine, "")
    assert await read(client, company.admin, started) is None


async def test_cancelled_export_is_not_written_V14(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """What is written is deleted, and it's never continued or cancelled again."""
    company = await company_with_ports(factory)
    started = await start(client, company.admin)
    await written(client, started, turn=-1)
    key = started["export"]["id"]

    cancelled = await send(client, company.admin, "cancelExport", CANCELLED, id=key)
    again = await send(client, company.admin, "cancelExport", CANCELLED, id=key)

    assert "CANCELLED" == cancelled["export"]["status"]
    assert ([user_error("ILLEGAL_STEP")], 0) == (again["userErrors"], await run(rules_engine, PARTS))
    assert await written(client, started) is None
    assert [("startExport", "export"), ("cancelExport", "export")] == [
        each[:2] for each in await recorded_changes(rules_engine)
    ]


async def test_killed_worker_loses_and_repeats_no_row_V14(
    client: Client, factory: Factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever a worker had done of a page, the next one continues after the last page that is stored."""
    company = await company_with_ports(factory)
    started = await start(client, company.admin)
    await written(client, started, turn=-1)
    export = await writer(client)._begin(key_of(started))
    with monkeypatch.context() as patch:
        patch.setattr("resolvers.exporting.writer.encode_page", _raise)
        with pytest.raises(ConnectionError):
            await written(client, started)

    assert ExportStatus.RUNNING == await writer(client)._write_page(export)
    assert await writer(client)._write_page(export) is None  # another worker has written this page
    assert ExportStatus.COMPLETED == await written(client, started)

    rows = [orjson.loads(line)["name"] for line in (await content(client, company.admin, started)).splitlines()]
    assert [f"Port {place}" for place in range(5)] == sorted(rows)


def _raise(*_arguments: Any, **_more: Any) -> None:
    raise ConnectionError


async def test_export_that_breaks_again_and_again_fails_V14(
    client: Client, factory: Factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After some attempts at a page, the export says so."""
    company = await company_with_ports(factory)
    started = await start(client, company.admin)
    monkeypatch.setattr("resolvers.exporting.writer.encode_page", _raise)
    for _ in range(MAX_ATTEMPTS):
        with pytest.raises(ConnectionError):
            await written(client, started)

    assert ExportStatus.FAILED == await written(client, started)
    found = await read(client, company.admin, started)
    assert ("FAILED", "INTERNAL", None) == (found["status"], found["errorCode"], found["url"])


async def test_too_large_file_fails_V14(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """Nothing of it stays."""
    company = await company_with_ports(factory)
    started = await start(client, company.admin)

    assert ExportStatus.FAILED == await written(client, started, max_bytes=200)

    assert ("EXPORT_TOO_LARGE", 0) == (
        (await read(client, company.admin, started))["errorCode"],
        await run(rules_engine, PARTS),
    )


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "INVALID_DOCUMENT"),
        ("{ ports { nodes { nothing } } }", "INVALID_DOCUMENT"),
        ("query A { ports { nodes { id } } } query B { ports { nodes { id } } }", "INVALID_DOCUMENT"),
        ('{ ports(filter: {locationId: "x"}) { nodes { id } } }', "INVALID_DOCUMENT"),
        ("query ($status: PortStatus!) { ports(filter: {status: $status}) { nodes { id } } }", "INVALID_DOCUMENT"),
        ("mutation { signOut { userErrors { code } } }", "NOT_EXPORTABLE"),
        ("{ viewer { roles } }", "NOT_EXPORTABLE"),
        ("{ ports { nodes { id } } more: ports { nodes { id } } }", "NOT_EXPORTABLE"),
        ("{ ...all } fragment all on Query { ports { nodes { id } } }", "NOT_EXPORTABLE"),
        ("{ ports(first: 2) { nodes { id } } }", "NOT_EXPORTABLE"),
        ("query ($after: String) { ports(after: $after) { nodes { id } } }", "NOT_EXPORTABLE"),
        ("{ ports { totalCount nodes { id } } }", "NOT_EXPORTABLE"),
        ("{ ports { nodes @skip(if: true) { id } } }", "NOT_EXPORTABLE"),
        ("{ ports { edges { cursor node { id } } } }", "NOT_EXPORTABLE"),
        ("{ ports { nodes { __hidden: id } } }", "NOT_EXPORTABLE"),
        ("{ ports { nodes { company { ports { nodes { id } } } } } }", "NESTED_CONNECTION"),
    ],
)
async def test_bad_document_is_refused_V14(
    client: Client, factory: Factory, rules_engine: AsyncEngine, query: str, code: str
) -> None:
    """Each has a stable code, and nothing is started."""
    company = await factory.company()

    refused = await start(client, company.admin, query)

    assert [code] == [each["code"] for each in refused["userErrors"]]
    assert (None, None) == (refused["export"], await run(rules_engine, sa.select(Export.id)))


async def test_count_of_a_connection_in_a_row_is_exported_V14(client: Client, factory: Factory) -> None:
    """A count needs no pages."""
    company = await company_with_ports(factory, 1)

    (row,) = await table(client, company.admin, "{ ports { nodes { company { ports { totalCount } } } } }")

    assert {"company.ports.totalCount": "1", "__hidden": ""} == row


async def test_unfinished_exports_are_limited_V14(client: Client, factory: Factory) -> None:
    """A user has two at a time, and a company has ten. One that ends makes room."""
    company = await company_with_ports(factory)
    first, _ = await start(client, company.admin), await start(client, company.admin)

    assert [user_error("TOO_MANY")] == (await start(client, company.admin))["userErrors"]
    await written(client, first)
    assert [] == (await start(client, company.admin))["userErrors"]
    for _ in range(4):
        user = await factory.user(company, "VIEWER")
        assert [] == [*(await start(client, user.email))["userErrors"], *(await start(client, user.email))["userErrors"]]
    assert [user_error("TOO_MANY")] == (await start(client, (await factory.user(company, "VIEWER")).email))["userErrors"]


async def test_visitor_starts_no_export_V14(client: Client, factory: Factory) -> None:  # noqa: ARG001 (it empties the database)
    """An export belongs to a member or an API key of a company."""
    assert [user_error("FORBIDDEN")] == (await start(client, ANONYMOUS))["userErrors"]


async def test_only_trusted_documents_are_exported_V14(
    client: Client, factory: Factory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where a gateway runs only trusted documents, it exports only these."""
    company = await factory.company()
    query = "mutation ($input: StartExportInput!) { startExport(input: $input) { userErrors { code } } }"
    for services in [app.state.services for app in client.apps]:
        monkeypatch.setattr(services.exports.documents.persisted, "allowed", {PORTS, query})
        monkeypatch.setattr(services, "exports", replace(services.exports))

    found = [
        (await client(company.admin, query, input={"query": each, "format": "CSV"})).data["startExport"]["userErrors"]
        for each in (PORTS, "{ ports { nodes { id } } }")
    ]

    assert [[], [{"code": "DOCUMENT_NOT_TRUSTED"}]] == found


async def test_memory_is_that_of_a_page_V17(
    client: Client, factory: Factory, rules_engine: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Writing and downloading ten times as many rows takes little more memory."""
    monkeypatch.setattr("transport.export_pages.MAX_PAGE_SIZE", 200)
    peaks = []
    for number in (1_000, 9_000):
        company = await factory.company()
        await store(rules_engine, company, number)
        started = await start(client, company.admin, "{ leads { nodes { id source message createdAt } } }")
        with measured_memory() as memory:
            assert ExportStatus.COMPLETED == await written(client, started)
        peaks.append(memory.peak)
        assert number == (await read(client, company.admin, started))["rowCount"]

    assert peaks[1] < 3 * peaks[0]
