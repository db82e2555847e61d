"""The lifecycle of a port: which roles take each step, and from which statuses."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.client import Client
from tests.factory import Factory, Port
from tests.rules.mutations import queued_mails, send, stored_rows, user_error

PLACE = {"cage": "C1", "rack": "R2", "panel": "P3", "ports": "5/6"}
STATES = ("REQUESTED", "ALLOCATED", "ACTIVE", "DISABLED", "DECOMMISSIONED", "CANCELLED")
# The state that each step leads to, by the state that it is taken from.
STEPS = {
    "allocatePort": {"REQUESTED": "ALLOCATED"},
    "activatePort": {"ALLOCATED": "ACTIVE"},
    "disablePort": {"ACTIVE": "DISABLED"},
    "enablePort": {"DISABLED": "ACTIVE"},
    "cancelPort": {"REQUESTED": "CANCELLED", "ALLOCATED": "CANCELLED"},
    "decommissionPort": {"ACTIVE": "DECOMMISSIONED", "DISABLED": "DECOMMISSIONED"},
}
OPERATORS = ("allocatePort", "activatePort")
ILLEGAL = {"port": None, "userErrors": [user_error("ILLEGAL_STEP")]}


def wanted(step: str, port: Port) -> dict[str, Any]:
    """Return the input of a step."""
    return {"id": port.id, **({"demarcation": PLACE} if step == "allocatePort" else {})}


@pytest.mark.parametrize("step", STEPS)
async def test_each_step_is_taken_from_its_statuses_only_A44_A45(
    client: Client, factory: Factory, rules_engine: AsyncEngine, step: str
) -> None:
    """From every other status the step is an error, and the status doesn't change."""
    company, operator = await factory.company(), await factory.operator()
    ports = {state: await factory.port(company, status=state) for state in STATES}
    caller = operator.admin if step in OPERATORS else company.admin
    found = {}
    for state, port in ports.items():
        before = await stored_rows(rules_engine)
        answer = await send(client, caller, step, "port { status }", **wanted(step, port))
        if answer != ILLEGAL:
            found[state] = answer
        assert (answer == ILLEGAL) == (before == await stored_rows(rules_engine))

    assert {state: {"port": {"status": to}, "userErrors": []} for state, to in STEPS[step].items()} == found


@pytest.mark.parametrize(
    ("step", "state", "message"),
    [
        (
            "cancelPort",
            "ACTIVE",
            "Can't change from ACTIVE to CANCELLED. Allowed: DECOMMISSIONED (decommission), DISABLED (disable).",
        ),
        ("cancelPort", "CANCELLED", "Can't change from CANCELLED to CANCELLED: CANCELLED is final."),
        (
            "enablePort",
            "ALLOCATED",
            "Can't change from ALLOCATED to ACTIVE with this action. Allowed: ACTIVE (activate), CANCELLED (cancel).",
        ),
        (
            "decommissionPort",
            "REQUESTED",
            "Can't change from REQUESTED to DECOMMISSIONED. Allowed: ALLOCATED (allocate), CANCELLED (cancel).",
        ),
    ],
)
async def test_illegal_step_names_the_status_and_the_allowed_steps_A44(
    client: Client, factory: Factory, step: str, state: str, message: str
) -> None:
    """The error names the port's status, and the steps that it allows with what the port becomes."""
    company = await factory.company()
    port = await factory.port(company, status=state)
    name = f"{step[0].upper()}{step[1:]}Input"

    query = f"mutation ($input: {name}!) {{ {step}(input: $input) {{ port {{ id }} userErrors {{ code message }} }} }}"
    answer = await client(company.admin, query, input=wanted(step, port))

    assert {step: {"port": None, "userErrors": [{"code": "ILLEGAL_STEP", "message": message}]}} == answer.data


ASKING = {
    "account administrator": "owner",
    "network administrator": "owner",
    "finance": None,
    "viewer": None,
    "editor": None,
    "partner": "owner",
    "partner's viewer": None,
    "reviewer": "operator",
    "support": "operator",
    "operator's administrator": "nobody",
    "stranger": "nobody",
    "another account": "nobody",
    "visitor": "nobody",
}


