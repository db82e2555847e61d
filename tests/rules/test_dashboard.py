"""Dashboards: a company's key figures for the company itself, its partner and the operator."""

from __future__ import annotations

from typing import Any

import pytest

from tests.client import ANONYMOUS, Client
from tests.factory import Factory
from tests.rules.answers import payload, redaction_at, response_of

FIELDS = "{ portsByStatus { status count } portsByMetro { metro count } ordersWaiting monthlySpend { amount currency } }"
OWN = f"{{ viewer {{ dashboard {FIELDS} }} }}"
OF_COMPANY = f"query ($id: ID!) {{ company(id: $id) {{ dashboard {FIELDS} }} }}"
WAITING = "query ($id: ID!) { viewer { dashboard { ordersWaiting } } company(id: $id) { dashboard { ordersWaiting } } }"
EMPTY: dict[str, Any] = {"portsByStatus": [], "portsByMetro": [], "ordersWaiting": 0, "monthlySpend": []}
ROLES = ["ACCOUNT_ADMIN", "NETWORK_ADMIN", "MARKETPLACE_EDITOR", "FINANCE", "VIEWER"]


def statuses(**counts: int) -> list[dict[str, Any]]:
    """Return `portsByStatus` as the response has it."""
    return [{"status": status, "count": count} for status, count in counts.items()]


def metros(**counts: int) -> list[dict[str, Any]]:
    """Return `portsByMetro` as the response has it."""
    return [{"metro": metro, "count": count} for metro, count in counts.items()]


async def test_direct_company_has_a_dashboard_R112(client: Client, factory: Factory) -> None:
    """It counts ports by status and by metro, and waiting orders, and sums the monthly spend in service for each currency."""
    company = await factory.company()
    berlin, tokyo = await factory.location(metro="Berlin"), await factory.location(metro="Tokyo", market="JP")
    for status in ("REQUESTED", "REQUESTED", "ALLOCATED", "ACTIVE", "DISABLED", "DECOMMISSIONED", "CANCELLED"):
        await factory.port(company, berlin, status=status)
    await factory.port(company, tokyo, monthly_rate=60_000, currency="JPY")
    await factory.port(await factory.company(), berlin)

    own, by_id = await client(company.admin, OWN), await client(company.admin, OF_COMPANY, id=company.id)

    expected = {
        "portsByStatus": statuses(REQUESTED=2, ALLOCATED=1, ACTIVE=2, DISABLED=1, DECOMMISSIONED=1, CANCELLED=1),
        "portsByMetro": metros(Berlin=5, Tokyo=1),
        "ordersWaiting": 2,
        "monthlySpend": [{"amount": "2500.00", "currency": "EUR"}, {"amount": "60000", "currency": "JPY"}],
    }
    assert payload({"viewer": {"dashboard": expected}}) == response_of(own)
    assert payload({"company": {"dashboard": expected}}) == response_of(by_id)


async def test_partner_dashboard_includes_its_accounts_R112_R115_V14(client: Client, factory: Factory) -> None:
    """A partner's dashboard counts its own ports and its accounts' ports. The partner also reads a dashboard for each account."""
    partner = await factory.partner()
    account, sibling = await factory.managed_account(partner), await factory.managed_account(partner)
    strange = await factory.managed_account(await factory.partner())
    for company, rate in ((partner, 100), (account.company, 2_000), (sibling.company, 30_000), (strange.company, 400_000)):
        await factory.port(company, monthly_rate=rate)

    own, below = await client(partner.admin, OWN), await client(partner.admin, OF_COMPANY, id=account.company.id)

    def dashboard(count: int, amount: str) -> dict[str, Any]:
        found = {"portsByStatus": statuses(ACTIVE=count), "portsByMetro": metros(Frankfurt=count), "ordersWaiting": 0}
        return {"dashboard": {**found, "monthlySpend": [{"amount": amount, "currency": "EUR"}]}}

    assert payload({"viewer": dashboard(3, "321.00")}) == response_of(own)
    assert payload({"company": dashboard(1, "20.00")}) == response_of(below)


