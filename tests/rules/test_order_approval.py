"""Managed accounts' orders wait for their partner if it requires approval. Nothing is ordered before the partner approves."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from models import Mail
from resolvers.order_approval import expire_due
from tests.client import Client
from tests.factory import Account, Company, Factory, Location, Thing
from tests.rules.answers import ids, nodes, payload, redaction_at, response_of
from tests.rules.mutations import queued_mails, recorded_changes, send, stored_rows, user_error

APPROVAL = """orderApproval { status name speedMbps termMonths costCentre diversityZone comment company { id } location { id }
    monthlyRate { amount } setupFee { amount } port { id } requestedBy { id } decidedBy { id } }"""
STATUS = "orderApproval { status comment }"
FOUND = "query ($id: ID!) { node(id: $id) { id } orderApprovals { nodes { id } totalCount } }"
PRICES = "{ orderApprovals { nodes { monthlyRate { amount currency } setupFee { amount currency } } } }"
ORDERED = {"speedMbps": 1000, "termMonths": 12, "costCentre": "CC-1", "diversityZone": "BLUE"}
ROLES = ["ACCOUNT_ADMIN", "NETWORK_ADMIN", "MARKETPLACE_EDITOR", "FINANCE", "VIEWER"]
DECISIONS = {"approveOrder": "APPROVED", "rejectOrder": "REJECTED", "withdrawOrder": "WITHDRAWN"}
ILLEGAL = {"orderApproval": None, "userErrors": [user_error("ILLEGAL_STEP")]}


async def waiting(factory: Factory, **settings: Any) -> tuple[Company, Account, Location]:
    """A partner, an account whose orders it approves, and a location where they may order."""
    partner = await factory.partner()
    verified = {"verification_status": "VERIFIED"}
    account = await factory.managed_account(partner, company=verified, **{"order_approval": True, **settings})
    return partner, account, await factory.orderable(partner)


def order(location: Location, **values: Any) -> dict[str, Any]:
    """Return the input of a valid order."""
    return {"locationId": location.id, "name": "Core", **ORDERED, **values}


def decision(kind: str, approval: Thing) -> dict[str, Any]:
    """Return the input of a decision."""
    return {"id": approval.id, **({"comment": "Too dear."} if kind == "rejectOrder" else {})}


async def ports(engine: AsyncEngine) -> int:
    """Count the ports."""
    return len((await stored_rows(engine))["port"])


async def test_order_waits_for_its_partner_V13(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """It stores the whole input. No port exists before the partner approves it, and a REQUESTED port does afterwards."""
    partner, account, location = await waiting(factory, pricing=True)

    ordered = await send(client, account.admin, "orderPort", f"port {{ id }} {APPROVAL}", **order(location))
    nothing_yet = await ports(rules_engine)
    (waits,) = (await client(partner.admin, "{ orderApprovals { nodes { id } } }")).data["orderApprovals"]["nodes"]
    approved = await send(client, partner.admin, "approveOrder", APPROVAL, id=waits["id"], comment=" Fine. ")
    made = await client(account.admin, "{ ports { nodes { id name status visibility costCentre diversityZone termMonths } } }")

    (port,) = made.data["ports"]["nodes"]
    facts = {"name": "Core", **ORDERED, "company": {"id": account.company.id}, "location": {"id": location.id}}
    facts |= {"monthlyRate": {"amount": "300.00"}, "setupFee": {"amount": "50.00"}}
    facts |= {"requestedBy": {"id": account.company.user.id}}
    pending = {**facts, "status": "PENDING", "comment": None, "port": None, "decidedBy": None}
    done = {**facts, "status": "APPROVED", "comment": "Fine.", "port": {"id": port["id"]}, "decidedBy": {"id": partner.user.id}}
    assert {"port": None, "orderApproval": pending, "userErrors": []} == ordered
    assert 0 == nothing_yet
    assert {"orderApproval": done, "userErrors": []} == approved
    assert {"name": "Core", "status": "REQUESTED", "visibility": "PRIVATE", "costCentre": "CC-1"}.items() <= port.items()
    assert {"diversityZone": "BLUE", "termMonths": 12}.items() <= port.items()


@pytest.mark.parametrize("source", ["account", "partner", "overridden", "default"])
async def test_effective_setting_applies_to_the_next_request_V13_V2(client: Client, factory: Factory, source: str) -> None:
    """The account's own setting decides, then the partner's default. Without either, no approval is needed."""
    partner, account, location = await waiting(factory)
    await factory.setting(account, order_approval={"account": True, "overridden": False}.get(source))
    await factory.defaults(partner, order_approval={"partner": True, "overridden": True}.get(source))

    first = await send(client, account.admin, "orderPort", "port { id } orderApproval { id }", **order(location))
    await factory.setting(account, order_approval=False)
    second = await send(client, account.admin, "orderPort", "port { id } orderApproval { id }", **order(location))

    waits = source in ("account", "partner")
    assert [waits, not waits] == [first["orderApproval"] is not None, first["port"] is not None]
    assert second["port"] is not None


async def test_port_is_ordered_at_the_price_of_the_request_V13(client: Client, factory: Factory) -> None:
    """A price list that changes before the approval makes no difference."""
    partner, account, location = await waiting(factory)
    approval = await factory.order_approval(account, location)
    prices = "orderApproval { port { monthlyRate { amount } setupFee { amount } } }"

    answer = await send(client, partner.admin, "approveOrder", prices, id=approval.id)

    assert {"monthlyRate": {"amount": "1250.00"}, "setupFee": {"amount": "500.00"}} == answer["orderApproval"]["port"]


@pytest.mark.parametrize(
    ("problem", "code"),
    [
        ("company", "COMPANY_NOT_VERIFIED"),
        ("location", "LOCATION_NOT_ORDERABLE"),
        ("market", "MARKET_NOT_ENABLED"),
        ("speed", "INVALID_VALUE"),
    ],
)
async def test_impossible_order_is_not_approved_V12_V13_R404_R429(
    client: Client, factory: Factory, rules_engine: AsyncEngine, problem: str, code: str
) -> None:
    """The approval checks what has changed since the request. If the order isn't possible anymore, it stays pending."""
    partner, account, location = await waiting(factory)
    if problem == "market":
        await send(client, partner.admin, "setBillingMarket", "billingMarket { id }", market="DE", enabled=False)
    elif problem == "company":
        await factory.change(account.company, verification_status="REJECTED")
    else:
        await factory.change(location, **({"status": "EXPIRED"} if problem == "location" else {"speeds_mbps": [10_000]}))
    approval = await factory.order_approval(account, location)
    before = await stored_rows(rules_engine)

    answer = await send(client, partner.admin, "approveOrder", STATUS, id=approval.id)

    assert {"orderApproval": None, "userErrors": [user_error(code, "id")]} == answer
    assert before == await stored_rows(rules_engine)


