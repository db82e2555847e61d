"""`viewerCan` lists exactly the actions that a mutation would not refuse to this viewer in the record's current state."""

from __future__ import annotations

from typing import Final

import pytest

from policies.language.actions import ACTIONS
from tests.client import ANONYMOUS, Client
from tests.factory import Factory, Thing

ACTIONS_OF_PORT: Final = [action.upper() for action in ACTIONS["Port"]]
KEEPING: Final = ["UPDATE", "CHANGE_TERM", "PUBLISH"]


async def can(client: Client, viewer: str | None, thing: Thing) -> list[str] | None:
    """Return the viewer's actions on a record, or None if the viewer can't read it."""
    answer = await client(
        viewer, f"query ($id: ID!) {{ node(id: $id) {{ ... on {thing.type} {{ viewerCan }} }} }}", id=thing.id
    )
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
async def test_port_actions_follow_its_status_A43_A44_R435(
    client: Client, factory: Factory, status: str, steps: list[str]
) -> None:
    """A network role takes the steps of the port's status, and can connect an active port."""
    company = await factory.company()
    port = await factory.port(company, status=status)

    found = await can(client, company.admin, port)

    assert [word for word in ACTIONS_OF_PORT if word in {"READ", *KEEPING, *steps}] == found


@pytest.mark.parametrize("status", ["CANCELLED", "DECOMMISSIONED"])
async def test_ended_port_keeps_its_term_A44(client: Client, factory: Factory, status: str) -> None:
    """It can still be renamed and published, but no step is left."""
    company = await factory.company()
    port = await factory.port(company, status=status)

    assert ["READ", "UPDATE", "PUBLISH"] == await can(client, company.admin, port)


async def test_operator_staff_brings_ports_into_service_A45(client: Client, factory: Factory) -> None:
    """The operator's staff allocates requested ports and activates allocated ones, and has no step in another status."""
    operator, company = await factory.operator(), await factory.company()
    ports = {status: await factory.port(company, status=status) for status in ("REQUESTED", "ALLOCATED", "ACTIVE", "DISABLED")}

    found = {status: await can(client, operator.admin, port) for status, port in ports.items()}

    assert {
        "REQUESTED": ["READ", "ALLOCATE"],
        "ALLOCATED": ["READ", "ACTIVATE"],
        "ACTIVE": ["READ"],
        "DISABLED": ["READ"],
    } == found


async def test_only_the_partner_changes_visibility_V1_V14_R031(client: Client, factory: Factory) -> None:
    """A managed account has every action on its port except publishing it, which its partner has."""
    account = await factory.managed_account(await factory.partner(), order_approval=False)
    port = await factory.port(account.company)

    own, partners = await can(client, account.admin, port), await can(client, account.partner.admin, port)

    everything = ["READ", "UPDATE", "DISABLE", "DECOMMISSION", "CHANGE_TERM", "CONNECT", "PUBLISH"]
    assert ([word for word in everything if word != "PUBLISH"], everything) == (own, partners)


async def test_setting_changes_the_list_V2_V13(client: Client, factory: Factory) -> None:
    """If the partner approves orders, only the partner changes a term, from the next request on."""
    account = await factory.managed_account(await factory.partner(), order_approval=False)
    port = await factory.port(account.company)
    found = []
    for required in (False, True):
        await factory.setting(account, order_approval=required)
        listed = await can(client, account.admin, port) or []
        company = await can(client, account.admin, account.company) or []
        found.append(("CHANGE_TERM" in listed, "ORDER_PORT" in company, "ORDER_PORT_DIRECTLY" in company))

    assert [(True, True, True), (False, True, False)] == found


async def test_roles_determine_the_list_A43_V23(client: Client, factory: Factory) -> None:
    """A user that only reads a port has no other action on it."""
    company = await factory.company()
    port = await factory.port(company)
    found = {role: await can(client, (await factory.user(company, role)).email, port) for role in ("NETWORK_ADMIN", "FINANCE")}

    assert {
        "NETWORK_ADMIN": ["READ", "UPDATE", "DISABLE", "DECOMMISSION", "CHANGE_TERM", "CONNECT", "PUBLISH"],
        "FINANCE": ["READ"],
    } == found


async def test_pending_request_is_answered_or_withdrawn_V16(client: Client, factory: Factory) -> None:
    """The provider answers it and the requester withdraws it. Nobody can do either once it's decided."""
    customer, provider = await factory.company(), await factory.company()
    await factory.profile(provider)
    port, target = await factory.port(customer), await factory.port(provider, visibility="PUBLIC")
    request = await factory.connection_request(port, target)
    before = [await can(client, company.admin, request) for company in (customer, provider)]
    await factory.change(request, status="ACCEPTED")
    after = [await can(client, company.admin, request) for company in (customer, provider)]

    assert ([["READ", "WITHDRAW"], ["READ", "ANSWER"]], [["READ"], ["READ"]]) == (before, after)


async def test_only_active_marketplace_ports_are_connected_R029_R435_V16(client: Client, factory: Factory) -> None:
    """The Marketplace's active ports have the action, for network roles."""
    provider, customer = await factory.company(), await factory.company()
    await factory.profile(provider)
    ports = [await factory.port(provider, visibility="PUBLIC", status=status) for status in ("ACTIVE", "DISABLED")]

    found = [[await can(client, viewer, port.on_marketplace) for port in ports] for viewer in (customer.admin, ANONYMOUS)]

    assert [[["READ", "CONNECT"], ["READ"]], [["READ"], ["READ"]]] == found


