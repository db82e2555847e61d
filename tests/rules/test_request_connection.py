"""Connections are requested between active ports, answered by the provider and withdrawn by the customer."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, Final

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.client import ANONYMOUS, Client
from tests.factory import Company, Factory, Port, Thing
from tests.rules.mutations import queued_mails, send, stored_rows, user_error

REQUEST: Final = "requestConnection"
MADE: Final = "connectionRequest { name rateLimitMbps status port { id } targetPort { id } decidedAt }"
ENDED: Final = "connectionRequest { id status reason }"
NOTIFICATIONS: Final = "{ notifications { nodes { kind title body subjectId } } }"
VALUES: Final = {"name": "To the cloud", "rateLimitMbps": 500}
ANSWERS: Final = {"acceptConnection": "ACCEPTED", "denyConnection": "DENIED", "withdrawConnection": "WITHDRAWN"}


@dataclass
class Pair:
    """A customer's port and a public provider's port, each with the email of a user that may act there."""

    port: Port
    target: Port
    customer: str
    provider: str

    @property
    def ends(self) -> dict[str, str]:
        """The two ports as an input names them."""
        return {"portId": self.port.id, "targetPortId": self.target.on_marketplace.id}


async def pair(factory: Factory, *, customer: Company | None = None, provider: Company | None = None, **values: Any) -> Pair:
    """Create the two ports, each in its own company by default. `values` are the target's."""
    customer, provider = customer or await factory.company(), provider or await factory.company()
    await factory.profile(provider, contact_email="sales@sample.example")
    port = await factory.port(customer)
    target = await factory.port(
        provider, **{"visibility": "PUBLIC", "name": "Internal 7", "marketplace_name": "Gate", **values}
    )
    return Pair(port, target, customer.admin, provider.admin)


async def request(client: Client, viewer: str | None, two: Pair, **values: Any) -> dict[str, Any]:
    """Request a connection between the two and return the payload."""
    return await send(client, viewer, REQUEST, MADE, **{**VALUES, **two.ends, **values})


def made(two: Pair) -> dict[str, Any]:
    """Return the payload of a created request, as its customer reads it."""
    ends = {"port": {"id": two.port.id}, "targetPort": {"id": two.target.on_marketplace.id}}
    return {"connectionRequest": {**VALUES, "status": "PENDING", **ends, "decidedAt": None}, "userErrors": []}


def problems(*expected: dict[str, Any]) -> dict[str, Any]:
    """Return the payload of a mutation that isn't carried out."""
    return {"connectionRequest": None, "userErrors": list(expected)}


@pytest.mark.parametrize("role", ["ACCOUNT_ADMIN", "NETWORK_ADMIN"])
@pytest.mark.parametrize("kind", ["DIRECT", "PARTNER", "MANAGED"])
async def test_customer_requests_a_connection_R029_V16_A43(client: Client, factory: Factory, kind: str, role: str) -> None:
    """A company's account or network administrators request connections for its ports, also in a managed company."""
    managed = kind == "MANAGED"
    company = (await factory.managed_account(await factory.partner())).company if managed else await factory.company(kind=kind)
    two = await pair(factory, customer=company)
    user = await factory.user(company, role)

    assert made(two) == await request(client, user.email, two)


async def test_partner_requests_for_its_account_also_to_itself_V14_V16(client: Client, factory: Factory) -> None:
    """A partner acts for the account that it manages, and can be the provider itself."""
    partner = await factory.partner()
    account = await factory.managed_account(partner)
    other, own = await pair(factory, customer=account.company), await pair(factory, customer=account.company, provider=partner)

    assert [made(other), made(own)] == [await request(client, partner.admin, two) for two in (other, own)]


@pytest.mark.parametrize("role", ["MARKETPLACE_EDITOR", "FINANCE", "VIEWER"])
async def test_other_roles_request_no_connections_A43(
    client: Client, factory: Factory, rules_engine: AsyncEngine, role: str
) -> None:
    """They read the ports but can't connect them."""
    company = await factory.company()
    two, user = await pair(factory, customer=company), await factory.user(company, role)
    before = await stored_rows(rules_engine)

    answer = await request(client, user.email, two)

    assert problems(user_error("FORBIDDEN", "portId"), user_error("FORBIDDEN", "targetPortId")) == answer
    assert before == await stored_rows(rules_engine)


@pytest.mark.parametrize("kind", ["ANONYMOUS", "DIRECT", "PARTNER", "MANAGED"])
async def test_other_companies_do_not_connect_a_port_V16_V20_A21(
    client: Client, factory: Factory, rules_engine: AsyncEngine, kind: str
) -> None:
    """A port that the viewer can't read is not found, whatever its rights on the target."""
    two, email = await pair(factory), await factory.admin_of_kind(kind)
    before = await stored_rows(rules_engine)

    answer = await request(client, email, two)

    mine = user_error("NOT_FOUND", "portId")
    assert problems(mine, *[user_error("FORBIDDEN", "targetPortId")] * (email is ANONYMOUS)) == answer
    assert before == await stored_rows(rules_engine)