@pytest.mark.parametrize("kind", DECISIONS)
@pytest.mark.parametrize("status", ["PENDING", "APPROVED", "REJECTED", "WITHDRAWN", "EXPIRED", "overdue"])
async def test_order_is_decided_once_and_in_time_V13(
    client: Client, factory: Factory, rules_engine: AsyncEngine, status: str, kind: str
) -> None:
    """Only a PENDING order that hasn't expired is approved, rejected or withdrawn."""
    partner, account, location = await waiting(factory)
    values = {"expires_at": factory.now - timedelta(seconds=1)} if status == "overdue" else {}
    stands = "PENDING" if status == "overdue" else status
    approval = await factory.order_approval(account, location, status=stands, **values)
    before = await stored_rows(rules_engine)

    caller = account.admin if kind == "withdrawOrder" else partner.admin
    answer = await send(client, caller, kind, "orderApproval { status decidedAt }", **decision(kind, approval))

    open_still = status == "PENDING"
    assert open_still == (before != await stored_rows(rules_engine))
    if open_still:
        assert [DECISIONS[kind], True] == [answer["orderApproval"]["status"], answer["orderApproval"]["decidedAt"] is not None]
    else:
        assert ILLEGAL == answer


DECIDING = {
    "partner's administrator": "partner",
    "partner's finance": "partner",
    "partner's network": None,
    "partner's viewer": None,
    "partner's editor": None,
    "account's administrator": "account",
    "account's network": "account",
    "account's finance": None,
    "account's viewer": None,
    "operator": None,
    "another account": "nobody",
    "another partner": "nobody",
    "stranger": "nobody",
    "visitor": "nobody",
}


