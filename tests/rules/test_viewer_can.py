"""What a viewer can do: `viewerCan` lists what a mutation would not refuse to this viewer in this state, and nothing else."""

from __future__ import annotations

from typing import Final

import pytest

from policies.actions import ACTIONS
from tests.client import ANONYMOUS, Client
from tests.factory import Factory, Thing

ACTIONS_OF_PORT: Final = [action.upper() for action in ACTIONS["Port"]]
KEEPING: Final = ["UPDATE", "CHANGE_TERM", "PUBLISH"]


async def can(ask: Client, viewer: str | None, thing: Thing) -> list[str] | None:
    """What a viewer can do to a thing; None where it may not know of it."""
    answer = await ask(viewer, f"query ($id: ID!) {{ node(id: $id) {{ ... on {thing.type} {{ viewerCan }} }} }}", id=thing.id)
    node = answer.data["node"]
    return None if node is None else list(node["viewerCan"])


@pytest.mark.parametrize(
    ("status", "steps"),
    [
        ("REQUESTED", ["CANCEL"]),
        ("ALLOCATED", ["CANCEL"]),
        ("ACTIVE", ["DISABLE", "DECOMMISSION", "CONNECT"]),
        ("DISABLED", ["ENABLE", "DECOMMISSION"]),
    ],
)
async def test_a_port_is_taken_further_by_its_state_A43_A44_R435(
    ask: Client, given: Factory, status: str, steps: list[str]
) -> None:
    """Whoever keeps a port takes the steps that its state has, and has an active one connected."""
    company = await given.company()
    port = await given.port(company, status=status)

    found = await can(ask, company.admin, port)

    assert [word for word in ACTIONS_OF_PORT if word in {"READ", *KEEPING, *steps}] == found


@pytest.mark.parametrize("status", ["CANCELLED", "DECOMMISSIONED"])
async def test_a_port_that_has_ended_keeps_its_term_A44(ask: Client, given: Factory, status: str) -> None:
    """It is named and shown as before, and no step leads from there."""
    company = await given.company()
    port = await given.port(company, status=status)

    assert ["READ", "UPDATE", "PUBLISH"] == await can(ask, company.admin, port)


async def test_staff_brings_ports_into_service_A45(ask: Client, given: Factory) -> None:
    """The operator's staff allocates what is requested and activates what is allocated, and has no other port's step."""
    operator, company = await given.operator(), await given.company()
    ports = {status: await given.port(company, status=status) for status in ("REQUESTED", "ALLOCATED", "ACTIVE", "DISABLED")}

    found = {status: await can(ask, operator.admin, port) for status, port in ports.items()}

    assert {
        "REQUESTED": ["READ", "ALLOCATE"],
        "ALLOCATED": ["READ", "ACTIVATE"],
        "ACTIVE": ["READ"],
        "DISABLED": ["READ"],
    } == found


async def test_visibility_is_the_partners_V1_V14_R031(ask: Client, given: Factory) -> None:
    """A managed account does all to its port but show it, which its partner does."""
    account = await given.managed_account(await given.partner(), order_approval=False)
    port = await given.port(account.company)

    own, partners = await can(ask, account.admin, port), await can(ask, account.partner.admin, port)

    everything = ["READ", "UPDATE", "DISABLE", "DECOMMISSION", "CHANGE_TERM", "CONNECT", "PUBLISH"]
    assert ([word for word in everything if word != "PUBLISH"], everything) == (own, partners)


async def test_a_setting_changes_the_list_V2_V13(ask: Client, given: Factory) -> None:
    """Where orders wait for the partner, a term is the partner's: from the next request on."""
    account = await given.managed_account(await given.partner(), order_approval=False)
    port = await given.port(account.company)
    found = []
    for required in (False, True):
        await given.setting(account, order_approval=required)
        listed = await can(ask, account.admin, port) or []
        company = await can(ask, account.admin, account.company) or []
        found.append(("CHANGE_TERM" in listed, "ORDER_PORT" in company, "ORDER_PORT_DIRECTLY" in company))

    assert [(True, True, True), (False, True, False)] == found


async def test_roles_make_the_list_A43_V23(ask: Client, given: Factory) -> None:
    """Who only reads a port can do nothing else to it."""
    company = await given.company()
    port = await given.port(company)
    found = {role: await can(ask, (await given.user(company, role)).email, port) for role in ("NETWORK_ADMIN", "FINANCE")}

    assert {
        "NETWORK_ADMIN": ["READ", "UPDATE", "DISABLE", "DECOMMISSION", "CHANGE_TERM", "CONNECT", "PUBLISH"],
        "FINANCE": ["READ"],
    } == found


async def test_a_request_is_answered_and_withdrawn_while_it_waits_V16(ask: Client, given: Factory) -> None:
    """By the provider and by whoever asked; afterwards by nobody."""
    customer, provider = await given.company(), await given.company()
    await given.profile(provider)
    port, target = await given.port(customer), await given.port(provider, visibility="PUBLIC")
    request = await given.connection_request(port, target)
    before = [await can(ask, company.admin, request) for company in (customer, provider)]
    await given.change(request, status="ACCEPTED")
    after = [await can(ask, company.admin, request) for company in (customer, provider)]

    assert ([["READ", "WITHDRAW"], ["READ", "ANSWER"]], [["READ"], ["READ"]]) == (before, after)


