"""Bulk mutations: several changes at once, each for itself or all of them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.client import Client
from tests.factory import Factory, Port
from tests.rules.mutations import recorded_changes, send, user_error

RESULTS = "results { userErrors { code field } port { id name version } }"
DECIDED = "results { userErrors { code field } orderApproval { id status comment port { name } } }"
NAMES = "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Port { name } } }"


def edit(port: Port, name: str, version: int = 1) -> dict[str, Any]:
    """Return an edit of a port's name."""
    return {"id": port.id, "version": version, "name": name}


def done(port: Port, name: str) -> dict[str, Any]:
    """Return the result of an edit."""
    return {"userErrors": [], "port": {"id": port.id, "name": name, "version": 2}}


def failed(*errors: dict[str, Any]) -> dict[str, Any]:
    """Return the result of an edit that isn't possible."""
    return {"userErrors": list(errors), "port": None}


async def names(client: Client, viewer: str, *ports: Port) -> list[str]:
    """Return the names of ports."""
    return [node["name"] for node in (await client(viewer, NAMES, ids=[port.id for port in ports])).data["nodes"]]


async def test_each_edit_counts_for_itself_V14(client: Client, factory: Factory) -> None:
    """An edit of another company's port is as impossible as one of a port that doesn't exist, and stops no other edit."""
    company = await factory.company()
    first, foreign, last = await factory.port(company), await factory.port(await factory.company()), await factory.port(company)

    answer = await send(
        client, company.admin, "updatePorts", RESULTS, ports=[edit(first, "A"), edit(foreign, "B"), edit(last, " ")]
    )

    missing = {"code": "NOT_FOUND", "field": ["ports", "1", "id"]}
    blank = {"code": "REQUIRED", "field": ["ports", "2", "name"]}
    assert {"userErrors": [], "results": [done(first, "A"), failed(missing), failed(blank)]} == answer
    assert "A" == (await names(client, company.admin, first))[0]


async def test_all_edits_or_none_V14(client: Client, factory: Factory) -> None:
    """If one edit isn't possible, none is made. The errors of all are reported, with their places."""
    company = await factory.company()
    one, two, three = [await factory.port(company) for _ in range(3)]
    before = await names(client, company.admin, one, two, three)
    edits = [edit(one, "A"), edit(two, "B", version=7), edit(three, "")]

    refused = await send(client, company.admin, "updatePorts", RESULTS, ports=edits, mode="ALL")
    unchanged = await names(client, company.admin, one, two, three)
    made = await send(client, company.admin, "updatePorts", RESULTS, ports=[edit(one, "A"), edit(two, "B")], mode="ALL")

    stale, blank = (
        {"code": "CONFLICT", "field": ["ports", "1", "version"]},
        {"code": "REQUIRED", "field": ["ports", "2", "name"]},
    )
    assert [failed(), failed(stale), failed(blank)] == refused["results"]
    assert ["CONFLICT", "REQUIRED"] == [error["code"] for error in refused["userErrors"]]
    assert before == unchanged
    assert {"userErrors": [], "results": [done(one, "A"), done(two, "B")]} == made


@pytest.mark.parametrize("mode", ["EACH", "ALL"])
async def test_repeated_key_edits_once_V14(client: Client, factory: Factory, rules_engine: Any, mode: str) -> None:
    """A retry with the same Idempotency-Key gets the same results, and changes nothing."""
    company = await factory.company()
    ports = [await factory.port(company) for _ in range(2)]
    edits = [edit(port, f"New {number}") for number, port in enumerate(ports)]

    answers = [await send(client, company.admin, "updatePorts", RESULTS, ports=edits, mode=mode, key="k") for _ in range(2)]

    assert answers[0] == answers[1]
    assert {"userErrors": [], "results": [done(port, f"New {number}") for number, port in enumerate(ports)]} == answers[0]
    assert 2 == len([action for action, _, _ in await recorded_changes(rules_engine) if action == "updatePorts"])


@pytest.mark.parametrize(("number", "code"), [(0, "REQUIRED"), (101, "TOO_MANY")])
async def test_length_of_the_list_is_limited_V14(client: Client, factory: Factory, number: int, code: str) -> None:
    """A list has 1 to 100 edits."""
    company = await factory.company()
    port = await factory.port(company)

    answer = await send(client, company.admin, "updatePorts", RESULTS, ports=[edit(port, "A")] * number)

    assert {"userErrors": [user_error(code, "ports")], "results": []} == answer


async def test_visitor_edits_nothing_V14(client: Client, factory: Factory) -> None:
    """Nobody can make several changes who can't make one."""
    port = await factory.port(await factory.company())

    answer = await send(client, None, "updatePorts", RESULTS, ports=[edit(port, "A")])

    assert [failed({"code": "NOT_FOUND", "field": ["ports", "0", "id"]})] == answer["results"]


async def test_partner_decides_several_orders_V13(client: Client, factory: Factory) -> None:
    """Each order gets the decision of the partner, unless it was decided already."""
    partner = await factory.partner()
    account = await factory.managed_account(partner, company={"verification_status": "VERIFIED"}, order_approval=True)
    location = await factory.orderable(partner)
    waiting, other, decided = [
        await factory.order_approval(account, location, status=status) for status in ("PENDING", "PENDING", "REJECTED")
    ]

    approved = await send(client, partner.admin, "decideOrders", DECIDED, ids=[waiting.id, decided.id], decision="APPROVE")
    silent = await send(client, partner.admin, "decideOrders", DECIDED, ids=[other.id], decision="REJECT")
    refused = await send(client, account.admin, "decideOrders", DECIDED, ids=[other.id], decision="APPROVE", mode="ALL")
    rejected = await send(client, partner.admin, "decideOrders", DECIDED, ids=[other.id], decision="REJECT", comment="No.")

    first, second = approved["results"]
    assert ("APPROVED", []) == (first["orderApproval"]["status"], first["userErrors"])
    assert first["orderApproval"]["port"] is not None
    assert {"userErrors": [{"code": "ILLEGAL_STEP", "field": ["ids", "1"]}], "orderApproval": None} == second
    assert [{"code": "REQUIRED", "field": ["ids", "0", "comment"]}] == silent["results"][0]["userErrors"]
    assert [user_error("FORBIDDEN", "ids", "0", "id")] == refused["userErrors"]
    assert [("REJECTED", "No.")] == [
        (each["orderApproval"]["status"], each["orderApproval"]["comment"]) for each in rejected["results"]
    ]
