"""Waiting is a state: an object says whose step it waits for, since when and until when, and whether it's final."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from models.company import VerificationStatus
from models.connection_request import ConnectionRequestStatus
from models.order_approval import OrderApprovalStatus
from models.port import PortStatus
from resolvers.order_approval import expire_due
from tests.client import Client
from tests.factory import Factory, Thing
from tests.rules.answers import ids, payload, redaction_at, response_of
from tests.rules.mutations import send, user_error

WAITING = "waitsFor { side since until } isFinal"
COMPANY = f"query ($id: ID!) {{ company(id: $id) {{ {WAITING} }} }}"
ORDER = "status decidedAt viewerCan"
LISTED = """query ($status: OrderApprovalStatus) {
    orderApprovals(filter: {status: $status}) { nodes { id } totalCount } viewer { dashboard { ordersWaiting } } }"""
OVERDUE = timedelta(minutes=1)


async def asked(client: Client, viewer: str, thing: Thing, fields: str = "") -> dict[str, Any]:
    """Return what the object waits for, and further fields."""
    query = f"query ($id: ID!) {{ node(id: $id) {{ ... on {thing.type} {{ {WAITING} {fields} }} }} }}"
    found: dict[str, Any] = (await client(viewer, query, id=thing.id)).data["node"]
    return found


def wait(side: str, since: datetime, until: datetime | None = None) -> dict[str, Any]:
    """Return the expected wait of an object, which isn't final."""
    times = {"since": since.isoformat(), "until": until and until.isoformat()}
    return {"waitsFor": {"side": side, **times}, "isFinal": False}


def done(*, final: bool = True) -> dict[str, Any]:
    """Return the expected answer of an object that waits for nobody."""
    return {"waitsFor": None, "isFinal": final}


async def test_port_waits_for_the_operator_until_it_is_active_A44_A45(client: Client, factory: Factory) -> None:
    """From the order to the activation it's the operator's turn. A port in service waits for nobody, and ended ones are final."""
    company, ordered = await factory.company(), factory.now - timedelta(days=2)
    ports = {status: await factory.port(company, status=status, created_at=ordered) for status in PortStatus}

    found = {status: await asked(client, company.admin, port) for status, port in ports.items()}

    waits = dict.fromkeys(("REQUESTED", "ALLOCATED"), wait("OPERATOR", ordered))
    in_service = dict.fromkeys(("ACTIVE", "DISABLED"), done(final=False))
    assert {**waits, **in_service, "DECOMMISSIONED": done(), "CANCELLED": done()} == found


async def test_connection_request_waits_for_its_provider_V16(client: Client, factory: Factory) -> None:
    """Both sides read that a PENDING request waits for the provider. Every answer is final."""
    customer, provider = await factory.company(), await factory.company()
    port, target = await factory.port(customer), await factory.port(provider)
    requests = {status: await factory.connection_request(port, target, status=status) for status in ConnectionRequestStatus}

    for viewer in (customer, provider):
        found = {status: await asked(client, viewer.admin, request, "createdAt") for status, request in requests.items()}
        created = [each.pop("createdAt") for each in found.values()]

        pending = wait("PROVIDER", datetime.fromisoformat(created[0]))
        assert {status: pending if status == "PENDING" else done() for status in ConnectionRequestStatus} == found


async def test_order_waits_for_the_partner_until_it_expires_V13(client: Client, factory: Factory) -> None:
    """A PENDING order waits for its partner until `expiresAt`. Decided orders are final."""
    partner = await factory.partner()
    account = await factory.managed_account(partner, order_approval=True)
    times: dict[str, Any] = {"created_at": factory.now - timedelta(days=1), "expires_at": factory.now + timedelta(days=1)}
    orders = {status: await factory.order_approval(account, status=status, **times) for status in OrderApprovalStatus}

    for viewer in (partner, account):
        found = {status: await asked(client, viewer.admin, order) for status, order in orders.items()}

        pending = wait("PARTNER", times["created_at"], times["expires_at"])
        assert {status: pending if status == "PENDING" else done() for status in OrderApprovalStatus} == found