async def test_only_a_selectable_port_is_connected_R029_R435_V16(ask: Client, given: Factory) -> None:
    """Of the Marketplace's ports the active ones, by whoever runs a network."""
    provider, customer = await given.company(), await given.company()
    await given.profile(provider)
    ports = [await given.port(provider, visibility="PUBLIC", status=status) for status in ("ACTIVE", "DISABLED")]

    found = [[await can(ask, viewer, port.on_marketplace) for port in ports] for viewer in (customer.admin, ANONYMOUS)]

    assert [[["READ", "CONNECT"], ["READ"]], [["READ"], ["READ"]]] == found


async def test_an_order_is_decided_while_it_waits_V13(ask: Client, given: Factory) -> None:
    """The partner approves or rejects it and the account withdraws it, until its time is over, written down or not."""
    account = await given.managed_account(await given.partner())
    waiting = await given.order_approval(account)
    overdue = await given.order_approval(account, expires_at=given.now)
    decided = await given.order_approval(account, status="REJECTED")
    orders = (waiting, overdue, decided)

    assert [["READ", "APPROVE", "REJECT"], ["READ"], ["READ"]] == [
        await can(ask, account.partner.admin, each) for each in orders
    ]
    assert [["READ", "WITHDRAW"], ["READ"], ["READ"]] == [await can(ask, account.admin, each) for each in orders]


async def test_a_managed_account_has_no_profile_to_save_R002_R116_V9(ask: Client, given: Factory) -> None:
    """Its partner has, for it; the account keeps what it may do."""
    account = await given.managed_account(await given.partner(), order_approval=False)

    own, partners = await can(ask, account.admin, account.company), await can(ask, account.partner.admin, account.company)

    assert ["READ", "ORDER_PORT", "ORDER_PORT_DIRECTLY"] == own
    assert [
        *("READ", "UPDATE_COMPANY_PROFILE", "UPDATE_SUPPORT_DETAILS", "SAVE_MARKETPLACE_PROFILE", "ORDER_PORT"),
        *("ORDER_PORT_DIRECTLY", "PUBLISH_PORT", "VIEW_AS", "VIEW_AS_ADMINISTRATOR", "EXPLAIN"),
    ] == partners


async def test_everybody_inquires_R018_V22(ask: Client, given: Factory) -> None:
    """Of a public profile, visitors too; of a private one nobody, for nobody else meets it."""
    company = await given.company()
    profile = await given.profile(company)
    public = [await can(ask, viewer, profile) for viewer in (ANONYMOUS, company.admin)]
    await given.change(profile, visibility="PRIVATE")
    private = [await can(ask, viewer, profile) for viewer in (ANONYMOUS, company.admin)]

    assert ([["READ", "INQUIRE"], ["READ", "INQUIRE"]], [None, ["READ"]]) == (public, private)


ASKED: Final = """query ($action: String!, $type: String!) { viewer { can(action: $action, typeName: $type) } }"""


async def may(ask: Client, viewer: str | None, action: str, kind: str) -> bool:
    """Whether a viewer can do something to its company, or to some thing of another type."""
    answer = await ask(viewer, ASKED, action=action, type=kind)
    return bool(answer.data["viewer"]["can"])


async def test_what_is_made_is_asked_of_ones_company_V14_V15_A18_A43(ask: Client, given: Factory) -> None:
    """Ports are ordered by all companies' networks, accounts made by partners, and neither by a visitor."""
    partner, direct, operator = await given.partner(), await given.company(), await given.operator()
    account = await given.managed_account(partner)
    viewers = {"partner": partner.admin, "direct": direct.admin, "managed": account.admin, "operator": operator.admin}
    asked = {**viewers, "finance": (await given.user(direct, "FINANCE")).email, "visitor": ANONYMOUS}

    found = {
        name: [await may(ask, viewer, action, "Company") for action in ("ORDER_PORT", "CREATE_MANAGED_ACCOUNT", "READ")]
        for name, viewer in asked.items()
    }

    assert {
        "partner": [True, True, True],
        "direct": [True, False, True],
        "managed": [True, False, True],
        "operator": [False, False, True],
        "finance": [False, False, True],
        "visitor": [False, False, False],
    } == found


async def test_of_other_types_is_asked_whether_there_may_be_one_A45_V13_R113(ask: Client, given: Factory) -> None:
    """Whatever is stored: who allocates ports, and who approves orders."""
    partner, operator = await given.partner(), await given.operator()
    account = await given.managed_account(partner)
    asked = [("ALLOCATE", "Port"), ("APPROVE", "OrderApproval"), ("READ", "Invoice"), ("READ", "BillingMarket")]

    found = [[await may(ask, viewer, *each) for each in asked] for viewer in (partner.admin, operator.admin, account.admin)]

    assert [[False, True, True, True], [True, False, True, True], [False, False, False, False]] == found


async def test_what_nobody_does_is_told_as_such_V24(ask: Client, given: Factory) -> None:
    """An action that the type does not have, or no such type, is an error with its argument, whoever asks."""
    company = await given.company()
    answers = [
        await ask(viewer, ASKED, action=action, type=kind)
        for viewer in (company.admin, ANONYMOUS)
        for action, kind in (("ALLOCATE", "Company"), ("READ", "Price"), ("READ", "Nothing"))
    ]

    assert [("UNKNOWN_ACTION", argument) for argument in ("action", "typeName", "typeName")] * 2 == [
        (error["extensions"]["code"], error["extensions"]["argument"]) for answer in answers for error in answer.errors
    ]
