"""Invoices: for whoever pays, by period, with the charges of managed accounts on their partner's."""

from __future__ import annotations

from datetime import date

import pytest

from tests.asking import ANONYMOUS, Asking
from tests.given import Given, Invoice
from tests.rules.answers import hidden, ids, told, whole

INVOICES = "query ($id: ID!) { company(id: $id) { invoices { nodes { id } totalCount } } }"
IN_PERIOD = """query ($id: ID!, $filter: InvoiceFilter, $order: InvoiceOrder) {
    company(id: $id) { invoices(filter: $filter, orderBy: $order) { nodes { id } totalCount } }
}"""
BY_ID = "query ($id: ID!) { node(id: $id) { id } }"
WHOLE = """query ($id: ID!) { node(id: $id) { ... on Invoice {
    number periodStart periodEnd company { id } total { amount currency }
    lines { description amount { amount currency } managedAccount { id } port { id } }
} } }"""
SWITCHES = dict.fromkeys(("pricing", "chat_support", "dashboard", "company_profile", "order_approval"), True)


def below(*invoices: Invoice) -> object:
    """The answer to INVOICES of whoever reads these."""
    return told({"company": {"invoices": ids(*invoices)}})


def no_invoices(reason: str) -> object:
    """The answer to INVOICES of whoever does not read them."""
    return told({"company": {"invoices": None}}, hidden("company.invoices", reason))


@pytest.mark.parametrize("kind", ["DIRECT", "PARTNER"])
@pytest.mark.parametrize("role", ["ACCOUNT_ADMIN", "FINANCE", "VIEWER"])
async def test_company_reads_its_own_invoices_V21_V23(ask: Asking, given: Given, kind: str, role: str) -> None:
    """Whoever reads prices reads what its company is charged, in lists and by id, and nothing of another company's."""
    company, other = await given.company(kind=kind), await given.company()
    invoices = [await given.invoice(company, month=date(2026, month, 1)) for month in (1, 2)]
    strange = await given.invoice(other)
    user = await given.user(company, role)

    listed, by_id = await ask(user.email, INVOICES, id=company.id), await ask(user.email, BY_ID, id=invoices[0].id)
    elsewhere = await ask(user.email, BY_ID, id=strange.id)

    assert below(*invoices) == whole(listed)
    assert told({"node": {"id": invoices[0].id}}) == whole(by_id)
    assert told({"node": None}) == whole(elsewhere)


@pytest.mark.parametrize("kind", ["DIRECT", "PARTNER"])
@pytest.mark.parametrize("role", ["NETWORK_ADMIN", "MARKETPLACE_EDITOR"])
async def test_other_roles_read_no_invoices_V23(ask: Asking, given: Given, kind: str, role: str) -> None:
    """Whoever does not read prices finds no invoices, and gets the same bytes whether there are any."""
    company = await given.company(kind=kind)
    user = await given.user(company, role)

    without = await ask(user.email, INVOICES, id=company.id)
    invoice = await given.invoice(company)
    listed, by_id = await ask(user.email, INVOICES, id=company.id), await ask(user.email, BY_ID, id=invoice.id)

    assert no_invoices("ROLE_REQUIRED") == whole(listed)
    assert without.body == listed.body
    assert told({"node": None}) == whole(by_id)


@pytest.mark.parametrize("role", ["ACCOUNT_ADMIN", "FINANCE", "VIEWER"])
@pytest.mark.parametrize("of", ["itself", "its partner"])
async def test_managed_account_reads_no_invoice_R114(ask: Asking, given: Given, of: str, role: str) -> None:
    """Whatever its partner sets, a managed account reads neither its partner's invoices nor any of its own."""
    partner = await given.partner()
    account = await given.managed_account(partner)
    await given.setting(account, **SWITCHES)
    company = account.company if of == "itself" else partner
    invoice = await given.invoice(company, lines=[(account.company, 1_000)])
    user = await given.user(account.company, role)

    listed, by_id = await ask(user.email, INVOICES, id=company.id), await ask(user.email, BY_ID, id=invoice.id)

    assert no_invoices("NOT_FOR_MANAGED_ACCOUNTS") == whole(listed)
    assert told({"node": None}) == whole(by_id)


