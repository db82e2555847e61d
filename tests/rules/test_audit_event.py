"""The audit log: who did what and who was denied what. Only the company concerned reads it, and it never holds a value."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from models import AuditEvent
from resolvers.auditing.audit_log import FLUSH_INTERVAL, AuditLog
from resolvers.auditing.recording import operation_hash
from resolvers.values.identifiers import Identifier
from tests.client import Client
from tests.factory import Company, Factory, Thing
from tests.rules.answers import ids, nodes, payload, redaction_at, response_of
from tests.rules.mutations import send, stored_rows, user_error
from tests.rules.test_order_port import managed, order

pytestmark = pytest.mark.executors  # the log grows by being asked, so no answer can be asked for twice

ALL = "{ auditEvents { nodes { id } totalCount } }"
OF_KIND = "query ($kind: AuditKind!) { auditEvents(filter: {kind: $kind}) { nodes { id } totalCount } }"
BY_ID = "query ($id: ID!) { node(id: $id) { id } }"
COUNTS = "counts { type field action reason count }"
DENIED = (
    f"{{ auditEvents {{ nodes {{ kind user {{ id }} company {{ id }} operationName operationHash requests {COUNTS} }} }} }}"
)
COUNTED = f"{{ auditEvents {{ nodes {{ kind user {{ id }} company {{ id }} {COUNTS} }} }} }}"
CHANGED = "{ auditEvents { nodes { kind action type changedFields } } }"
SEEN = """{ auditEvents { nodes {
    kind user { id } company { id } asUser { id } asCompany { id } operationName operationHash requestId action counts { count }
} } }"""
PAGE = """query ($first: Int, $after: String) {
    auditEvents(first: $first, after: $after) { nodes { id } pageInfo { hasNextPage endCursor } }
}"""
PRICES = "query Prices { ports { nodes { name monthlyRate { amount } setupFee { amount } } } }"
ROLES = ["NETWORK_ADMIN", "MARKETPLACE_EDITOR", "FINANCE", "VIEWER"]


@pytest.fixture(autouse=True)
async def slowly(rules_gateway: Client) -> AsyncIterator[None]:
    """Write the log only when a test says so: an event written in between would be a separate one."""
    log: AuditLog = rules_gateway.app.state.services.audit
    await _restarted(log, 3600)
    yield
    await _restarted(log, FLUSH_INTERVAL)


async def _restarted(log: AuditLog, moment: float) -> None:
    await log.close()
    log.flush_interval = moment
    await log.start()


async def written(client: Client) -> None:
    """Return once the log has written everything that was requested."""
    await client.app.state.services.audit.flush()


def count(kind: str, reason: str, number: int, *, field: str | None = None, action: str | None = None) -> dict[str, Any]:
    """Return a count of an event."""
    return {"type": kind, "field": field, "action": action, "reason": reason, "count": number}


def event(kind: str, company: Company | None, user: Thing | None, *counts: dict[str, Any]) -> dict[str, Any]:
    """Return an event as COUNTED selects it."""
    return {
        "kind": kind,
        "user": user and {"id": user.id},
        "company": company and {"id": company.id},
        "counts": list(counts),
    }


@pytest.mark.one_process
async def test_administrator_reads_the_denials_of_its_people_A43(client: Client, factory: Factory) -> None:
    """Similar denials within a short time are one event. It counts the hidden values by field, reason and operation."""
    company = await factory.company()
    engineer = await factory.user(company, "NETWORK_ADMIN")
    for _ in range(3):
        await factory.port(company)

    await client(engineer.email, PRICES)
    await client(engineer.email, PRICES)
    await written(client)
    answer = await client(company.admin, DENIED)

    denied = {
        **event(
            "DENIAL",
            company,
            engineer,
            count("Port", "ROLE_REQUIRED", 6, field="monthlyRate"),
            count("Port", "ROLE_REQUIRED", 6, field="setupFee"),
        ),
        "operationName": "Prices",
        "operationHash": operation_hash("Prices", PRICES),
        "requests": 2,
    }
    assert payload({"auditEvents": nodes(denied)}) == response_of(answer)


async def test_values_hidden_in_some_rows_are_counted_one_by_one_A43(client: Client, factory: Factory) -> None:
    """A value hidden in one item of a list but not in another counts once. A value that is null in itself doesn't count."""
    company, other = await factory.company(), await factory.company()
    await factory.profile(other)

    await client(company.admin, "{ companies { nodes { companyProfile { country } partner { id } } } }")
    await written(client)
    answer = await client(company.admin, COUNTED)

    counts = [count("Company", "NOT_YOURS", 1, field=name) for name in ("companyProfile", "partner")]
    assert payload({"auditEvents": nodes(event("DENIAL", company, company.user, *counts))}) == response_of(answer)


