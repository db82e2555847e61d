"""Invoices: for the company that pays, by period. Charges of managed accounts are on their partner's invoice."""

from __future__ import annotations

import csv
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO, StringIO
from typing import Any
from urllib.parse import urlsplit

import pytest
from pypdf import PdfReader
from sqlalchemy.ext.asyncio import AsyncEngine

from commands.work.invoices import Period, issued
from resolvers.files.invoice import HEADER
from tests.client import ANONYMOUS, Client
from tests.factory import Company, Factory, Invoice, Thing
from tests.rules.answers import ids, nodes, payload, redaction_at, response_of

INVOICES = "query ($id: ID!) { company(id: $id) { invoices { nodes { id } totalCount } } }"
IN_PERIOD = """query ($id: ID!, $filter: InvoiceFilter, $order: InvoiceOrder) {
    company(id: $id) { invoices(filter: $filter, orderBy: $order) { nodes { id } totalCount } }
}"""
BY_ID = "query ($id: ID!) { node(id: $id) { id } }"
WHOLE = """query ($id: ID!) { node(id: $id) { ... on Invoice {
    number periodStart periodEnd company { id } total { amount currency }
    lines { description amount { amount currency } managedAccount { id } port { id } }
} } }"""
CHARGED = """query ($id: ID!) { company(id: $id) { invoices { nodes {
    number periodStart periodEnd total { amount currency }
    lines { description amount { amount currency } managedAccount { id } port { id } }
} } } }"""
PAYMENTS = """query ($id: ID!) { company(id: $id) { invoices(orderBy: {field: PERIOD}) { nodes {
    periodStart total { amount } lines { description amount { amount } managedAccount { id } agreement { id } }
} } } }"""
MARCH, APRIL, MAY, JUNE = (Period(date(2026, month, 1)) for month in range(3, 7))
SWITCHES = dict.fromkeys(("pricing", "chat_support", "dashboard", "company_profile", "order_approval"), True)


def below(*invoices: Invoice) -> object:
    """Return the answer to INVOICES for a viewer that reads these."""
    return payload({"company": {"invoices": ids(*invoices)}})


def no_invoices(reason: str) -> object:
    """Return the answer to INVOICES for a viewer that reads none."""
    return payload({"company": {"invoices": None}}, redaction_at("company.invoices", reason))


@pytest.mark.parametrize("kind", ["DIRECT", "PARTNER"])
@pytest.mark.parametrize("role", ["ACCOUNT_ADMIN", "FINANCE", "VIEWER"])
async def test_company_reads_its_own_invoices_V21_V23(client: Client, factory: Factory, kind: str, role: str) -> None:
    """Roles that read prices read what their company is charged, in lists and by id, and nothing of another company."""
    company, other = await factory.company(kind=kind), await factory.company()
    invoices = [await factory.invoice(company, month=date(2026, month, 1)) for month in (1, 2)]
    strange = await factory.invoice(other)
    user = await factory.user(company, role)

    listed, by_id = await client(user.email, INVOICES, id=company.id), await client(user.email, BY_ID, id=invoices[0].id)
    elsewhere = await client(user.email, BY_ID, id=strange.id)

    assert below(*invoices) == response_of(listed)
    assert payload({"node": {"id": invoices[0].id}}) == response_of(by_id)
    assert payload({"node": None}) == response_of(elsewhere)


@pytest.mark.parametrize("kind", ["DIRECT", "PARTNER"])
@pytest.mark.parametrize("role", ["NETWORK_ADMIN", "MARKETPLACE_EDITOR"])
async def test_other_roles_read_no_invoices_V23(client: Client, factory: Factory, kind: str, role: str) -> None:
    """Roles that don't read prices find no invoices, and get the same bytes whether there are any."""
    company = await factory.company(kind=kind)
    user = await factory.user(company, role)

    without = await client(user.email, INVOICES, id=company.id)
    invoice = await factory.invoice(company)
    listed, by_id = await client(user.email, INVOICES, id=company.id), await client(user.email, BY_ID, id=invoice.id)

    assert no_invoices("ROLE_REQUIRED") == response_of(listed)
    assert without.body == listed.body
    assert payload({"node": None}) == response_of(by_id)