@pytest.mark.executors
async def test_overdue_order_is_shown_as_expired_V13_V41(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """Before and after the scheduled job, an overdue order is EXPIRED since it was due, final, and can only be read."""
    partner = await factory.partner()
    account, due = await factory.managed_account(partner, order_approval=True), factory.now - OVERDUE
    order = await factory.order_approval(account, expires_at=due)

    before = await asked(client, partner.admin, order, ORDER)
    refused = await send(client, partner.admin, "approveOrder", "orderApproval { id }", id=order.id)
    await expire_due(rules_engine, "")
    after = await asked(client, partner.admin, order, ORDER)

    assert {**done(), "status": "EXPIRED", "decidedAt": due.isoformat(), "viewerCan": ["READ"]} == before == after
    assert {"orderApproval": None, "userErrors": [user_error("ILLEGAL_STEP")]} == refused


@pytest.mark.executors
async def test_orders_are_filtered_and_counted_by_the_status_that_holds_now_V13_V41_R112(
    client: Client, factory: Factory
) -> None:
    """An overdue order is listed as EXPIRED, in the order of creation, and no longer as PENDING. No dashboard counts it."""
    partner = await factory.partner()
    account = await factory.managed_account(partner, order_approval=True)
    overdue: dict[str, Any] = {"expires_at": factory.now - OVERDUE}
    first, waits, rejected, expired, last = [
        await factory.order_approval(account, status=status, **times)
        for status, times in (
            ("PENDING", overdue),
            ("PENDING", {}),
            ("REJECTED", overdue),
            ("EXPIRED", {}),
            ("PENDING", overdue),
        )
    ]

    for viewer, operates in ((partner, False), (await factory.operator(), True)):
        found = {status: await client(viewer.admin, LISTED, status=status) for status in ("EXPIRED", "PENDING", "REJECTED")}

        dashboard = {"viewer": {"dashboard": {"ordersWaiting": 0 if operates else 1}}}
        listed = {"EXPIRED": ids(first, expired, last), "PENDING": ids(waits), "REJECTED": ids(rejected)}
        assert {status: payload({"orderApprovals": each, **dashboard}) for status, each in listed.items()} == {
            status: response_of(answer) for status, answer in found.items()
        }


async def test_pages_of_expired_orders_continue_after_a_cursor_V41(client: Client, factory: Factory) -> None:
    """Pages of one order each, forwards and backwards, have every expired order once, marked or only due."""
    partner = await factory.partner()
    account = await factory.managed_account(partner, order_approval=True)
    states: list[dict[str, Any]] = [{"status": "EXPIRED"}, {"expires_at": factory.now - OVERDUE}] * 2
    orders = [await factory.order_approval(account, **each) for each in states]
    await factory.order_approval(account)
    pages = {"first: 1, after: $cursor": "endCursor", "last: 1, before: $cursor": "startCursor"}

    found: dict[str, list[str]] = {}
    for window, name in pages.items():
        cursor = None
        query = f"""query ($cursor: String) {{ orderApprovals({window}, filter: {{status: EXPIRED}}) {{
            nodes {{ id }} pageInfo {{ {name} }} }} }}"""
        for _ in orders:
            page = (await client(partner.admin, query, cursor=cursor)).data["orderApprovals"]
            found.setdefault(window, []).extend(node["id"] for node in page["nodes"])
            cursor = page["pageInfo"][name]

    expected = [order.id for order in orders]
    assert [expected, expected[::-1]] == list(found.values())


async def test_verification_waits_for_the_company_and_then_for_the_operator_A41_A39(client: Client, factory: Factory) -> None:
    """An unverified company has to submit, and the operator to decide until it's due. Only VERIFIED is final."""
    created = factory.now - timedelta(days=9)
    submitted, due, decided = (created + timedelta(days=days) for days in (1, 4, 5))
    times: dict[str, Any] = {
        "verification_submitted_at": submitted,
        "verification_due_at": due,
        "verification_decided_at": decided,
    }
    given = {status: {} if status == "UNVERIFIED" else times for status in VerificationStatus}
    companies = {
        status: await factory.company(verification_status=status, created_at=created, **values)
        for status, values in given.items()
    }

    found = {status: (await client(each.admin, COMPANY, id=each.id)).data["company"] for status, each in companies.items()}

    expected = {
        "UNVERIFIED": wait("COMPANY", created),
        "PENDING": wait("OPERATOR", submitted, due),
        "VERIFIED": done(),
        "REJECTED": wait("COMPANY", decided),
    }
    assert expected == found


async def test_rejected_company_is_waited_for_since_the_rejection_A41(client: Client, factory: Factory) -> None:
    """The wait for a new submission begins when the operator rejects the last one."""
    operator, long_ago = await factory.operator(), factory.now - timedelta(days=9)
    company = await factory.company(verification_status="PENDING", created_at=long_ago, verification_submitted_at=long_ago)

    answer = await send(
        client, operator.admin, "rejectCompany", f"company {{ {WAITING} }}", companyId=company.id, reason="Page 2 is missing."
    )

    waits = answer["company"]["waitsFor"]
    assert ("COMPANY", None) == (waits["side"], waits["until"])
    assert factory.now <= datetime.fromisoformat(waits["since"]) <= factory.now + timedelta(minutes=5)


async def test_stranger_does_not_see_whom_a_verification_waits_for_V18_A41(client: Client, factory: Factory) -> None:
    """Whoever can't read the verification's status reads neither of the two fields."""
    company, stranger = await factory.company(verification_status="PENDING"), await factory.company()
    await factory.profile(company, visibility="PUBLIC")

    answer = await client(stranger.admin, COMPANY, id=company.id)

    hidden = [redaction_at(f"company.{name}", "NOT_YOURS") for name in ("waitsFor", "isFinal")]
    assert payload({"company": {"waitsFor": None, "isFinal": None}}, *hidden) == response_of(answer)