@pytest.mark.parametrize("role", ROLES)
async def test_other_roles_do_not_read_the_log_A43_V24(client: Client, factory: Factory, role: str) -> None:
    """Members who don't administer the account see an empty log, without even their own events."""
    company = await factory.company()
    member = await factory.user(company, role)
    own = await factory.audit_event(company, user_id=member.key)

    assert payload({"auditEvents": ids()}) == response_of(await client(member.email, ALL))
    assert payload({"node": None}) == response_of(await client(member.email, BY_ID, id=own.id))
    assert payload({"auditEvents": ids(own)}) == response_of(await client(company.admin, ALL))


@pytest.mark.parametrize("caller", ["its account", "its partner", "a stranger", "nobody"])
async def test_companies_do_not_read_events_of_others_V14_V24(client: Client, factory: Factory, caller: str) -> None:
    """A company's events are hidden from the accounts it manages, from its partner and from unrelated companies."""
    partner = await factory.partner()
    account, operator = await factory.managed_account(partner), await factory.operator()
    actor = account.company if caller == "its partner" else partner
    emails = {
        "its account": account.admin,
        "its partner": partner.admin,
        "a stranger": (await factory.company()).admin,
        "nobody": None,
    }
    done = await factory.audit_event(actor)

    assert payload({"auditEvents": ids()}) == response_of(await client(emails[caller], ALL))
    assert payload({"node": None}) == response_of(await client(emails[caller], BY_ID, id=done.id))
    assert payload({"auditEvents": ids(done)}) == response_of(await client(operator.admin, ALL))


@pytest.mark.one_process
async def test_operator_reads_denials_of_anonymous_visitors_A43(client: Client, factory: Factory) -> None:
    """Denials of visitors are counted too, as one event whatever they send. The operator's staff reads them."""
    company, operator = await factory.company(), await factory.operator()
    await factory.profile(company)

    await client(None, "{ companies { nodes { accountKind } } }")
    await client(None, "query Another { companies { nodes { accountKind } } }")
    await written(client)

    denied = event("DENIAL", None, None, count("Company", "NOT_YOURS", 2, field="accountKind"))
    one = {**denied, "operationName": None, "operationHash": None, "requests": 2}
    assert payload({"auditEvents": nodes(one)}) == response_of(await client(operator.admin, DENIED))
    assert payload({"auditEvents": ids()}) == response_of(await client(company.admin, ALL))


@pytest.mark.one_process
async def test_refused_view_as_and_preview_are_denials_V14_A43(client: Client, factory: Factory) -> None:
    """A refused view-as is logged the same way whether the company exists or not. So is a refused preview."""
    stranger, partner, absent = await factory.company(), await factory.partner(), str(Identifier("Company", UUID(int=1)))
    account = await factory.managed_account(partner)
    finance = await factory.user(partner, "FINANCE")
    explain = 'query ($id: ID!, $as: ID!) { explain(typeName: "Company", id: $id, viewAs: $as) { allowed } }'
    preview = "query ($id: ID!) { previewSettings(managedAccountId: $id) { __typename } }"

    for named in (account.company.id, absent):
        await client.send(stranger.admin, "{ viewer { roles } }", {}, **{"X-Crossgate-View-As": named})
    await client(stranger.admin, explain, id=stranger.id, **{"as": account.company.id})
    await client(finance.email, preview, id=account.id)
    await written(client)

    refused_view_as = count("Company", "VIEW_AS_REFUSED", 2, action="view_as")
    explained = count("Company", "VIEW_AS_REFUSED", 1, action="explain")
    previewed = count("ManagedAccount", "PREVIEW_FORBIDDEN", 1, action="update_managed_account_settings")
    denied = [event("DENIAL", stranger, stranger.user, counts) for counts in (explained, refused_view_as)]
    assert payload({"auditEvents": nodes(*denied)}) == response_of(await client(stranger.admin, COUNTED))
    other = nodes(event("DENIAL", partner, finance, previewed))
    assert payload({"auditEvents": other}) == response_of(await client(partner.admin, COUNTED))