@pytest.mark.parametrize("role", ["ACCOUNT_ADMIN", "FINANCE", "VIEWER"])
@pytest.mark.parametrize("of", ["itself", "its partner"])
async def test_managed_account_reads_no_invoice_R114(client: Client, factory: Factory, of: str, role: str) -> None:
    """Whatever its partner sets, a managed account reads neither its partner's invoices nor any of its own."""
    partner = await factory.partner()
    account = await factory.managed_account(partner)
    await factory.setting(account, **SWITCHES)
    company = account.company if of == "itself" else partner
    invoice = await factory.invoice(company, lines=[(account.company, 1_000)])
    user = await factory.user(account.company, role)

    listed, by_id = await client(user.email, INVOICES, id=company.id), await client(user.email, BY_ID, id=invoice.id)

    assert no_invoices("NOT_FOR_MANAGED_ACCOUNTS") == response_of(listed)
    assert payload({"node": None}) == response_of(by_id)


async def test_charges_of_managed_accounts_are_on_their_partners_invoice_R115(client: Client, factory: Factory) -> None:
    """A partner's invoice has a line for each charge. It names the account, or none for the partner's own charges."""
    partner = await factory.partner()
    account = await factory.managed_account(partner)
    invoice = await factory.invoice(partner, lines=[(None, 125_000), (account.company, 50)])

    answer = await client(partner.admin, WHOLE, id=invoice.id)

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
    assert payload({"node": expected}) == response_of(answer)


async def test_partner_finds_no_invoices_of_its_accounts_R114_R115_V21(client: Client, factory: Factory) -> None:
    """A partner could read its accounts' invoices, but the accounts have none, because the partner is charged."""
    partner = await factory.partner()
    account = await factory.managed_account(partner)
    await factory.invoice(partner, lines=[(account.company, 1_000)])
    engineer = await factory.user(partner, "NETWORK_ADMIN")

    by_admin = await client(partner.admin, INVOICES, id=account.company.id)
    by_engineer = await client(engineer.email, INVOICES, id=account.company.id)

    assert below() == response_of(by_admin)
    assert no_invoices("ROLE_REQUIRED") == response_of(by_engineer)


async def test_partner_reads_an_existing_invoice_of_its_account_V21_V23(client: Client, factory: Factory) -> None:
    """If an account has an invoice after all, its partner's staff reads it like their own, and no other partner does."""
    partner, other = await factory.partner(), await factory.partner()
    account = await factory.managed_account(partner)
    invoice = await factory.invoice(account.company)
    finance, engineer = await factory.user(partner, "FINANCE"), await factory.user(partner, "NETWORK_ADMIN")

    listed = await client(partner.admin, INVOICES, id=account.company.id)
    emails = (finance.email, engineer.email, other.admin, account.admin)
    by_id = [response_of(await client(email, BY_ID, id=invoice.id)) for email in emails]

    assert below(invoice) == response_of(listed)
    assert [payload({"node": node}) for node in ({"id": invoice.id}, None, None, None)] == by_id


async def test_operator_reads_every_invoice_V21(client: Client, factory: Factory) -> None:
    """The operator finds the invoices of any company."""
    operator, company = await factory.operator(), await factory.company()
    invoice = await factory.invoice(company)

    listed, by_id = await client(operator.admin, INVOICES, id=company.id), await client(operator.admin, BY_ID, id=invoice.id)

    assert below(invoice) == response_of(listed)
    assert payload({"node": {"id": invoice.id}}) == response_of(by_id)


@pytest.mark.parametrize("kind", ["ANONYMOUS", "DIRECT", "PARTNER"])
async def test_other_viewers_read_no_invoices_V21_V24(client: Client, factory: Factory, kind: str) -> None:
    """A company with a public profile keeps its invoices private."""
    company = await factory.company()
    await factory.profile(company)
    invoice = await factory.invoice(company)
    email = await factory.admin_of_kind(kind)

    listed, by_id = await client(email, INVOICES, id=company.id), await client(email, BY_ID, id=invoice.id)

    assert no_invoices("NOT_YOURS") == response_of(listed)
    assert payload({"node": None}) == response_of(by_id)