async def people(factory: Factory) -> tuple[Port, dict[str, str | None]]:
    """Create a managed account's port and the users of ASKING."""
    partner, operator = await factory.partner(), await factory.operator()
    account = await factory.managed_account(partner)
    roles = {
        "account administrator": (account.company, "ACCOUNT_ADMIN"),
        "network administrator": (account.company, "NETWORK_ADMIN"),
        "finance": (account.company, "FINANCE"),
        "viewer": (account.company, "VIEWER"),
        "editor": (account.company, "MARKETPLACE_EDITOR"),
        "partner": (partner, "NETWORK_ADMIN"),
        "partner's viewer": (partner, "VIEWER"),
        "reviewer": (operator, "REVIEWER"),
        "support": (operator, "SUPPORT"),
        "operator's administrator": (operator, "ACCOUNT_ADMIN"),
        "stranger": (await factory.company(), "ACCOUNT_ADMIN"),
        "another account": ((await factory.managed_account(partner)).company, "ACCOUNT_ADMIN"),
    }
    emails: dict[str, str | None] = {name: (await factory.user(*place)).email for name, place in roles.items()}
    return await factory.port(account.company), {**emails, "visitor": None}


@pytest.mark.parametrize("step", STEPS)
async def test_each_step_is_taken_by_certain_viewers_A43_A45_V14_V20(
    client: Client, factory: Factory, rules_engine: AsyncEngine, step: str
) -> None:
    """Allocation and activation belong to the operator's staff, all other steps to the company and its partner."""
    port, emails = await people(factory)
    start = next(iter(STEPS[step]))
    found = {}
    for name, email in emails.items():
        await factory.change(port, status=start)
        before = await stored_rows(rules_engine)
        answer = await send(client, email, step, "port { id }", **wanted(step, port))
        found[name] = [error["code"] for error in answer["userErrors"]]
        assert bool(found[name]) == (before == await stored_rows(rules_engine))

    side = "operator" if step in OPERATORS else "owner"
    codes = {"nobody": ["NOT_FOUND"], side: []}
    assert {name: codes.get(whose or "", ["FORBIDDEN"]) for name, whose in ASKING.items()} == found


async def test_allocated_port_has_a_demarcation_and_a_letter_R433_A44(client: Client, factory: Factory) -> None:
    """The letter exists from the allocation on and names the demarcation."""
    company, operator = await factory.company(), await factory.operator()
    port = await factory.port(company, status="REQUESTED")
    query = "query ($id: ID!) { node(id: $id) { ... on Port { status letterOfAuthorisation } } }"

    before = await client(company.admin, query, id=port.id)
    await send(client, operator.admin, "allocatePort", "port { id }", id=port.id, demarcation=PLACE)
    after = await client(company.admin, query, id=port.id)

    assert {"node": {"status": "REQUESTED", "letterOfAuthorisation": None}} == before.data
    assert "ALLOCATED" == after.data["node"]["status"]
    assert after.data["node"]["letterOfAuthorisation"].startswith("http")


async def test_demarcation_is_complete_R433(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """Each part of it is required and limited in length. All errors are reported at once, each with its path."""
    company, operator = await factory.company(), await factory.operator()
    port = await factory.port(company, status="REQUESTED")
    before = await stored_rows(rules_engine)

    place = {"cage": "", "rack": " ", "panel": "x" * 65, "ports": "\0"}
    answer = await send(client, operator.admin, "allocatePort", "port { id }", id=port.id, demarcation=place)

    codes = {"cage": "REQUIRED", "rack": "REQUIRED", "panel": "TOO_LONG", "ports": "INVALID_TEXT"}
    assert {"port": None, "userErrors": [user_error(code, "demarcation", name) for name, code in codes.items()]} == answer
    assert before == await stored_rows(rules_engine)


async def test_first_activation_time_is_kept_R435_A45(client: Client, factory: Factory) -> None:
    """A port that is disabled and enabled again keeps its first activation time, and can then be connected to."""
    company, operator = await factory.company(), await factory.operator()
    port = await factory.port(company, status="ALLOCATED", demarcation=PLACE)
    active = "port { status activatedAt }"

    first = await send(client, operator.admin, "activatePort", active, id=port.id)
    await send(client, company.admin, "disablePort", active, id=port.id)
    again = await send(client, company.admin, "enablePort", active, id=port.id)

    assert ["ACTIVE", True] == [first["port"]["status"], first["port"]["activatedAt"] is not None]
    assert first == again


@pytest.mark.parametrize("end", ["port", "target"])
@pytest.mark.parametrize("status", ["ACTIVE", "DISABLED"])
async def test_port_with_live_connections_is_not_decommissioned_A44_V16(
    client: Client, factory: Factory, rules_engine: AsyncEngine, status: str, end: str
) -> None:
    """That holds for either end of an accepted connection."""
    company, other = await factory.company(), await factory.company()
    port, peer = await factory.port(company, status=status), await factory.port(other)
    await factory.connection_request(*((port, peer) if end == "port" else (peer, port)), status="ACCEPTED")
    before = await stored_rows(rules_engine)

    answer = await send(client, company.admin, "decommissionPort", "port { id }", id=port.id)

    assert {"port": None, "userErrors": [user_error("PORT_IN_USE", "id")]} == answer
    assert before == await stored_rows(rules_engine)


async def test_pending_requests_end_with_their_port_V16(client: Client, factory: Factory) -> None:
    """The port's own requests are withdrawn, those to it are denied, and decided ones don't change."""
    company, other = await factory.company(), await factory.company()
    port, peer = await factory.port(company), await factory.port(other)
    requests = [
        await factory.connection_request(port, peer),
        await factory.connection_request(peer, port),
        await factory.connection_request(port, peer, status="DENIED"),
        await factory.connection_request(await factory.port(company), peer),
    ]
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on ConnectionRequest { status decidedAt } } }"

    answer = await send(client, company.admin, "decommissionPort", "port { status }", id=port.id)
    found = await client(other.admin, query, ids=[request.id for request in requests[:2]])
    rest = await client(company.admin, query, ids=[request.id for request in requests[2:]])

    assert {"port": {"status": "DECOMMISSIONED"}, "userErrors": []} == answer
    assert ["WITHDRAWN", "DENIED"] == [node["status"] for node in found.data["nodes"] if node["decidedAt"]]
    assert ["DENIED", "PENDING"] == [node["status"] for node in rest.data["nodes"]]