async def test_retried_operation_is_audited_once_A43(client: Client, factory: Factory) -> None:
    """When a plan ends in an error, graphql-core answers. What was explained before the error isn't logged twice."""
    company = await factory.company()
    query = 'query ($id: ID!) { explain(typeName: "Company", id: $id) { allowed } node(id: "nobody") { id } }'

    assert ["INVALID_ID"] == (await client(company.admin, query, id=company.id)).codes
    answer = await client(company.admin, "{ auditEvents { nodes { kind counts { type count } } } }")

    assert payload({"auditEvents": nodes({"kind": "EXPLAIN", "counts": [{"type": "Company", "count": 1}]})}) == response_of(
        answer
    )


@pytest.mark.one_process
async def test_explanations_for_visitors_are_one_event_A43(client: Client, factory: Factory) -> None:
    """A visitor's requests for explanations are aggregated as its denials are, not written one by one."""
    company, operator = await factory.company(), await factory.operator()
    await factory.profile(company)
    query = 'query ($id: ID!) { explain(typeName: "Company", id: $id) { allowed } }'
    kind = {"kind": "EXPLAIN"}

    for _ in range(2):
        assert {"explain": {"allowed": True}} == (await client(None, query, id=company.id)).data
    before = response_of(await client(operator.admin, OF_KIND, **kind))
    await written(client)
    after = await client(operator.admin, OF_KIND, **kind)

    assert payload({"auditEvents": ids()}) == before
    assert 1 == after.data["auditEvents"]["totalCount"]


async def test_company_reads_who_viewed_as_it_V14_A43(client: Client, factory: Factory) -> None:
    """The event says that someone viewed as its people, not what they requested. A user that the viewer can't see stays hidden."""
    account, operator = await factory.managed_account(await factory.partner()), await factory.operator()
    asked = {"operation_name": "Secret", "operation_hash": "0", "request_id": "1"}
    by_partner = await factory.audit_event(account.partner, kind="VIEW_AS", seen_as=account.company, **asked)
    by_operator = await factory.audit_event(operator, kind="VIEW_AS", seen_as=account.company, **asked)
    explained = await factory.audit_event(account.partner, kind="EXPLAIN", seen_as=account.company)

    told_of = {
        "kind": "VIEW_AS",
        "asUser": {"id": account.company.user.id},
        "asCompany": {"id": account.company.id},
        **dict.fromkeys(("user", "operationName", "operationHash", "requestId", "action", "counts")),
    }
    secret = [
        redaction_at(f"auditEvents.nodes.*.{name}", "NOT_YOURS")
        for name in ("operationName", "operationHash", "requestId", "action", "counts")
    ]
    events = nodes({**told_of, "company": None}, {**told_of, "company": {"id": account.partner.id}})
    assert payload({"auditEvents": events}, *secret) == response_of(await client(account.admin, SEEN))
    assert payload({"auditEvents": ids(explained, by_partner)}) == response_of(await client(account.partner.admin, ALL))
    assert payload({"auditEvents": ids(explained, by_operator, by_partner)}) == response_of(await client(operator.admin, ALL))