async def test_invoices_are_found_by_period_V21(client: Client, factory: Factory) -> None:
    """A period filter matches invoices whose period begins in the range. Invoices can be sorted by period."""
    company = await factory.company()
    march, january, february = [await factory.invoice(company, month=date(2026, month, 1)) for month in (3, 1, 2)]

    answers = {}
    for name, arguments in {
        "from": {"filter": {"periodFrom": "2026-02-01"}},
        "to": {"filter": {"periodTo": "2026-02-15"}},
        "both": {"filter": {"periodFrom": "2026-02-01", "periodTo": "2026-02-28"}},
        "newest": {"order": {"field": "PERIOD", "direction": "DESC"}},
        "newest of some": {"filter": {"periodTo": "2026-02-01"}, "order": {"field": "PERIOD", "direction": "DESC"}},
    }.items():
        answers[name] = response_of(await client(company.admin, IN_PERIOD, id=company.id, **arguments))

    expected = {
        "from": below(february, march),
        "to": below(january, february),
        "both": below(february),
        "newest": below(march, february, january),
        "newest of some": below(february, january),
    }
    assert expected == answers


async def test_invoices_by_period_have_pages_V21(client: Client, factory: Factory) -> None:
    """A page of invoices by period continues at its cursor."""
    company = await factory.company()
    march, january, february = [await factory.invoice(company, month=date(2026, month, 1)) for month in (3, 1, 2)]
    page = "invoices(first: 1, after: $after, orderBy: {field: PERIOD}) { nodes { id } pageInfo { endCursor } }"
    query = f"query ($id: ID!, $after: String) {{ company(id: $id) {{ {page} }} }}"

    found, after = [], None
    for _ in range(3):
        read = (await client(company.admin, query, id=company.id, after=after)).data["company"]["invoices"]
        found += [node["id"] for node in read["nodes"]]
        after = read["pageInfo"]["endCursor"]

    assert [january.id, february.id, march.id] == found


async def test_anonymous_visitor_sorts_no_invoices_V24(client: Client, factory: Factory) -> None:
    """An order or a filter tells a visitor nothing that the field itself doesn't."""
    company = await factory.company()
    await factory.profile(company)
    await factory.invoice(company)
    arguments = {"filter": {"periodFrom": "2026-01-01"}, "order": {"field": "PERIOD"}}

    answer = await client(ANONYMOUS, IN_PERIOD, id=company.id, **arguments)

    assert no_invoices("NOT_YOURS") == response_of(answer)


def charge(text: str, amount: str, port: Thing, account: Thing | None = None) -> dict[str, Any]:
    """Return an invoice line in euros."""
    known = {"description": text, "amount": {"amount": amount, "currency": "EUR"}, "port": {"id": port.id}}
    return {**known, "managedAccount": account and {"id": account.id}}