@pytest.mark.parametrize("kind", DECISIONS)
async def test_payer_decides_and_account_withdraws_V13_V14_A43(
    client: Client, factory: Factory, rules_engine: AsyncEngine, kind: str
) -> None:
    """The partner's administrators and finance decide. The account's administrators and network administrators withdraw."""
    partner, account, location = await waiting(factory)
    places = {
        "partner's administrator": (partner, "ACCOUNT_ADMIN"),
        "partner's finance": (partner, "FINANCE"),
        "partner's network": (partner, "NETWORK_ADMIN"),
        "partner's viewer": (partner, "VIEWER"),
        "partner's editor": (partner, "MARKETPLACE_EDITOR"),
        "account's administrator": (account.company, "ACCOUNT_ADMIN"),
        "account's network": (account.company, "NETWORK_ADMIN"),
        "account's finance": (account.company, "FINANCE"),
        "account's viewer": (account.company, "VIEWER"),
        "operator": (await factory.operator(), "SUPPORT"),
        "another account": ((await factory.managed_account(partner)).company, "ACCOUNT_ADMIN"),
        "another partner": (await factory.partner(), "ACCOUNT_ADMIN"),
        "stranger": (await factory.company(), "ACCOUNT_ADMIN"),
    }
    emails: dict[str, str | None] = {name: (await factory.user(*place)).email for name, place in places.items()}
    found = {}
    for name, email in {**emails, "visitor": None}.items():
        approval = await factory.order_approval(account, location)
        before = await stored_rows(rules_engine)
        answer = await send(client, email, kind, STATUS, **decision(kind, approval))
        found[name] = answer["userErrors"]
        assert bool(found[name]) == (before == await stored_rows(rules_engine))

    side = "account" if kind == "withdrawOrder" else "partner"
    codes = {"nobody": [user_error("NOT_FOUND", "id")], side: []}
    assert {name: codes.get(whose or "", [user_error("FORBIDDEN", "id")]) for name, whose in DECIDING.items()} == found


@pytest.mark.parametrize(("comment", "code"), [("", "REQUIRED"), ("x" * 501, "TOO_LONG"), ("\0", "INVALID_TEXT")])
async def test_rejection_has_a_reason_V13(
    client: Client, factory: Factory, rules_engine: AsyncEngine, comment: str, code: str
) -> None:
    """The requester reads the comment. Without a valid one nothing is rejected."""
    partner, account, location = await waiting(factory)
    approval = await factory.order_approval(account, location)
    before = await stored_rows(rules_engine)

    wrong = await send(client, partner.admin, "rejectOrder", STATUS, id=approval.id, comment=comment)
    unchanged = before == await stored_rows(rules_engine)
    await send(client, partner.admin, "rejectOrder", STATUS, id=approval.id, comment="Too dear.")
    read = await client(account.admin, "{ orderApprovals { nodes { status comment decidedBy { id } } } }")

    assert {"orderApproval": None, "userErrors": [user_error(code, "comment")]} == wrong
    assert unchanged
    assert payload({"orderApprovals": nodes({"status": "REJECTED", "comment": "Too dear.", "decidedBy": None})}) == response_of(
        read
    )