async def test_changes_are_reported_by_field_only_V14_V21(client: Client, factory: Factory) -> None:
    """The actor reads which fields it changed. Others who can read the row don't learn who edits it."""
    partner, operator = await factory.partner(), await factory.operator()
    account = await factory.managed_account(partner)

    await send(
        client,
        partner.admin,
        "updateManagedAccountSettings",
        "managedAccount { id }",
        id=account.id,
        version=1,
        settings={"pricing": True},
    )

    change = {"kind": "CHANGE", "action": "updateManagedAccountSettings", "type": "ManagedAccount"}
    own, seen = {**change, "changedFields": ["settings", "version"]}, {**change, "changedFields": ["settings"]}
    assert payload({"auditEvents": nodes(own)}) == response_of(await client(partner.admin, CHANGED))
    assert payload({"auditEvents": nodes(seen)}) == response_of(await client(operator.admin, CHANGED))
    assert payload({"auditEvents": ids()}) == response_of(await client(account.admin, ALL))


async def test_hidden_changed_fields_are_not_named_R121_R122(client: Client, factory: Factory) -> None:
    """A managed account whose prices are hidden doesn't learn that its order has any. The operator does."""
    partner, operator = await factory.partner(), await factory.operator()
    account = await managed(factory, partner, pricing=False)
    location = await factory.orderable(partner)

    await send(client, account.admin, "orderPort", "port { id }", **order(location))
    own = (await client(account.admin, CHANGED)).data["auditEvents"]["nodes"]
    all_of_it = (await client(operator.admin, CHANGED)).data["auditEvents"]["nodes"]

    prices = {"monthlyRate", "setupFee"}
    assert [("orderPort", "Port", set())] == [(e["action"], e["type"], prices & {*e["changedFields"]}) for e in own]
    assert [("orderPort", "Port", prices)] == [(e["action"], e["type"], prices & {*e["changedFields"]}) for e in all_of_it]
    assert {"name", "speedMbps"} <= {*own[0]["changedFields"]}