async def test_pending_order_is_decided_V13(client: Client, factory: Factory) -> None:
    """The partner approves or rejects and the account withdraws, until the order expires, even if its status isn't updated yet."""
    account = await factory.managed_account(await factory.partner())
    waiting = await factory.order_approval(account)
    overdue = await factory.order_approval(account, expires_at=factory.now)
    decided = await factory.order_approval(account, status="REJECTED")
    orders = (waiting, overdue, decided)

    assert [["READ", "APPROVE", "REJECT"], ["READ"], ["READ"]] == [
        await can(client, account.partner.admin, each) for each in orders
    ]
    assert [["READ", "WITHDRAW"], ["READ"], ["READ"]] == [await can(client, account.admin, each) for each in orders]


async def test_managed_account_has_no_profile_to_save_R002_R116_V9(client: Client, factory: Factory) -> None:
    """Its partner saves its profile. The account keeps its other actions."""
    account = await factory.managed_account(await factory.partner(), order_approval=False)

    own, partners = await can(client, account.admin, account.company), await can(client, account.partner.admin, account.company)

    assert [
        *(
            "READ",
            "CREATE_PRODUCT",
            "CREATE_API_KEY",
            "CREATE_WEBHOOK_ENDPOINT",
            "START_EXPORT",
            "SET_IDENTITY_ISSUER",
            "INVITE_MEMBER",
            "ORDER_PORT",
            "ORDER_PORT_DIRECTLY",
            "REQUEST_OFFER",
        )
    ] == own
    assert [
        *(
            "READ",
            "UPDATE_COMPANY_PROFILE",
            "UPDATE_SUPPORT_DETAILS",
            "SAVE_MARKETPLACE_PROFILE",
            "PUBLISH_MARKETPLACE_PROFILE",
            "CREATE_PRODUCT",
        ),
        *("CREATE_WEBHOOK_ENDPOINT", "SET_PORTAL_ORIGINS", "VERIFY_PORTAL_ORIGIN"),
        *("REGISTER_SELLER", "INVITE_MEMBER", "ORDER_PORT", "ORDER_PORT_DIRECTLY", "PUBLISH_PORT"),
        *("REQUEST_OFFER", "ACCEPT_OFFER"),
        *("VIEW_AS", "VIEW_AS_ADMINISTRATOR", "EXPLAIN"),
    ] == partners


async def test_every_viewer_sends_inquiries_R018_V22(client: Client, factory: Factory) -> None:
    """Everyone, visitors too, can send one to a public profile. Nobody can to a private profile, which nobody else sees."""
    company = await factory.company()
    profile = await factory.profile(company)
    public = [await can(client, viewer, profile) for viewer in (ANONYMOUS, company.admin)]
    await factory.change(profile, visibility="PRIVATE")
    private = [await can(client, viewer, profile) for viewer in (ANONYMOUS, company.admin)]

    assert ([["READ", "INQUIRE"], ["READ", "INQUIRE"]], [None, ["READ"]]) == (public, private)


ASKED: Final = """query ($action: String!, $type: String!) { viewer { can(action: $action, typeName: $type) } }"""


async def may(client: Client, viewer: str | None, action: str, kind: str) -> bool:
    """Return whether a viewer may take an action on its company, or on any record of another type."""
    answer = await client(viewer, ASKED, action=action, type=kind)
    return bool(answer.data["viewer"]["can"])


async def test_creating_actions_belong_to_the_viewers_company_V14_V15_A18_A43(client: Client, factory: Factory) -> None:
    """Every company's network roles order ports, partners create accounts, and visitors do neither."""
    partner, direct, operator = await factory.partner(), await factory.company(), await factory.operator()
    account = await factory.managed_account(partner)
    viewers = {"partner": partner.admin, "direct": direct.admin, "managed": account.admin, "operator": operator.admin}
    callers = {**viewers, "finance": (await factory.user(direct, "FINANCE")).email, "visitor": ANONYMOUS}

    found = {
        name: [await may(client, viewer, action, "Company") for action in ("ORDER_PORT", "CREATE_MANAGED_ACCOUNT", "READ")]
        for name, viewer in callers.items()
    }

    assert {
        "partner": [True, True, True],
        "direct": [True, False, True],
        "managed": [True, False, True],
        "operator": [False, False, True],
        "finance": [False, False, True],
        "visitor": [False, False, False],
    } == found


async def test_actions_on_other_types_ask_for_any_possible_record_A45_V13_R113(client: Client, factory: Factory) -> None:
    """Whatever is stored, the answer names who can allocate ports and who can approve orders."""
    partner, operator = await factory.partner(), await factory.operator()
    account = await factory.managed_account(partner)
    questions = [("ALLOCATE", "Port"), ("APPROVE", "OrderApproval"), ("READ", "Invoice"), ("READ", "BillingMarket")]

    found = [
        [await may(client, viewer, *question) for question in questions]
        for viewer in (partner.admin, operator.admin, account.admin)
    ]

    assert [[False, True, True, True], [True, False, True, True], [False, False, False, False]] == found


async def test_unknown_action_is_an_error_V24(client: Client, factory: Factory) -> None:
    """An action that the type doesn't have, or an unknown type, is an error of the argument, for every viewer."""
    company = await factory.company()
    answers = [
        await client(viewer, ASKED, action=action, type=kind)
        for viewer in (company.admin, ANONYMOUS)
        for action, kind in (("ALLOCATE", "Company"), ("READ", "Price"), ("READ", "Nothing"))
    ]

    assert [("UNKNOWN_ACTION", argument) for argument in ("action", "typeName", "typeName")] * 2 == [
        (error["extensions"]["code"], error["extensions"]["argument"]) for answer in answers for error in answer.errors
    ]
