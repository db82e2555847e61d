"""Companies are submitted for verification, and the operator's reviewers verify or reject them."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.client import Client
from tests.factory import Company, Factory
from tests.pictures import certificate, upload
from tests.rules.answers import payload, redaction_at, response_of
from tests.rules.mutations import queued_mails, send, stored_rows, user_error

STATUS = "company { verificationStatus verificationReason }"
FIELDS = "verificationStatus verificationReason verificationSubmittedAt verificationDueAt distributionAgreement"
ASKED = f"query ($id: ID!) {{ company(id: $id) {{ {FIELDS} }} }}"
NEW = {"verification_status": "UNVERIFIED"}
ROLES = ["ACCOUNT_ADMIN", "NETWORK_ADMIN", "MARKETPLACE_EDITOR", "FINANCE", "VIEWER"]


def status(name: str, reason: str | None = None) -> dict[str, Any]:
    """Return a payload with STATUS and without errors."""
    return {"company": {"verificationStatus": name, "verificationReason": reason}, "userErrors": []}


def nothing(*problems: dict[str, Any]) -> dict[str, Any]:
    """Return the payload of a mutation that isn't carried out."""
    return {"company": None, "userErrors": list(problems)}


async def submit(client: Client, email: str, company: str | None = None) -> dict[str, Any]:
    """Submit a company with a certificate, and return the payload with STATUS."""
    uploaded = await upload(client, email, certificate(), purpose="CERTIFICATE")
    given = {} if company is None else {"companyId": company}
    return await send(client, email, "submitVerification", STATUS, certificateId=uploaded.json()["id"], **given)


async def pending(factory: Factory, **values: Any) -> Company:
    """A company that waits for the operator."""
    return await factory.company(verification_status="PENDING", **values)


async def unverified(factory: Factory, **values: Any) -> Company:
    """A company that hasn't been submitted."""
    return await factory.company(verification_status="UNVERIFIED", **values)


async def test_company_is_submitted_rejected_and_submitted_again_A41_R409_R422(client: Client, factory: Factory) -> None:
    """A rejection has a reason, which a new submission clears."""
    operator, company = await factory.operator(), await unverified(factory)

    submitted = await submit(client, company.admin)
    reason = {"companyId": company.id, "reason": "Page 2 is missing.\nPlease send it."}
    rejected = await send(client, operator.admin, "rejectCompany", STATUS, **reason)
    again = await submit(client, company.admin, company.id)
    verified = await send(client, operator.admin, "verifyCompany", STATUS, companyId=company.id)

    assert status("PENDING") == submitted
    assert status("REJECTED", reason["reason"]) == rejected
    assert status("PENDING") == again
    assert status("VERIFIED") == verified