@pytest.mark.one_process
async def test_refused_actions_are_denials_A21(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """A refused mutation stores nothing but its denial. A hidden record is counted like one that doesn't exist."""
    company, stranger = await factory.company(), await factory.company()
    viewer = await factory.user(company, "VIEWER")
    own, theirs = await factory.port(company), await factory.port(stranger)
    absent = Thing("Port", Identifier("Port", stranger.key).key)
    before = await stored_rows(rules_engine)

    answers = [
        await send(client, viewer.email, "updatePort", "port { id }", id=port.id, version=1, name="Other")
        for port in (own, theirs, absent)
    ]
    await written(client)

    codes = ("FORBIDDEN", "NOT_FOUND", "NOT_FOUND")
    assert [{"port": None, "userErrors": [user_error(code, "id")]} for code in codes] == answers
    assert before == await stored_rows(rules_engine)
    counts = [count("Port", "FORBIDDEN", 1, action="update"), count("Port", "NOT_FOUND", 2, action="update")]
    assert payload({"auditEvents": nodes(event("DENIAL", company, viewer, *counts))}) == response_of(
        await client(company.admin, COUNTED)
    )


@pytest.mark.one_process
async def test_refused_orders_and_filters_are_denials_A16(client: Client, factory: Factory) -> None:
    """Sorting or filtering by a hidden field is refused and counted under the field it would reveal."""
    company = await factory.company()
    engineer = await factory.user(company, "NETWORK_ADMIN")
    sort, narrow = "orderBy: {field: MONTHLY_RATE}", 'filter: {monthlyRate: {currency: "EUR", atLeast: "1"}}'

    refusals = [
        await client(engineer.email, f"query Same {{ ports({argument}) {{ totalCount }} }}") for argument in (sort, narrow)
    ]
    await written(client)

    denied = [
        event("DENIAL", company, engineer, count("Port", code, 1, field="monthlyRate"))
        for code in ("FORBIDDEN_FILTER", "FORBIDDEN_ORDER")
    ]
    assert [["FORBIDDEN_ORDER"], ["FORBIDDEN_FILTER"]] == [answer.codes for answer in refusals]
    assert payload({"auditEvents": nodes(*denied)}) == response_of(await client(company.admin, COUNTED))


async def test_hidden_values_in_subscription_events_are_denials_R121(client: Client, factory: Factory) -> None:
    """What an event of a subscription hides is counted for each event."""
    account = await factory.managed_account(await factory.partner(), pricing=False)
    port = await factory.port(account.company)

    async with client.following(account.admin, "subscription { portUpdated { monthlyRate { amount } } }") as following:
        for name in ("Other", "Another"):
            await factory.change(port, name=name)
            await following.event()
    await written(client)

    denied = event("DENIAL", account.company, account.company.user, count("Port", "HIDDEN_BY_PARTNER", 2, field="monthlyRate"))
    assert payload({"auditEvents": nodes(denied)}) == response_of(await client(account.admin, COUNTED))


async def test_denials_hold_no_value_R121(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """The denials contain no hidden value, no argument and no id of a record."""
    account = await factory.managed_account(await factory.partner(), pricing=False)
    port = await factory.port(account.company, name="Seven seas", monthly_rate=9_876_543, cost_centre="CC-Lighthouse")
    stranger = await factory.port(await factory.company(), name="Lonely island")
    asked = "node(id: $id) { ... on Port { name costCentre monthlyRate { amount } } }"
    query = f'query ($id: ID!) {{ {asked} company(id: "{account.company.id}") {{ version }} }}'

    await client(account.admin, query, id=port.id)
    await send(client, account.admin, "updatePort", "port { id }", id=stranger.id, version=1, name="Stormy weather")
    await written(client)

    async with rules_engine.connect() as connection:
        rows = [str(row) for row in await connection.scalars(sa.text("SELECT to_jsonb(e)::text FROM audit_event e"))]
    values = (
        "9876543",
        "98765.43",
        "Seven",
        "Lighthouse",
        "Lonely",
        "Stormy",
        str(port.key),
        str(stranger.key),
        port.id,
        stranger.id,
    )
    assert 2 == len(rows)
    assert [] == [(value, row) for value in values for row in rows if value in row]


async def test_event_names_the_policy_version_and_the_request_A43(client: Client, factory: Factory) -> None:
    """An event has the policy version and the request id, as the response and the logs do."""
    company = await factory.company()
    engineer = await factory.user(company, "NETWORK_ADMIN")
    await factory.port(company)

    await client.send(engineer.email, PRICES, {}, **{"X-Request-ID": "the-one"})
    await written(client)

    found = {"policyHash": client.app.state.services.policy.version, "requestId": "the-one", "requests": 1}
    answer = await client(company.admin, "{ auditEvents { nodes { policyHash requestId requests } } }")
    assert payload({"auditEvents": nodes(found)}) == response_of(answer)


async def test_log_is_filtered_by_kind_and_sorted_newest_first_A43(client: Client, factory: Factory) -> None:
    """A filter excludes other kinds, from the count too. Pages run towards the older events."""
    company = await factory.company()
    first, second = [await factory.audit_event(company) for _ in range(2)]
    read = await factory.audit_event(company, kind="READ")

    start = (await client(company.admin, PAGE, first=2)).data["auditEvents"]
    rest = (await client(company.admin, PAGE, first=2, after=start["pageInfo"]["endCursor"])).data["auditEvents"]

    assert [[read.id, second.id], [first.id]] == [[node["id"] for node in page["nodes"]] for page in (start, rest)]
    assert payload({"auditEvents": ids(read)}) == response_of(await client(company.admin, OF_KIND, kind="READ"))
    assert payload({"auditEvents": ids()}) == response_of(await client(company.admin, OF_KIND, kind="VIEW_AS"))


async def test_events_are_immutable_A43(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """Nobody can change or delete an event of any kind, whatever rights they have in the database."""
    company = await factory.company()
    event = await factory.audit_event(company)

    for statement in (sa.update(AuditEvent).values(requests=7), sa.delete(AuditEvent), sa.text("TRUNCATE audit_event")):
        async with rules_engine.connect() as connection:
            with pytest.raises(sa.exc.DBAPIError, match="never altered"):
                await connection.execute(statement)

    assert payload({"auditEvents": ids(event)}) == response_of(await client(company.admin, ALL))