async def test_month_is_charged_to_the_paying_company_R114_R115(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """A managed account's ports are lines of its partner's invoice and name the account. A direct company pays for its own."""
    partner, direct = await factory.partner(), await factory.company()
    account = await factory.managed_account(partner)
    long_ago, last_month = datetime(2025, 1, 1, tzinfo=UTC), datetime(2026, 3, 31, 23, 59, tzinfo=UTC)
    own = await factory.port(partner, name="Core", activated_at=long_ago, monthly_rate=100)
    managed = await factory.port(account.company, name="Edge", status="DISABLED", activated_at=last_month, setup_fee=70)
    theirs = await factory.port(direct, name="Peer", activated_at=long_ago, monthly_rate=30_000)

    said = await issued(rules_engine, APRIL)
    answers = [await client(company.admin, CHARGED, id=company.id) for company in (partner, direct)]

    period = {"number": "INV-2026-04-00001", "periodStart": "2026-04-01", "periodEnd": "2026-04-30"}
    lines = [
        charge("Core, 1 Gbps, April 2026", "1.00", own),
        charge("Edge, 1 Gbps, April 2026", "1250.00", managed, account),
        charge("Edge, setup", "0.70", managed, account),
    ]
    of_partner = {**period, "total": {"amount": "1251.70", "currency": "EUR"}, "lines": lines}
    of_direct = {
        **period,
        "number": "INV-2026-04-00002",
        "total": {"amount": "300.00", "currency": "EUR"},
        "lines": [charge("Peer, 1 Gbps, April 2026", "300.00", theirs)],
    }
    assert [payload({"company": {"invoices": nodes(each)}}) for each in (of_partner, of_direct)] == [
        response_of(each) for each in answers
    ]
    assert [
        f"INV-2026-04-00001: {partner.name}, 1251.70 EUR, ports: 2, payments: 0",
        f"INV-2026-04-00002: {direct.name}, 300.00 EUR, ports: 1, payments: 0",
        "Invoices for 2026-04 issued: 2; already issued: 0.",
    ] == said


async def test_ports_out_of_service_are_not_charged_R115(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """No invoice has ports that are ordered, have ended, belong to the operator, or became active in that month."""
    company, operator = await factory.company(), await factory.operator()
    before, within = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC)
    for status in ("REQUESTED", "ALLOCATED", "DECOMMISSIONED", "CANCELLED"):
        await factory.port(company, status=status, activated_at=before)
    await factory.port(company, activated_at=within)
    await factory.port(operator, activated_at=before)

    said = await issued(rules_engine, APRIL)
    answers = [response_of(await client(operator.admin, INVOICES, id=each.id)) for each in (company, operator)]

    assert ["Invoices for 2026-04 issued: 0; already issued: 0."] == said
    assert [below(), below()] == answers


async def test_issuing_a_month_again_adds_missing_invoices_only_R115(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """Each payer has one invoice per month and currency. A dry run stores nothing, and a repetition changes nothing."""
    company = await factory.company()
    before = datetime(2026, 1, 1, tzinfo=UTC)
    port = await factory.port(company, activated_at=before)

    said = [(await issued(rules_engine, APRIL, dry_run=True))[-1]]
    dry = await client(company.admin, CHARGED, id=company.id)
    said.append((await issued(rules_engine, APRIL))[-1])
    first = await client(company.admin, CHARGED, id=company.id)
    await factory.change(port, monthly_rate=1)
    said.append((await issued(rules_engine, APRIL))[-1])
    again = await client(company.admin, CHARGED, id=company.id)
    await factory.port(company, activated_at=before, currency="JPY")
    said.append((await issued(rules_engine, APRIL))[-1])
    more = await client(company.admin, CHARGED, id=company.id)

    assert payload({"company": {"invoices": nodes()}}) == response_of(dry)
    assert first.body == again.body
    numbers = [invoice["number"] for invoice in more.data["company"]["invoices"]["nodes"]]
    assert ["INV-2026-04-00001", "INV-2026-04-00002"] == numbers
    assert [
        "Invoices for 2026-04 would be issued: 1; already issued: 0.",
        "Invoices for 2026-04 issued: 1; already issued: 0.",
        "Invoices for 2026-04 issued: 0; already issued: 1.",
        "Invoices for 2026-04 issued: 1; already issued: 1.",
    ] == said


async def invoiced(client: Client, company: Company) -> dict[str, Any]:
    """Return the lines of a company's invoices by the first day of the month. Their sums are checked."""
    found = (await client(company.admin, PAYMENTS, id=company.id)).data["company"]["invoices"]["nodes"]
    for each in found:
        assert Decimal(each["total"]["amount"]) == sum(Decimal(line["amount"]["amount"]) for line in each["lines"])
    return {
        each["periodStart"]: [
            (line["description"], line["amount"]["amount"], line["agreement"]["id"]) for line in each["lines"]
        ]
        for each in found
    }


async def test_payments_of_agreements_are_charged_in_the_month_when_they_fall_due_R115_R230_R236(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """Each once. One payment is due on the first day, and an instalment on its date, to the partner of a managed buyer."""
    partner, seller = await factory.partner(), await factory.company()
    account = await factory.managed_account(partner)
    once = await factory.offer(seller, [account.company], status="ACCEPTED", name="Once")
    monthly = await factory.offer(
        seller, [partner], status="ACCEPTED", name="Monthly", dimensions=[300], instalments=[100, 200]
    )
    paid = await factory.agreement(once, account.company, starts_on=date(2026, 4, 30), total_value=501)
    scheduled = await factory.agreement(monthly, partner, starts_on=date(2026, 4, 2), total_value=300)
    await factory.due(monthly, date(2026, 3, 1), date(2026, 5, 31))

    for month in (MARCH, APRIL, APRIL, MAY, JUNE):
        await issued(rules_engine, month)

    assert {
        "2026-04-01": [
            ("Monthly, payment due on 2026-04-02", "1.00", scheduled.id),
            ("Once, payment due on 2026-04-30", "5.01", paid.id),
        ],
        "2026-05-01": [("Monthly, payment due on 2026-05-31", "2.00", scheduled.id)],
    } == await invoiced(client, partner)
    assert {} == await invoiced(client, seller)


async def test_payment_that_a_month_missed_is_on_the_next_one_R115(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """Invoices never change, so what is agreed after the month was charged follows later."""
    seller, buyer = await factory.company(), await factory.company()
    first, second = [await factory.offer(seller, [buyer], status="ACCEPTED", name=name) for name in ("First", "Second")]
    early = await factory.agreement(first, buyer, starts_on=date(2026, 4, 1), total_value=100)
    await issued(rules_engine, APRIL)
    late = await factory.agreement(second, buyer, starts_on=date(2026, 4, 30), total_value=200)

    await issued(rules_engine, APRIL)
    await issued(rules_engine, MAY)

    assert {
        "2026-04-01": [("First, payment due on 2026-04-01", "1.00", early.id)],
        "2026-05-01": [("Second, payment due on 2026-04-30", "2.00", late.id)],
    } == await invoiced(client, buyer)


async def test_nothing_is_charged_after_a_cancellation_R115_V38(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """What fell due before it is."""
    seller, buyer = await factory.company(), await factory.company()
    offer = await factory.offer(seller, [buyer], status="ACCEPTED", name="Monthly", dimensions=[300], instalments=[100, 200])
    cancelled = {"status": "CANCELLED", "ended_at": datetime(2026, 4, 15, tzinfo=UTC), "cancellation_reason": "Over."}
    agreement = await factory.agreement(offer, buyer, starts_on=date(2026, 4, 1), total_value=300, **cancelled)
    await factory.due(offer, date(2026, 4, 14), date(2026, 4, 16))

    await issued(rules_engine, MAY)

    assert {"2026-05-01": [("Monthly, payment due on 2026-04-14", "1.00", agreement.id)]} == await invoiced(client, buyer)


AT_ROOT = """query ($filter: InvoiceFilter, $order: InvoiceOrder) {
    invoices(filter: $filter, orderBy: $order) { nodes { id } totalCount }
}"""
FILES = "query ($id: ID!) { node(id: $id) { ... on Invoice { pdfUrl csvUrl } } }"


async def found_at_root(client: Client, email: str | None, **arguments: Any) -> list[str]:
    """Return the IDs of the invoices that a viewer finds at the root, after checking their count."""
    answer = await client(email, AT_ROOT, **arguments)
    assert [] == answer.errors
    page = answer.data["invoices"]
    assert len(page["nodes"]) == page["totalCount"]
    return [node["id"] for node in page["nodes"]]


async def test_invoices_at_the_root_are_those_that_the_viewer_reads_R114_V21_V23(client: Client, factory: Factory) -> None:
    """A company finds its own, a partner also those of the accounts that it manages, and the operator all."""
    partner, other, operator = await factory.partner(), await factory.company(), await factory.operator()
    account = await factory.managed_account(partner)
    invoices = [await factory.invoice(company) for company in (partner, account.company, other)]
    engineer = await factory.user(partner, "NETWORK_ADMIN")

    emails = (partner.admin, other.admin, operator.admin, engineer.email, account.admin, ANONYMOUS)
    found = [await found_at_root(client, email) for email in emails]

    own, of_account, of_other = (invoice.id for invoice in invoices)
    assert [[own, of_account], [of_other], [own, of_account, of_other], [], [], []] == found


async def test_invoices_at_the_root_are_filtered_and_sorted_V21(client: Client, factory: Factory) -> None:
    """By company and by period, for one company and for all. A company whose invoices the viewer can't read has none."""
    partner, other = await factory.partner(), await factory.company()
    account = await factory.managed_account(partner)
    march, january = [await factory.invoice(partner, month=date(2026, month, 1)) for month in (3, 1)]
    february = await factory.invoice(account.company, month=date(2026, 2, 1))
    await factory.invoice(other)

    newest = {"field": "PERIOD", "direction": "DESC"}
    found = [
        await found_at_root(client, partner.admin, filter=chosen, order=newest)
        for chosen in (
            {},
            {"companyId": partner.id},
            {"companyId": account.company.id, "periodFrom": "2026-01-01"},
            {"periodTo": "2026-02-01"},
            {"companyId": other.id},
        )
    ]

    assert [[march, february, january], [march, january], [february], [february, january], []] == [
        [next(each for each in (march, january, february) if each.id == name) for name in ids_] for ids_ in found
    ]


async def test_reader_downloads_an_invoice_R115_V21(client: Client, factory: Factory) -> None:
    """As a PDF to book, the same each time, and its lines as CSV. Both have the charges of managed accounts with their names."""
    partner = await factory.partner()
    account = await factory.managed_account(partner, name="=Łódź, شركة")
    invoice = await factory.invoice(partner, lines=[(None, 125_000), (account.company, 50)])

    urls = (await client(partner.admin, FILES, id=invoice.id)).data["node"]
    pdf, again, table = [await client.get(partner.admin, urlsplit(urls[name]).path) for name in ("pdfUrl", "pdfUrl", "csvUrl")]
    pages = PdfReader(BytesIO(pdf.content)).pages
    printed = "\n".join(page.extract_text() for page in pages)
    header, *lines = csv.reader(StringIO(table.content.decode(), newline=""))

    wanted = [invoice.number, partner.name, "2026-01-01 to 2026-01-31", "Charge 1", "1250.00", "Łódź", "0.50", "1250.50 EUR"]
    assert [f'attachment; filename="{invoice.number}.{kind}"' for kind in ("pdf", "csv")] == [
        served.headers["content-disposition"] for served in (pdf, table)
    ]
    assert pdf.content == again.content
    assert [] == [text for text in wanted if text not in printed]
    assert list(HEADER) == header
    assert [["Charge 1", "", "", "1250.00", "EUR"], ["Charge 2", "'=Łódź, شركة", "", "0.50", "EUR"]] == [
        [line[HEADER.index(name)] for name in ("description", "managedAccount", "portId", "amount", "currency")]
        for line in lines
    ]


async def test_long_invoice_has_pages_R115(client: Client, factory: Factory) -> None:
    """Each line is on one page, and none is lost."""
    company = await factory.company()
    invoice = await factory.invoice(company, lines=[(None, amount) for amount in range(1, 201)])

    pdf = await client.get(company.admin, f"/files/{invoice.id}")
    pages = [page.extract_text() for page in PdfReader(BytesIO(pdf.content)).pages]
    charges = [int(number) for page in pages for number in re.findall(r"Charge (\d+)\b", page)]

    assert len(pages) > 3
    assert [*range(1, 201)] == charges


@pytest.mark.parametrize("extension", ["", ".csv"])
async def test_others_download_no_invoice_R114_V21_V24(client: Client, factory: Factory, extension: str) -> None:
    """Whoever doesn't read it gets the same answer as for an invoice that doesn't exist, or a format that doesn't."""
    partner, other = await factory.partner(), await factory.company()
    account = await factory.managed_account(partner)
    await factory.setting(account, **SWITCHES)
    invoice = await factory.invoice(partner, lines=[(account.company, 1_000)])
    engineer = await factory.user(partner, "NETWORK_ADMIN")

    path = f"/files/{invoice.id}{extension}"
    refused = [await client.get(email, path) for email in (account.admin, other.admin, engineer.email, ANONYMOUS)]
    missing = [await client.get(partner.admin, missing) for missing in (f"/files/{invoice.id}.xls", f"/files/in{extension}")]

    assert [404] * 6 == [answer.status_code for answer in (*refused, *missing)]
    assert 1 == len({answer.json()["errors"][0]["message"] for answer in (*refused, *missing)})


async def test_file_shows_only_what_its_reader_sees_R115_V20(client: Client, factory: Factory) -> None:
    """The invoice of a former partner's account keeps the charge, without the name of an account that is another's now."""
    partner, other = await factory.partner(), await factory.partner()
    account = await factory.managed_account(other, name="Elsewhere")
    port = await factory.port(account.company)
    invoice = await factory.invoice(partner, lines=[(account.company, 1_000)], port=port)

    pdf, table = [await client.get(partner.admin, f"/files/{invoice.id}{extension}") for extension in ("", ".csv")]

    assert "Elsewhere" not in PdfReader(BytesIO(pdf.content)).pages[0].extract_text()
    assert [] == [text for text in ("Elsewhere", port.id) if text in table.text]
    assert "Charge 1" in table.text