async def test_charges_of_managed_accounts_stand_on_their_partners_invoice_R115(ask: Asking, given: Given) -> None:
    """A partner's invoice has a line for each charge, with the account that it is for, or with none where it is its own."""
    partner = await given.partner()
    account = await given.managed_account(partner)
    invoice = await given.invoice(partner, lines=[(None, 125_000), (account.company, 50)])

    answer = await ask(partner.admin, WHOLE, id=invoice.id)

    own = {"description": "Charge 1", "amount": {"amount": "1250.00", "currency": "EUR"}, "managedAccount": None, "port": None}
    other = {"description": "Charge 2", "amount": {"amount": "0.50", "currency": "EUR"}, "port": None}
    expected = {
        "number": invoice.number,
        "periodStart": "2026-01-01",
        "periodEnd": "2026-01-31",
        "company": {"id": partner.id},
        "total": {"amount": "1250.50", "currency": "EUR"},
        "lines": [own, {**other, "managedAccount": {"id": account.id}}],
    }
    assert told({"node": expected}) == whole(answer)


async def test_partner_finds_no_invoices_of_its_accounts_R114_R115_V21(ask: Asking, given: Given) -> None:
    """A partner may look at what its accounts are charged; there is nothing, for it is charged itself."""
    partner = await given.partner()
    account = await given.managed_account(partner)
    await given.invoice(partner, lines=[(account.company, 1_000)])
    engineer = await given.user(partner, "NETWORK_ADMIN")

    by_admin = await ask(partner.admin, INVOICES, id=account.company.id)
    by_engineer = await ask(engineer.email, INVOICES, id=account.company.id)

    assert below() == whole(by_admin)
    assert no_invoices("ROLE_REQUIRED") == whole(by_engineer)


async def test_operator_reads_every_invoice_V21(ask: Asking, given: Given) -> None:
    """The operator finds the invoices of any company."""
    operator, company = await given.operator(), await given.company()
    invoice = await given.invoice(company)

    listed, by_id = await ask(operator.admin, INVOICES, id=company.id), await ask(operator.admin, BY_ID, id=invoice.id)

    assert below(invoice) == whole(listed)
    assert told({"node": {"id": invoice.id}}) == whole(by_id)


@pytest.mark.parametrize("kind", ["ANONYMOUS", "DIRECT", "PARTNER"])
async def test_invoices_are_for_nobody_else_V21_V24(ask: Asking, given: Given, kind: str) -> None:
    """A company that everybody sees keeps its invoices to itself."""
    company = await given.company()
    await given.profile(company)
    invoice = await given.invoice(company)
    email = await given.somebody(kind)

    listed, by_id = await ask(email, INVOICES, id=company.id), await ask(email, BY_ID, id=invoice.id)

    assert no_invoices("NOT_YOURS") == whole(listed)
    assert told({"node": None}) == whole(by_id)


async def test_invoices_are_found_by_period_V21(ask: Asking, given: Given) -> None:
    """A range of periods has the invoices whose period begins in it; they can be sorted by period."""
    company = await given.company()
    march, january, february = [await given.invoice(company, month=date(2026, month, 1)) for month in (3, 1, 2)]

    answers = {}
    for name, asked in {
        "from": {"filter": {"periodFrom": "2026-02-01"}},
        "to": {"filter": {"periodTo": "2026-02-15"}},
        "both": {"filter": {"periodFrom": "2026-02-01", "periodTo": "2026-02-28"}},
        "newest": {"order": {"field": "PERIOD", "direction": "DESC"}},
        "newest of some": {"filter": {"periodTo": "2026-02-01"}, "order": {"field": "PERIOD", "direction": "DESC"}},
    }.items():
        answers[name] = whole(await ask(company.admin, IN_PERIOD, id=company.id, **asked))

    expected = {
        "from": below(march, february),
        "to": below(january, february),
        "both": below(february),
        "newest": below(march, february, january),
        "newest of some": below(february, january),
    }
    assert expected == answers


async def test_anonymous_visitor_orders_no_invoices_V24(ask: Asking, given: Given) -> None:
    """An order or a filter tells a visitor nothing that the field itself does not."""
    company = await given.company()
    await given.profile(company)
    await given.invoice(company)
    asked = {"filter": {"periodFrom": "2026-01-01"}, "order": {"field": "PERIOD"}}

    answer = await ask(ANONYMOUS, IN_PERIOD, id=company.id, **asked)

    assert no_invoices("NOT_YOURS") == whole(answer)