async def test_concurrent_approvals_create_one_port_V13(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """One of them is carried out. The others find the order decided."""
    partner, account, location = await waiting(factory)
    approval = await factory.order_approval(account, location)

    answers = await asyncio.gather(*(send(client, partner.admin, "approveOrder", STATUS, id=approval.id) for _ in range(8)))

    assert 7 == answers.count(ILLEGAL)
    assert 1 == await ports(rules_engine)


async def test_concurrent_approval_and_withdrawal_exclude_each_other_V13(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """One of the two is carried out, and there is a port only if it was the approval."""
    partner, account, location = await waiting(factory)
    approval = await factory.order_approval(account, location)

    approved, withdrawn = await asyncio.gather(
        send(client, partner.admin, "approveOrder", STATUS, id=approval.id),
        send(client, account.admin, "withdrawOrder", STATUS, id=approval.id),
    )

    assert 1 == [approved, withdrawn].count(ILLEGAL)
    assert (0 if approved == ILLEGAL else 1) == await ports(rules_engine)


async def test_undecided_order_expires_V13(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """After 14 days it is EXPIRED, with an audit event. Other orders don't change, and a second run finds nothing."""
    partner, account, location = await waiting(factory)
    due = await factory.order_approval(account, location, expires_at=factory.now - timedelta(minutes=1))
    await factory.order_approval(account, location)
    await factory.order_approval(account, location, status="REJECTED", expires_at=factory.now - timedelta(minutes=1))
    await send(client, account.admin, "orderPort", STATUS, **order(location))

    await expire_due(rules_engine, "")
    await expire_due(rules_engine, "")
    found = await client(partner.admin, "{ orderApprovals(filter: {status: EXPIRED}) { nodes { id } totalCount } }")
    dates = await client(partner.admin, "{ orderApprovals(last: 1) { nodes { createdAt expiresAt } } }")

    (new,) = dates.data["orderApprovals"]["nodes"]
    assert payload({"orderApprovals": ids(due)}) == response_of(found)
    assert [("expireOrderApprovals", "PENDING", "EXPIRED")] == [
        (action, *changes["status"]) for action, _, changes in await recorded_changes(rules_engine) if action != "orderPort"
    ]
    created, expires = (datetime.fromisoformat(new[name]) for name in ("createdAt", "expiresAt"))
    assert abs(expires - created - timedelta(days=14)) < timedelta(minutes=1)


async def test_requester_is_notified_of_expiry_and_nobody_of_withdrawal_V13_X6_R121(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """The requester gets one notification and one email, without a price. A former member gets none."""
    _, account, location = await waiting(factory)
    user, gone = await factory.user(account.company, "NETWORK_ADMIN"), await factory.user(account.company, "NETWORK_ADMIN")
    past = factory.now - timedelta(minutes=1)
    due = await factory.order_approval(account, location, requested_by=user.key, expires_at=past)
    await factory.order_approval(account, location, requested_by=gone.key, expires_at=past)
    await factory.delete(gone.membership)
    withdrawn = await factory.order_approval(account, location, requested_by=user.key)

    await send(client, account.admin, "withdrawOrder", STATUS, id=withdrawn.id)
    await expire_due(rules_engine, "https://gateway.example")
    await expire_due(rules_engine, "https://gateway.example")
    received = await client(user.email, "{ notifications { nodes { kind subjectId } } }")

    ((kind, to, text),) = await queued_mails(rules_engine)
    assert payload({"notifications": nodes({"kind": "ORDER_APPROVAL_DECIDED", "subjectId": due.id})}) == response_of(received)
    assert ("ORDER_APPROVAL_DECIDED", user.email) == (kind, to)
    assert [True, True, False, False] == [part in text for part in ("has expired", "https://gateway.example", "1250", "EUR")]


READING = {"its account": True, "its partner": True, "the operator": True, "another account": False, "a stranger": False}


@pytest.mark.parametrize("caller", [*READING, "a visitor"])
async def test_account_partner_and_operator_read_an_order_approval_V13_V14_V20_V24(
    client: Client, factory: Factory, caller: str
) -> None:
    """The managed company, its partner and the operator read it. For all others it doesn't exist."""
    partner, account, location = await waiting(factory)
    approval = await factory.order_approval(account, location)
    emails = {
        "its account": (await factory.user(account.company, "VIEWER")).email,
        "its partner": (await factory.user(partner, "VIEWER")).email,
        "the operator": (await factory.operator()).admin,
        "another account": (await factory.managed_account(partner)).admin,
        "a stranger": (await factory.company()).admin,
    }

    answer = await client(emails.get(caller), FOUND, id=approval.id)

    reads = READING.get(caller, False)
    found = {"id": approval.id} if reads else None
    assert payload({"node": found, "orderApprovals": ids(*([approval] if reads else []))}) == response_of(answer)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("whose", ["account that sees prices", "account that does not", "partner"])
async def test_order_approval_prices_follow_port_prices_R121_R122_V13_V23(
    client: Client, factory: Factory, whose: str, role: str
) -> None:
    """They're hidden from the account unless its partner shows prices, and from roles that read no prices."""
    partner, account, location = await waiting(factory, pricing=whose == "account that sees prices")
    await factory.order_approval(account, location)
    user = await factory.user(partner if whose == "partner" else account.company, role)

    answer = await client(user.email, PRICES)

    shown = {"monthlyRate": {"amount": "1250.00", "currency": "EUR"}, "setupFee": {"amount": "500.00", "currency": "EUR"}}
    reason = "HIDDEN_BY_PARTNER" if whose == "account that does not" else "ROLE_REQUIRED"
    if reason == "ROLE_REQUIRED" and role in ("ACCOUNT_ADMIN", "FINANCE", "VIEWER"):
        assert payload({"orderApprovals": nodes(shown)}) == response_of(answer)
    else:
        redactions = [redaction_at(f"orderApprovals.nodes.*.{name}", reason) for name in shown]
        assert payload({"orderApprovals": nodes(dict.fromkeys(shown))}, *redactions) == response_of(answer)


@pytest.mark.parametrize("outcome", ["approved", "rejected"])
async def test_partner_is_notified_of_the_order_and_requester_of_the_decision_V13_R121(
    client: Client, factory: Factory, rules_engine: AsyncEngine, outcome: str
) -> None:
    """First the partner's administrators, then only the requester, never with a price."""
    partner, account, location = await waiting(factory)
    await factory.user(partner, "VIEWER")
    user = await factory.user(account.company, "NETWORK_ADMIN")
    kind = "approveOrder" if outcome == "approved" else "rejectOrder"
    notices = "{ notifications { nodes { kind title body subjectId } } }"

    await send(client, user.email, "orderPort", STATUS, **order(location))
    (waits,) = (await client(partner.admin, "{ orderApprovals { nodes { id } } }")).data["orderApprovals"]["nodes"]
    await send(client, partner.admin, kind, STATUS, id=waits["id"], comment="As agreed.")
    requested = (await client(partner.admin, notices)).data["notifications"]["nodes"]
    decided = (await client(user.email, notices)).data["notifications"]["nodes"]
    others = (await client(account.admin, notices)).data["notifications"]["nodes"]

    assert [("ORDER_APPROVAL_REQUESTED", waits["id"])] == [(each["kind"], each["subjectId"]) for each in requested]
    assert [("ORDER_APPROVAL_DECIDED", waits["id"])] == [(each["kind"], each["subjectId"]) for each in decided]
    assert outcome in decided[0]["title"]
    assert "As agreed." in decided[0]["body"]
    assert [] == others
    async with rules_engine.connect() as connection:
        sent = (await connection.execute(sa.select(Mail.to_address, Mail.subject, Mail.body).order_by(Mail.id))).all()
    assert [partner.admin, user.email] == [address for address, _, _ in sent]
    assert [] == [mail for mail in sent if "300" in mail.body or "EUR" in mail.body]


@pytest.mark.parametrize(
    "name", ["Core\n\nYour password has expired.", "Core\u2028Sign in.", "Core\u202egpj", "a\x1bb", "\u200b\u2060"]
)
async def test_name_is_one_line_without_control_characters_V13_V7(
    client: Client, factory: Factory, rules_engine: AsyncEngine, name: str
) -> None:
    """The partner's email quotes the name of an order, so no name has line breaks, invisible or bidirectional characters."""
    _, account, location = await waiting(factory)
    before = await stored_rows(rules_engine)

    answer = await send(client, account.admin, "orderPort", "orderApproval { id }", **order(location, name=name))

    code = "REQUIRED" if name.startswith("\u200b") else "INVALID_TEXT"
    assert {"orderApproval": None, "userErrors": [user_error(code, "name")]} == answer
    assert before == await stored_rows(rules_engine)