@pytest.mark.parametrize("role", ROLES)
async def test_managed_account_dashboard_is_off_by_default_R112_A14(client: Client, factory: Factory, role: str) -> None:
    """The account's setting or its partner's default turns the dashboard on and off with the next request."""
    partner = await factory.partner()
    account = await factory.managed_account(partner)
    await factory.port(account.company, status="REQUESTED")
    user = await factory.user(account.company, role)

    unset = await client(user.email, WAITING, id=account.company.id)
    await factory.setting(account, dashboard=True)
    switched_on = await client(user.email, WAITING, id=account.company.id)
    await factory.setting(account, dashboard=None)
    await factory.defaults(partner, dashboard=True)
    on_for_all = await client(user.email, WAITING, id=account.company.id)
    await factory.setting(account, dashboard=False)
    off = await client(user.email, WAITING, id=account.company.id)

    reasons = [redaction_at(f"{of}.dashboard", "HIDDEN_BY_PARTNER") for of in ("viewer", "company")]
    nothing = payload({"viewer": {"dashboard": None}, "company": {"dashboard": None}}, *reasons)
    found = payload({"viewer": {"dashboard": {"ordersWaiting": 1}}, "company": {"dashboard": {"ordersWaiting": 1}}})
    assert [nothing, found, found, nothing] == [response_of(each) for each in (unset, switched_on, on_for_all, off)]


async def test_other_settings_do_not_show_the_dashboard_R112(client: Client, factory: Factory) -> None:
    """The partner's other settings leave the dashboard off, and the response doesn't depend on the stored data."""
    account = await factory.managed_account(await factory.partner())
    await factory.setting(account, pricing=True, chat_support=True, company_profile=True, order_approval=True)

    without = await client(account.admin, OWN)
    await factory.port(account.company)
    with_one = await client(account.admin, OWN)

    assert payload({"viewer": {"dashboard": None}}, redaction_at("viewer.dashboard", "HIDDEN_BY_PARTNER")) == response_of(
        without
    )
    assert without.body == with_one.body


async def test_hidden_prices_hide_the_spend_R112_R121_A16(client: Client, factory: Factory) -> None:
    """A managed account whose prices are hidden reads the counts of its dashboard. With prices shown, it reads the spend too."""
    account = await factory.managed_account(await factory.partner(), dashboard=True)
    port = await factory.port(account.company)

    unpriced = await client(account.admin, OWN)
    await factory.change(port, monthly_rate=1)
    dearer = await client(account.admin, OWN)
    await factory.setting(account, pricing=True)
    priced = await client(account.admin, OWN)

    counts = {"portsByStatus": statuses(ACTIVE=1), "portsByMetro": metros(Frankfurt=1), "ordersWaiting": 0}
    redaction = redaction_at("viewer.dashboard.monthlySpend", "HIDDEN_BY_PARTNER")
    assert payload({"viewer": {"dashboard": {**counts, "monthlySpend": None}}}, redaction) == response_of(unpriced)
    assert unpriced.body == dearer.body
    spend = [{"amount": "0.01", "currency": "EUR"}]
    assert payload({"viewer": {"dashboard": {**counts, "monthlySpend": spend}}}) == response_of(priced)


@pytest.mark.parametrize("kind", ["DIRECT", "PARTNER"])
@pytest.mark.parametrize("role", ROLES)
async def test_only_roles_that_read_prices_read_the_spend_V23(client: Client, factory: Factory, kind: str, role: str) -> None:
    """Every role has the dashboard. The roles that read prices read the spend."""
    company = await factory.company(kind=kind)
    user = await factory.user(company, role)

    answer = await client(user.email, OWN)

    if role in {"ACCOUNT_ADMIN", "FINANCE", "VIEWER"}:
        assert payload({"viewer": {"dashboard": EMPTY}}) == response_of(answer)
    else:
        redaction = redaction_at("viewer.dashboard.monthlySpend", "ROLE_REQUIRED")
        assert payload({"viewer": {"dashboard": {**EMPTY, "monthlySpend": None}}}, redaction) == response_of(answer)