async def test_rejection_needs_a_reason_R423_A41(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """Without a reason, or with a long one, nothing changes."""
    operator, company = await factory.operator(), await pending(factory)
    before = await stored_rows(rules_engine)

    blank = await send(client, operator.admin, "rejectCompany", STATUS, companyId=company.id, reason=" ")
    long = await send(client, operator.admin, "rejectCompany", STATUS, companyId=company.id, reason="a" * 1_001)

    assert [nothing(user_error("REQUIRED", "reason")), nothing(user_error("TOO_LONG", "reason"))] == [blank, long]
    assert before == await stored_rows(rules_engine)


@pytest.mark.parametrize("state", ["UNVERIFIED", "PENDING", "VERIFIED", "REJECTED"])
async def test_steps_follow_the_lifecycle_A41(client: Client, factory: Factory, rules_engine: AsyncEngine, state: str) -> None:
    """Steps from another state are refused and change nothing. A company can be submitted until the operator has to decide."""
    operator, company = await factory.operator(), await factory.company(verification_status=state)
    before, illegal = (await stored_rows(rules_engine))["company"], nothing(user_error("ILLEGAL_STEP"))

    if state in ("PENDING", "VERIFIED"):
        assert illegal == await submit(client, company.admin)
    if state != "PENDING":
        assert illegal == await send(client, operator.admin, "verifyCompany", STATUS, companyId=company.id)
        assert illegal == await send(client, operator.admin, "rejectCompany", STATUS, companyId=company.id, reason="No.")
    assert before == (await stored_rows(rules_engine))["company"]


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("kind", ["DIRECT", "PARTNER", "MANAGED"])
async def test_administrators_submit_and_for_managed_accounts_only_the_partners_A43_V73(
    client: Client, factory: Factory, rules_engine: AsyncEngine, kind: str, role: str
) -> None:
    """A managed account submits nothing: its partner does. Nobody but an account administrator submits."""
    partner = await factory.partner()
    managed = kind == "MANAGED"
    company = (await factory.managed_account(partner, company=NEW)).company if managed else await unverified(factory, kind=kind)
    user, colleague = await factory.user(company, role), await factory.user(partner, role)
    before, may = (await stored_rows(rules_engine))["company"], role == "ACCOUNT_ADMIN"

    own = await submit(client, user.email)
    changed = before != (await stored_rows(rules_engine))["company"]
    if managed:
        acting = await submit(client, colleague.email, company.id)
        assert (status("PENDING") if may else nothing(user_error("FORBIDDEN", "companyId"))) == acting

    assert (status("PENDING") if may and not managed else nothing(user_error("FORBIDDEN"))) == own
    assert changed == (may and not managed)


@pytest.mark.parametrize("mutation", ["verifyCompany", "rejectCompany", "setDistributionAgreement"])
async def test_only_the_operators_staff_decides_R413_R421_V48(
    client: Client, factory: Factory, rules_engine: AsyncEngine, mutation: str
) -> None:
    """Reviewers verify and reject. Support only records agreements. The operator's other members and customers do neither."""
    operator, partner = await factory.operator(), await factory.partner()
    account = await factory.managed_account(partner, company={"verification_status": "PENDING"})
    inputs: dict[str, dict[str, Any]] = {"rejectCompany": {"reason": "No."}, "setDistributionAgreement": {"agreed": True}}
    more = inputs.get(mutation, {})
    support, admin = await factory.user(operator, "SUPPORT"), await factory.user(operator, "ACCOUNT_ADMIN")
    before = await stored_rows(rules_engine)

    async def outcome(email: str) -> list[str]:
        answer = await send(client, email, mutation, STATUS, companyId=account.company.id, **more)
        return [error["code"] for error in answer["userErrors"]]

    refused = [await outcome(email) for email in (account.admin, partner.admin)]
    hidden = await outcome(admin.email)
    if mutation != "setDistributionAgreement":
        refused.append(await outcome(support.email))
    unchanged = before == await stored_rows(rules_engine)
    allowed = await outcome(support.email if mutation == "setDistributionAgreement" else operator.admin)

    assert [["FORBIDDEN"]] * len(refused) == refused
    assert ["NOT_FOUND"] == hidden
    assert unchanged
    assert [] == allowed


async def test_reviewer_sets_the_type_within_the_agreement_A42_R413_R414_R420_R421(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """Without an agreement a company becomes ENTERPRISE or XAAS, with one any type. Its end makes the type ENTERPRISE again."""
    operator, company = await factory.operator(), await pending(factory)
    read = "company { companyType verificationStatus distributionAgreement }"
    verify, agree = {"companyId": company.id, "companyType": "CLOUD"}, {"companyId": company.id}
    before = await stored_rows(rules_engine)

    refused = await send(client, operator.admin, "verifyCompany", read, **verify)
    unchanged = before == await stored_rows(rules_engine)
    await send(client, operator.admin, "setDistributionAgreement", read, **agree, agreed=True)
    verified = await send(client, operator.admin, "verifyCompany", read, **verify)
    ended = await send(client, operator.admin, "setDistributionAgreement", read, **agree, agreed=False)

    facts = {"companyType": "CLOUD", "verificationStatus": "VERIFIED", "distributionAgreement": True}
    assert nothing(user_error("INVALID_VALUE", "companyType")) == refused
    assert unchanged
    assert {"company": facts, "userErrors": []} == verified
    assert {**facts, "companyType": "ENTERPRISE", "distributionAgreement": False} == ended["company"]


@pytest.mark.parametrize("kept", ["ENTERPRISE", "XAAS", "CLOUD"])
async def test_company_keeps_its_type_if_that_is_possible_A42_R413(client: Client, factory: Factory, kept: str) -> None:
    """A type that needs an agreement isn't verified without one, even if the reviewer names none."""
    operator, company = await factory.operator(), await pending(factory, company_type=kept)

    answer = await send(client, operator.admin, "verifyCompany", "company { companyType }", companyId=company.id)

    verified = {"company": {"companyType": kept}, "userErrors": []}
    assert (nothing(user_error("INVALID_VALUE", "companyType")) if kept == "CLOUD" else verified) == answer


@pytest.mark.parametrize(
    ("number", "country", "state", "repeated"),
    [
        ("HRB 7", "DE", "VERIFIED", True),
        ("hrb 7", "DE", "VERIFIED", True),
        ("HRB 7", "AT", "VERIFIED", False),
        ("HRB 8", "DE", "VERIFIED", False),
        ("HRB 7", "DE", "REJECTED", False),
    ],
)
async def test_registration_is_verified_once_V46_V65(
    client: Client, factory: Factory, number: str, country: str, state: str, repeated: bool
) -> None:
    """The reviewer learns that a company repeats a verified one's number and country. The company's submission doesn't say so."""
    operator = await factory.operator()
    await factory.company(registration_number=number, country=country, verification_status=state)
    company = await unverified(factory, registration_number="HRB 7")

    submitted = await submit(client, company.admin)
    verified = await send(client, operator.admin, "verifyCompany", STATUS, companyId=company.id)

    assert status("PENDING") == submitted
    assert (nothing(user_error("DUPLICATE", "companyId")) if repeated else status("VERIFIED")) == verified


async def test_one_of_two_companies_is_verified_at_once_V46_V65(client: Client, factory: Factory) -> None:
    """Two reviewers can't verify two companies with one registration at the same time."""
    operator = await factory.operator()
    twins = [await pending(factory, registration_number="HRB 7") for _ in range(2)]

    answers = await asyncio.gather(
        *(send(client, operator.admin, "verifyCompany", STATUS, companyId=company.id) for company in twins)
    )

    codes = sorted(error["code"] for answer in answers for error in answer["userErrors"])
    assert ["DUPLICATE"] == codes


@pytest.mark.parametrize("caller", ["itself", "its partner", "the operator"])
async def test_company_partner_and_operator_read_the_verification_R404_A39(
    client: Client, factory: Factory, caller: str
) -> None:
    """The company in each role, its partner and the operator read how its verification stands."""
    operator, account = await factory.operator(), await factory.managed_account(await factory.partner(), company=NEW)
    member = await factory.user(account.company, "VIEWER")
    emails = {"itself": member.email, "its partner": account.partner.admin, "the operator": operator.admin}
    await submit(client, account.partner.admin, account.company.id)

    answer = await client(emails[caller], ASKED, id=account.company.id)

    company = answer.data["company"]
    assert company["verificationSubmittedAt"] < company["verificationDueAt"]
    facts = {"verificationStatus": "PENDING", "verificationReason": None, "distributionAgreement": False}
    assert facts.items() <= company.items()
    assert [] == answer.redactions


@pytest.mark.parametrize("kind", ["ANONYMOUS", "DIRECT", "PARTNER", "MANAGED"])
async def test_others_read_nothing_of_the_verification_R404_V18(client: Client, factory: Factory, kind: str) -> None:
    """Whoever finds a company on the Marketplace doesn't learn whether it's verified."""
    company = await factory.company(verification_status="REJECTED", verification_reason="Unreadable.")
    await factory.profile(company)
    email = await factory.admin_of_kind(kind)

    answer = await client(email, ASKED, id=company.id)

    hidden = [redaction_at(f"company.{name}", "NOT_YOURS") for name in FIELDS.split()]
    assert payload({"company": dict.fromkeys(FIELDS.split())}, *hidden) == response_of(answer)


async def test_certified_details_are_locked_while_pending_R410_R422(client: Client, factory: Factory) -> None:
    """From its submission on, a company's legal name is locked. After a rejection it can be corrected."""
    operator, company = await factory.operator(), await unverified(factory)
    edit = {"version": 1, "legalName": "Other Ltd"}
    await submit(client, company.admin)

    locked = await send(client, company.admin, "updateCompanyProfile", "company { version }", **edit)
    await send(client, operator.admin, "rejectCompany", STATUS, companyId=company.id, reason="Wrong name.")
    corrected = await send(client, company.admin, "updateCompanyProfile", "company { version }", **edit)

    assert nothing(user_error("LOCKED", "legalName")) == locked
    assert {"company": {"version": 2}, "userErrors": []} == corrected


QUEUE = """query ($status: VerificationStatus, $order: CompanyOrder, $first: Int, $after: String) {
  companies(filter: {verificationStatus: $status}, orderBy: $order, first: $first, after: $after) {
    totalCount edges { cursor node { id } } pageInfo { endCursor hasNextPage } } }"""
MONDAY = datetime(2026, 3, 2, 9, 30, 0, 123456, tzinfo=UTC)


async def queued(factory: Factory, *days: int | None, state: str = "PENDING") -> list[str]:
    """Return the IDs of new companies whose verification is due that many days after MONDAY. Without days, it never is."""
    due = [None if number is None else MONDAY + timedelta(days=number) for number in days]
    companies = [
        await factory.company(name=f"Queued {number}", verification_status=state, verification_due_at=each)
        for number, each in enumerate(due)
    ]
    return [company.id for company in companies]


async def listed(client: Client, email: str, **arguments: Any) -> list[str]:
    """Return the IDs of all companies of a query, read two at a time."""
    found: list[str] = []
    after = None
    while True:
        page = (await client(email, QUEUE, first=2, after=after, **arguments)).data["companies"]
        assert page["totalCount"] >= len(page["edges"])
        found += [edge["node"]["id"] for edge in page["edges"]]
        if not page["pageInfo"]["hasNextPage"]:
            return found
        after = page["pageInfo"]["endCursor"]


@pytest.mark.parametrize("role", ["REVIEWER", "SUPPORT"])
async def test_queue_lists_what_is_due_first_before_others_V48_A39_R425(client: Client, factory: Factory, role: str) -> None:
    """The operator's queue has the PENDING companies only. Those due at the same time are in the order of their creation."""
    operator = await factory.operator()
    member = await factory.user(operator, role)
    later, soon, same, overdue, undated = await queued(factory, 3, 1, 1, -2, None)
    await queued(factory, -9, state="VERIFIED")

    queue = await listed(client, member.email, status="PENDING")
    reverse = await listed(client, member.email, status="PENDING", order={"field": "VERIFICATION_DUE_AT", "direction": "DESC"})
    by_name = await listed(client, member.email, status="PENDING", order={"field": "TRADING_NAME"})

    assert [overdue, soon, same, later, undated] == queue
    assert queue[::-1] == reverse
    assert [later, soon, same, overdue, undated] == by_name


async def test_new_submission_joins_the_end_of_the_queue_and_a_decision_leaves_it_V48_A41(
    client: Client, factory: Factory
) -> None:
    """A company that submits again waits again, behind those that are due before it."""
    operator, company = await factory.operator(), await unverified(factory)
    (waiting,) = await queued(factory, 0)

    await submit(client, company.admin)
    submitted = await listed(client, operator.admin, status="PENDING")
    await send(client, operator.admin, "rejectCompany", STATUS, companyId=company.id, reason="Unreadable.")
    rejected = await listed(client, operator.admin, status="PENDING")

    assert [waiting, company.id] == submitted
    assert [waiting] == rejected


async def test_companies_without_a_submission_come_last_A39(client: Client, factory: Factory) -> None:
    """Without the filter the order has all companies, on any page."""
    operator = await factory.operator()
    overdue, undated, soon = await queued(factory, -1, None, 1)

    found = await listed(client, operator.admin, order={"field": "VERIFICATION_DUE_AT"})

    assert [overdue, soon] == found[:2]
    assert sorted([operator.id, undated]) == sorted(found[2:])


@pytest.mark.parametrize("kind", ["ANONYMOUS", "DIRECT", "PARTNER", "MANAGED", "OPERATOR"])
async def test_only_the_operators_staff_has_the_queue_V48_V18_A16(client: Client, factory: Factory, kind: str) -> None:
    """Others can't filter or sort by what they read of some companies only, nor use a cursor of the queue."""
    operator = await factory.operator()
    (waiting,) = await queued(factory, 1)
    email = await factory.admin_of_kind(kind)
    if kind == "OPERATOR":
        email = (await factory.user(operator, "ACCOUNT_ADMIN")).email
    cursor = (await client(operator.admin, QUEUE, status="PENDING")).data["companies"]["edges"][0]["cursor"]

    filtered = await client(email, QUEUE, status="PENDING", after=cursor)
    ordered = await client(email, QUEUE, order={"field": "VERIFICATION_DUE_AT"})
    elsewhere = await client(email, QUEUE, after=cursor)

    assert [["FORBIDDEN_FILTER"], ["FORBIDDEN_ORDER"], ["INVALID_CURSOR"]] == [
        answer.codes for answer in (filtered, ordered, elsewhere)
    ]
    assert not any(waiting in answer.body.decode() for answer in (filtered, ordered, elsewhere))


TOLD = "{ notifications { nodes { kind title body subjectId } } }"


async def told(client: Client, email: str) -> list[tuple[str, str]]:
    """Return the kind and the subject's ID of a user's notifications, newest first."""
    nodes = (await client(email, TOLD)).data["notifications"]["nodes"]
    return [(node["kind"], node["subjectId"]) for node in nodes]


async def test_reviewers_are_notified_of_a_submission_R422_V48_X6(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """Each reviewer gets a notification and an email with the due date. The operator's other staff and the company get none."""
    operator, company = await factory.operator(), await unverified(factory)
    support = await factory.user(operator, "SUPPORT")

    await submit(client, company.admin)

    due = (await client(operator.admin, ASKED, id=company.id)).data["company"]["verificationDueAt"]
    (mail,) = await queued_mails(rules_engine)
    assert ("COMPANY_SUBMITTED", operator.admin) == mail[:2]
    assert mail[2].startswith(f"{company.name} is waiting to be verified\n")
    assert f"{due[:10]} {due[11:16]} UTC" in mail[2]
    assert [("COMPANY_SUBMITTED", company.id)] == await told(client, operator.admin)
    assert [] == await told(client, support.email)


@pytest.mark.parametrize("decision", ["verifyCompany", "rejectCompany"])
@pytest.mark.parametrize("managed", [False, True])
async def test_administrators_are_notified_of_the_decision_R424_A41_X6(
    client: Client, factory: Factory, rules_engine: AsyncEngine, managed: bool, decision: str
) -> None:
    """The company's administrators, and its partner's, get a notification and an email, of a rejection with its reason."""
    operator, state = await factory.operator(), {"verification_status": "PENDING"}
    account = await factory.managed_account(await factory.partner(), company=state) if managed else None
    company = account.company if account else await pending(factory)
    colleague = await factory.user(company, "NETWORK_ADMIN")
    reason = {} if decision == "verifyCompany" else {"reason": "Page 2 is missing."}

    await send(client, operator.admin, decision, STATUS, companyId=company.id, **reason)

    kind = "COMPANY_VERIFIED" if decision == "verifyCompany" else "COMPANY_REJECTED"
    mails = await queued_mails(rules_engine)
    addresses = [company.admin, account.partner.admin] if account else [company.admin]
    assert [(kind, address) for address in addresses] == [mail[:2] for mail in mails]
    assert all(company.name in text and reason.get("reason", "") in text for _, _, text in mails)
    assert [[(kind, company.id)]] * len(addresses) == [await told(client, address) for address in addresses]
    assert [] == await told(client, colleague.email) + await told(client, operator.admin)


async def test_refused_decision_notifies_nobody_R424_X6(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """A step that isn't carried out sends nothing."""
    operator, company = await factory.operator(), await unverified(factory)

    await send(client, operator.admin, "verifyCompany", STATUS, companyId=company.id)
    await send(client, company.admin, "verifyCompany", STATUS, companyId=company.id)

    assert [] == await queued_mails(rules_engine)