async def test_operator_requests_no_connections_V16(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """It reads every port and connects none."""
    two, operator = await pair(factory), await factory.operator()
    before = await stored_rows(rules_engine)

    answer = await request(client, operator.admin, two)

    assert problems(user_error("FORBIDDEN", "portId"), user_error("FORBIDDEN", "targetPortId")) == answer
    assert before == await stored_rows(rules_engine)


@pytest.mark.parametrize(("port", "profile"), [("PRIVATE", "PUBLIC"), ("PUBLIC", "PRIVATE"), ("PUBLIC", None)])
async def test_only_marketplace_ports_are_targets_R013_R029_A7_A21(
    client: Client, factory: Factory, rules_engine: AsyncEngine, port: str, profile: str | None
) -> None:
    """A private port, one of a private profile and one without a profile are not found, like an unknown id."""
    customer, provider = await factory.company(), await factory.company()
    target = await factory.port(provider, visibility=port)
    if profile is not None:
        await factory.profile(provider, visibility=profile)
    two = Pair(await factory.port(customer), target, customer.admin, provider.admin)
    before = await stored_rows(rules_engine)

    answer = await request(client, customer.admin, two)

    assert problems(user_error("NOT_FOUND", "targetPortId")) == answer
    assert before == await stored_rows(rules_engine)


async def test_targets_are_ports_of_other_companies_V16_R116(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """A company doesn't connect to itself. A managed one doesn't even find its own port on the Marketplace."""
    partner = await factory.partner()
    own, account = await factory.company(), await factory.managed_account(partner)
    direct = await pair(factory, customer=own, provider=own)
    managed = await pair(factory, customer=account.company, provider=account.company)
    before = await stored_rows(rules_engine)

    answers = [
        await request(client, *each) for each in ((own.admin, direct), (partner.admin, managed), (account.admin, managed))
    ]

    codes = ["INVALID_VALUE", "INVALID_VALUE", "NOT_FOUND"]
    assert [problems(user_error(code, "targetPortId")) for code in codes] == answers
    assert before == await stored_rows(rules_engine)


@pytest.mark.parametrize("status", ["REQUESTED", "ALLOCATED", "DISABLED", "DECOMMISSIONED", "CANCELLED"])
async def test_only_active_ports_are_connected_R435(
    client: Client, factory: Factory, rules_engine: AsyncEngine, status: str
) -> None:
    """Each end that isn't active is named."""
    two = await pair(factory, status=status)
    before = await stored_rows(rules_engine)

    target = await request(client, two.customer, two)
    await factory.change(two.port, status=status)
    both = await request(client, two.customer, two)
    await factory.change(two.target, status="ACTIVE")
    own = await request(client, two.customer, two)

    ends = [user_error("PORT_NOT_ACTIVE", name) for name in ("portId", "targetPortId")]
    assert [problems(ends[1]), problems(*ends), problems(ends[0])] == [target, both, own]
    assert before["connection_request"] == (await stored_rows(rules_engine))["connection_request"]


@pytest.mark.parametrize(
    ("rate", "told_of"), [(0, "INVALID_VALUE"), (-1, "INVALID_VALUE"), (1, None), (1000, None), (1001, "INVALID_VALUE")]
)
async def test_rate_limit_fits_both_ports_V16(client: Client, factory: Factory, rate: int, told_of: str | None) -> None:
    """The slower port is the limit, whichever it is."""
    wide, narrow = await pair(factory, speed_mbps=10_000), await pair(factory, speed_mbps=1_000)
    await factory.change(narrow.port, speed_mbps=10_000)

    answers = [await request(client, two.customer, two, rateLimitMbps=rate) for two in (wide, narrow)]

    expected = [user_error(told_of, "rateLimitMbps")] if told_of else []
    assert [expected] * 2 == [each["userErrors"] for each in answers]


async def test_all_errors_are_reported_at_once_V16(client: Client, factory: Factory) -> None:
    """Each error has the path to its value."""
    two = await pair(factory)

    answer = await request(
        client, two.customer, two, portId=two.target.id, targetPortId=two.target.id, name="x" * 65, rateLimitMbps=0
    )

    told_of = [
        ("NOT_FOUND", "portId"),
        ("INVALID_ID", "targetPortId"),
        ("TOO_LONG", "name"),
        ("INVALID_VALUE", "rateLimitMbps"),
    ]
    assert problems(*(user_error(*each) for each in told_of)) == answer


async def test_two_ports_have_one_pending_request_V16(client: Client, factory: Factory) -> None:
    """A second request is refused, also a concurrent one, until the first is decided."""
    two = await pair(factory)

    at_once = await asyncio.gather(*(request(client, two.customer, two) for _ in range(8)))
    found = await client(two.provider, "{ ports { nodes { connections { nodes { id } } } } }")
    ((waiting,),) = [port["connections"]["nodes"] for port in found.data["ports"]["nodes"]]
    await send(client, two.provider, "denyConnection", ENDED, id=waiting["id"])
    again = await request(client, two.customer, two)

    taken = problems(user_error("TAKEN", "targetPortId"))
    assert [made(two)] + [taken] * 7 == sorted(at_once, key=lambda each: len(each["userErrors"]))
    assert made(two) == again


async def test_provider_is_notified_without_the_customers_name_R018_V16_V18(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """Its administrators and contact address get an email that names its own port, but nothing of a hidden customer."""
    customer, provider = await factory.company(name="Hidden Ltd"), await factory.company()
    network, finance = await factory.user(provider, "NETWORK_ADMIN"), await factory.user(provider, "FINANCE")
    two = await pair(factory, customer=customer, provider=provider)

    await request(client, two.customer, two)
    told_of = [(await client(email, NOTIFICATIONS)).data["notifications"]["nodes"] for email in (provider.admin, network.email)]
    untold = [(await client(email, NOTIFICATIONS)).data["notifications"]["nodes"] for email in (finance.email, customer.admin)]

    sent = await queued_mails(rules_engine)
    assert {provider.admin, network.email, "sales@sample.example"} == {to for _, to, _ in sent}
    assert {"CONNECTION_REQUESTED"} == {kind for kind, _, _ in sent}
    (text,) = {text for _, _, text in sent}
    assert [True, True, True, False, False] == [
        part in text for part in ("Internal 7", "To the cloud", "500 Mbps", "Hidden Ltd", two.customer)
    ]
    assert [1, 1, 0, 0] == [len(each) for each in (*told_of, *untold)]
    assert told_of[0][0]["subjectId"] is not None


@pytest.mark.parametrize(("mutation", "outcome"), [("acceptConnection", "accepted"), ("denyConnection", "denied")])
async def test_requester_is_notified_of_the_outcome_V16_V18(
    client: Client, factory: Factory, rules_engine: AsyncEngine, mutation: str, outcome: str
) -> None:
    """The message has the requester's own terms. A provider that has since hidden itself isn't named."""
    provider = await factory.company(name="Provider Ltd")
    two = await pair(factory, provider=provider)
    waiting = await factory.connection_request(two.port, two.target, name="To the cloud")

    await send(client, two.provider, mutation, ENDED, id=waiting.id)

    ((kind, to, text),) = await queued_mails(rules_engine)
    assert ("CONNECTION_DECIDED", two.customer) == (kind, to)
    assert [True, True, False, False] == [part in text for part in ("To the cloud", outcome, "Provider Ltd", "Gate")]
    (notification,) = (await client(two.customer, NOTIFICATIONS)).data["notifications"]["nodes"]
    assert ("CONNECTION_DECIDED", waiting.id) == (notification["kind"], notification["subjectId"])


async def test_both_sides_read_the_reason_of_a_denial_V16(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """The requester finds it in the email and in the request."""
    two = await pair(factory)
    waiting = await factory.connection_request(two.port, two.target)

    denied = await send(client, two.provider, "denyConnection", ENDED, id=waiting.id, reason="No capacity.")
    read = await client(
        two.customer, f"query ($id: ID!) {{ node(id: $id) {{ ... on {ENDED[0].upper()}{ENDED[1:]} }} }}", id=waiting.id
    )

    assert {"id": waiting.id, "status": "DENIED", "reason": "No capacity."} == denied["connectionRequest"] == read.data["node"]
    assert "No capacity." in (await queued_mails(rules_engine))[0][2]


async def test_withdrawal_notifies_nobody_V16(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """A request and its outcome send emails. A withdrawal doesn't."""
    two = await pair(factory)
    waiting = await factory.connection_request(two.port, two.target)

    withdrawn = await send(client, two.customer, "withdrawConnection", ENDED, id=waiting.id)

    assert {"id": waiting.id, "status": "WITHDRAWN", "reason": None} == withdrawn["connectionRequest"]
    assert [] == await queued_mails(rules_engine)


@pytest.mark.parametrize("status", ["PENDING", "ACCEPTED", "DENIED", "WITHDRAWN"])
@pytest.mark.parametrize("mutation", ANSWERS)
async def test_requests_are_decided_once_V16(
    client: Client, factory: Factory, rules_engine: AsyncEngine, mutation: str, status: str
) -> None:
    """Only a pending request is decided, and the decision is final."""
    two = await pair(factory)
    waiting = await factory.connection_request(two.port, two.target, status=status)
    before = await stored_rows(rules_engine)
    viewer = two.customer if mutation == "withdrawConnection" else two.provider

    answer = await send(client, viewer, mutation, "connectionRequest { status }", id=waiting.id)

    if status == "PENDING":
        assert {"connectionRequest": {"status": ANSWERS[mutation]}, "userErrors": []} == answer
    else:
        assert problems(user_error("ILLEGAL_STEP")) == answer
        assert before == await stored_rows(rules_engine)


@pytest.mark.parametrize("end", ["port", "target"])
async def test_acceptance_needs_active_ports_R435_V16(
    client: Client, factory: Factory, rules_engine: AsyncEngine, end: str
) -> None:
    """A port that was disabled after the request isn't connected, and the request stays pending."""
    two = await pair(factory)
    waiting = await factory.connection_request(two.port, two.target)
    await factory.change(getattr(two, end), status="DISABLED")
    before = await stored_rows(rules_engine)

    answer = await send(client, two.provider, "acceptConnection", ENDED, id=waiting.id)
    denied = (
        await send(client, two.provider, "denyConnection", ENDED, id=waiting.id)
        if before == await stored_rows(rules_engine)
        else None
    )

    assert problems(user_error("PORT_NOT_ACTIVE", "id")) == answer
    assert denied is not None
    assert "DENIED" == denied["connectionRequest"]["status"]


@pytest.mark.parametrize("mutation", ANSWERS)
async def test_each_side_does_its_own_part_V14_V16_A43_A21(
    client: Client, factory: Factory, rules_engine: AsyncEngine, mutation: str
) -> None:
    """The provider answers, the customer withdraws. The other side, other roles, the operator and unrelated companies can't."""
    customer, provider = await factory.company(), await factory.company()
    two = await pair(factory, customer=customer, provider=provider)
    waiting = await factory.connection_request(two.port, two.target)
    operator, stranger = await factory.operator(), await factory.company()
    own, other = (customer, provider) if mutation == "withdrawConnection" else (provider, customer)
    readers = [other.admin, operator.admin]
    readers += [(await factory.user(own, role)).email for role in ("MARKETPLACE_EDITOR", "FINANCE", "VIEWER")]
    before = await stored_rows(rules_engine)

    forbidden = [await send(client, email, mutation, ENDED, id=waiting.id) for email in readers]
    hidden = [await send(client, email, mutation, ENDED, id=waiting.id) for email in (stranger.admin, ANONYMOUS)]

    assert [problems(user_error("FORBIDDEN", "id"))] * 5 == forbidden
    assert [problems(user_error("NOT_FOUND", "id"))] * 2 == hidden
    assert before == await stored_rows(rules_engine)


@pytest.mark.parametrize("mutation", ANSWERS)
async def test_partners_act_for_their_accounts_V14_V16(client: Client, factory: Factory, mutation: str) -> None:
    """On either side, the managed company's partner acts as the company itself does."""
    ours, theirs = await factory.partner(), await factory.partner()
    customer, provider = (await factory.managed_account(ours)).company, (await factory.managed_account(theirs)).company
    two = await pair(factory, customer=customer, provider=provider)
    waiting: list[Thing] = [await factory.connection_request(two.port, two.target) for _ in range(3)]
    own, partner, other = (customer, ours, theirs) if mutation == "withdrawConnection" else (provider, theirs, ours)

    answers = [
        await send(client, company.admin, mutation, "connectionRequest { status }", id=request.id)
        for company, request in zip((own, partner, other), waiting, strict=True)
    ]

    ended = {"connectionRequest": {"status": ANSWERS[mutation]}, "userErrors": []}
    assert [ended, ended, problems(user_error("FORBIDDEN", "id"))] == answers


async def test_concurrent_answers_are_one_answer_V16(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """A request that is accepted, denied and withdrawn concurrently gets one outcome and one notification at most."""
    two = await pair(factory)
    waiting = await factory.connection_request(two.port, two.target)
    companies = {"acceptConnection": two.provider, "denyConnection": two.provider, "withdrawConnection": two.customer}

    answers = await asyncio.gather(
        *(send(client, companies[mutation], mutation, ENDED, id=waiting.id) for mutation in list(ANSWERS) * 2)
    )

    assert 1 == len([each for each in answers if not each["userErrors"]])
    assert [problems(user_error("ILLEGAL_STEP"))] * 5 == [each for each in answers if each["userErrors"]]
    assert len(await queued_mails(rules_engine)) <= 1