@pytest.mark.parametrize(("step", "status"), [("decommissionPort", "ACTIVE"), ("cancelPort", "ALLOCATED")])
async def test_requesters_are_notified_when_a_port_ends_V16_V18(
    client: Client, factory: Factory, rules_engine: AsyncEngine, step: str, status: str
) -> None:
    """Each requester of a pending request is notified as of a denial, without the provider's name. A withdrawal notifies nobody."""
    provider, one, other = await factory.company(name="Provider Ltd"), await factory.company(), await factory.company()
    port = await factory.port(provider, status=status, name="Gate", demarcation=PLACE)
    for customer, name in ((one, "First"), (other, "Second")):
        await factory.connection_request(await factory.port(customer), port, name=name)
    await factory.connection_request(port, await factory.port(one))
    await factory.connection_request(await factory.port(one), port, status="WITHDRAWN")

    await send(client, provider.admin, step, "port { id }", id=port.id)

    sent = await queued_mails(rules_engine)
    assert [("CONNECTION_DECIDED", one.admin), ("CONNECTION_DECIDED", other.admin)] == [(kind, to) for kind, to, _ in sent]
    for name, (_, _, text) in zip(("First", "Second"), sent, strict=True):
        assert [True, True, False, False] == [part in text for part in (name, "denied", "Provider Ltd", "Gate")]


async def test_concurrent_activation_and_cancellation_exclude_each_other_A44_A45(client: Client, factory: Factory) -> None:
    """One of the two is carried out. The other finds the resulting status."""
    company, operator = await factory.company(), await factory.operator()
    for _ in range(5):
        port = await factory.port(company, status="ALLOCATED", demarcation=PLACE)

        both = await asyncio.gather(
            send(client, operator.admin, "activatePort", "port { status }", id=port.id),
            send(client, company.admin, "cancelPort", "port { status }", id=port.id),
        )

        done = [answer for answer in both if answer["port"]]
        assert [ILLEGAL] == [answer for answer in both if answer not in done]
        assert 1 == len(done)


@pytest.mark.parametrize("shown", [False, True])
async def test_prices_are_hidden_in_the_payload_of_every_step_R121_R122(client: Client, factory: Factory, shown: bool) -> None:
    """Whatever step an account takes, the payload has the price only if its partner shows prices."""
    account = await factory.managed_account(await factory.partner(), pricing=shown)
    found = {}
    for step in set(STEPS) - set(OPERATORS):
        port = await factory.port(account.company, status=next(iter(STEPS[step])))
        answer = await send(client, account.admin, step, "port { monthlyRate { amount } }", id=port.id)
        found[step] = answer["port"]["monthlyRate"]

    assert dict.fromkeys(set(STEPS) - set(OPERATORS), {"amount": "1250.00"} if shown else None) == found