async def test_visitor_has_no_dashboard_R112_V24(client: Client, factory: Factory) -> None:
    """A visitor has no dashboard, and can't read that of a public company."""
    company = await factory.company()
    await factory.profile(company)

    answer = await client(ANONYMOUS, WAITING, id=company.id)

    reasons = redaction_at("viewer.dashboard", "SIGN_IN_REQUIRED"), redaction_at("company.dashboard", "NOT_YOURS")
    assert payload({"viewer": {"dashboard": None}, "company": {"dashboard": None}}, *reasons) == response_of(answer)


@pytest.mark.parametrize("kind", ["DIRECT", "PARTNER", "MANAGED"])
async def test_other_companies_do_not_read_a_dashboard_R112_V20(client: Client, factory: Factory, kind: str) -> None:
    """Another company's dashboard is hidden, as its ports are."""
    company = await factory.company()
    await factory.profile(company)
    await factory.port(company)
    email = await factory.admin_of_kind(kind)

    answer = await client(email, OF_COMPANY, id=company.id)

    assert payload({"company": {"dashboard": None}}, redaction_at("company.dashboard", "NOT_YOURS")) == response_of(answer)


async def test_managed_account_does_not_read_its_partners_dashboard_R112_V14(client: Client, factory: Factory) -> None:
    """A partner's dashboard is hidden from its accounts, even if their own dashboards are on."""
    partner = await factory.partner()
    account = await factory.managed_account(partner, dashboard=True, pricing=True)
    await factory.port(partner)

    answer = await client(account.admin, OF_COMPANY, id=partner.id)

    assert payload({"company": {"dashboard": None}}, redaction_at("company.dashboard", "NOT_YOURS")) == response_of(answer)


async def test_operator_reads_every_dashboard_R112_V20(client: Client, factory: Factory) -> None:
    """The operator has its own dashboard for its own ports, and reads any other company's."""
    operator, company = await factory.operator(), await factory.company()
    await factory.port(company, status="REQUESTED")

    answer = await client(operator.admin, WAITING, id=company.id)

    expected = {"viewer": {"dashboard": {"ordersWaiting": 0}}, "company": {"dashboard": {"ordersWaiting": 1}}}
    assert payload(expected) == response_of(answer)


async def test_orders_waiting_for_approval_are_counted_R112_V13(client: Client, factory: Factory) -> None:
    """The account, its partner and the operator count PENDING approvals along with REQUESTED ports. Nobody counts another's."""
    partner, operator = await factory.partner(), await factory.operator()
    account, sibling = [await factory.managed_account(partner, dashboard=True) for _ in range(2)]
    strange = await factory.managed_account(await factory.partner(), dashboard=True)
    await factory.port(account.company, status="REQUESTED")
    for _ in range(2):
        await factory.order_approval(account)
    for status in ("REJECTED", "WITHDRAWN", "EXPIRED"):
        await factory.order_approval(account, status=status)
    for other in (sibling, strange):
        await factory.order_approval(other)

    answers = [
        await client(viewer.admin, WAITING, id=account.company.id) for viewer in (account, sibling, strange, partner, operator)
    ]

    counts = [
        [found["dashboard"]["ordersWaiting"] if found and found["dashboard"] else None for found in answer.data.values()]
        for answer in answers
    ]
    assert [[3, 3], [1, None], [1, None], [4, 3], [0, 3]] == counts


@pytest.mark.executors
async def test_dashboards_of_a_page_take_two_statements_R112_V13(client: Client, factory: Factory) -> None:
    """One statement tallies all dashboards of a page and another the pending approvals, however many dashboards there are."""
    partner = await factory.partner()
    query = f"{{ companies {{ nodes {{ id dashboard {FIELDS} }} }} }}"

    counts = []
    for _ in range(2):
        account = await factory.managed_account(partner)
        await factory.port(account.company)
        await factory.order_approval(account)
        with client.counting() as statements:
            answer = await client(partner.admin, query)
        tallies = [statement for statement in statements if "GROUP BY" in statement or "FROM order_approval" in statement]
        counts.append((len(answer.data["companies"]["nodes"]), len(tallies), len(statements)))

    companies, tallies_of, statements_of = zip(*counts, strict=True)
    assert ((2, 3), (2, 2)) == (companies, tallies_of)
    assert 1 == len(set(statements_of))
