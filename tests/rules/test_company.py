"""Companies: which companies a viewer can see, and what it reads of them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from tests.client import ANONYMOUS, Client
from tests.factory import Company, Factory
from tests.rules.answers import ids, nodes, payload, redaction_at, response_of

SEEN = """query ($id: ID!) {
    company(id: $id) { id tradingName companyType }
    node(id: $id) { id }
    companies { nodes { id } totalCount }
}"""
STANDING = "query ($id: ID!) { company(id: $id) { tradingName companyType accountKind partner { id } } }"
PAPERS = """query ($id: ID!) { company(id: $id) {
    companyProfile { legalName registrationNumber country headquarters { city } taxNumber }
} }"""
LEGAL_NAME = "query ($id: ID!) { company(id: $id) { companyProfile { legalName } } }"
INSIDE = """query ($id: ID!) { company(id: $id) {
    companyProfile { legalName } billingMarkets { id } supportDetails { phone } members { totalCount }
} }"""
BELOW = """query ($id: ID!) { company(id: $id) {
    ports { nodes { id } totalCount } products { nodes { id } totalCount } offers { nodes { id } totalCount }
    receivedOffers { nodes { id } totalCount } managedAccounts { nodes { id } totalCount }
} }"""

Undo = Callable[[], Awaitable[None]]


def seen(company: Company, *all_known: Company) -> object:
    """Return the answer to SEEN for a viewer that sees the company, as one of all companies it sees."""
    found = {"id": company.id, "tradingName": company.name, "companyType": "ENTERPRISE"}
    return payload({"company": found, "node": {"id": company.id}, "companies": ids(*all_known)})


def unseen(*all_known: Company) -> object:
    """Return the answer to SEEN for a viewer that doesn't see the company."""
    return payload({"company": None, "node": None, "companies": ids(*all_known)})


async def test_company_sees_itself_V18(ask: Client, given: Factory) -> None:
    """Every role of a company reads it."""
    company = await given.company()
    user = await given.user(company, "NETWORK_ADMIN")

    answer = await ask(user.email, SEEN, id=company.id)

    assert seen(company, company) == response_of(answer)


async def test_partner_sees_the_companies_it_manages_V14_V18(ask: Client, given: Factory) -> None:
    """A partner reads the companies that it manages, and none that another partner manages."""
    partner = await given.partner()
    ours = (await given.managed_account(partner)).company
    theirs = (await given.managed_account(await given.partner())).company

    known, unknown = await ask(partner.admin, SEEN, id=ours.id), await ask(partner.admin, SEEN, id=theirs.id)

    assert seen(ours, partner, ours) == response_of(known)
    assert unseen(partner, ours) == response_of(unknown)


async def test_managed_accounts_see_their_partner_V18(ask: Client, given: Factory) -> None:
    """A managed company reads its partner and no other partner."""
    partner, other = await given.partner(), await given.partner()
    account = await given.managed_account(partner)

    known, unknown = await ask(account.admin, SEEN, id=partner.id), await ask(account.admin, SEEN, id=other.id)

    assert seen(partner, partner, account.company) == response_of(known)
    assert unseen(partner, account.company) == response_of(unknown)


async def test_operator_sees_every_company_V18(ask: Client, given: Factory) -> None:
    """The operator reads every company."""
    operator, direct, partner = await given.operator(), await given.company(), await given.partner()
    managed = (await given.managed_account(partner)).company

    answer = await ask(operator.admin, SEEN, id=managed.id)

    assert seen(managed, operator, direct, partner, managed) == response_of(answer)


@pytest.mark.parametrize("kind", ["ANONYMOUS", "DIRECT", "PARTNER", "MANAGED"])
async def test_unlisted_company_is_hidden_from_other_viewers_V18(ask: Client, given: Factory, kind: str) -> None:
    """A private profile, a limited product or a draft offer doesn't reveal that the company exists."""
    company, other = await given.company(), await given.company()
    await given.profile(company, visibility="PRIVATE")
    product = await given.product(company)
    await given.offer(company, [other], product=product, status="DRAFT")
    email = await given.somebody(kind)

    hidden_one = await ask(email, "query ($id: ID!) { company(id: $id) { id } node(id: $id) { id } }", id=company.id)

    assert payload({"company": None, "node": None}) == response_of(hidden_one)


async def public_profile(given: Factory, company: Company, _viewer: Company) -> Undo:
    """The company's profile is public, then becomes private."""
    profile = await given.profile(company, visibility="PUBLIC")
    return lambda: given.change(profile, visibility="PRIVATE")


async def public_product(given: Factory, company: Company, _viewer: Company) -> Undo:
    """The company has two public products, then one becomes restricted and the other limited."""
    first = await given.product(company, visibility="PUBLIC")
    second = await given.product(company, visibility="PUBLIC")

    async def undo() -> None:
        await given.change(first, visibility="RESTRICTED")
        await given.change(second, visibility="LIMITED")

    return undo


async def invitation(given: Factory, company: Company, viewer: Company) -> Undo:
    """The viewer is a test account of a limited product, then it is removed."""
    product = await given.product(company, visibility="LIMITED")
    await given.test_account(product, viewer)
    return lambda: given.no_test_account(product, viewer)


async def invitation_to_what_is_restricted(given: Factory, company: Company, viewer: Company) -> Undo:
    """The viewer is a test account of a limited product, then the product becomes restricted."""
    product = await given.product(company, visibility="LIMITED")
    await given.test_account(product, viewer)
    return lambda: given.change(product, visibility="RESTRICTED")


async def received_offer(given: Factory, company: Company, viewer: Company) -> Undo:
    """The company has extended an offer to the viewer, then the offer is deleted."""
    offer = await given.offer(company, [viewer])
    return lambda: given.no_more(offer)


async def made_offer(given: Factory, company: Company, viewer: Company) -> Undo:
    """The viewer drafts an offer for the company, then deletes it."""
    offer = await given.offer(viewer, [company], status="DRAFT")
    return lambda: given.no_more(offer)


WAYS = [public_profile, public_product, invitation, invitation_to_what_is_restricted, received_offer, made_offer]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
async def test_company_is_visible_while_there_is_a_reason_V18(
    ask: Client, given: Factory, way: Callable[[Factory, Company, Company], Awaitable[Undo]]
) -> None:
    """Something public, offered or shared lets an unrelated viewer read the company. When it ends, the company is hidden again."""
    company, viewer = await given.company(), await given.company()

    before = await ask(viewer.admin, SEEN, id=company.id)
    undo = await way(given, company, viewer)
    during = await ask(viewer.admin, SEEN, id=company.id)
    await undo()
    after = await ask(viewer.admin, SEEN, id=company.id)

    assert unseen(viewer) == response_of(before)
    assert seen(company, company, viewer) == response_of(during)
    assert before.body == after.body


@pytest.mark.parametrize("way", [received_offer, made_offer], ids=lambda way: way.__name__)
async def test_partner_sees_counterparties_of_its_account_V14_V18(
    ask: Client, given: Factory, way: Callable[[Factory, Company, Company], Awaitable[Undo]]
) -> None:
    """The seller and the buyers of a managed account's offers are visible to the account's partner too."""
    company, partner = await given.company(), await given.partner()
    account = await given.managed_account(partner)

    undo = await way(given, company, account.company)
    during = await ask(partner.admin, SEEN, id=company.id)
    await undo()
    after = await ask(partner.admin, SEEN, id=company.id)

    assert seen(company, company, partner, account.company) == response_of(during)
    assert unseen(partner, account.company) == response_of(after)


@pytest.mark.parametrize("way", [public_profile, public_product], ids=lambda way: way.__name__)
async def test_listed_company_is_visible_to_visitors_V18(
    ask: Client, given: Factory, way: Callable[[Factory, Company, Company], Awaitable[Undo]]
) -> None:
    """A public profile or product makes its company visible to anonymous visitors too."""
    company = await given.company()

    undo = await way(given, company, company)
    during = await ask(ANONYMOUS, SEEN, id=company.id)
    await undo()
    after = await ask(ANONYMOUS, SEEN, id=company.id)

    assert seen(company, company) == response_of(during)
    assert unseen() == response_of(after)


@pytest.mark.parametrize(
    ("status", "known"),
    [
        ("DRAFT", False),
        ("PENDING_APPROVAL", False),
        ("REJECTED", False),
        ("PUBLISHED", True),
        ("ACCEPTED", True),
        ("EXPIRED", True),
        ("WITHDRAWN", True),
    ],
)
async def test_buyer_sees_the_seller_from_publication_on_V18_V19(ask: Client, given: Factory, status: str, known: bool) -> None:
    """An unpublished offer doesn't reveal to its buyer who prepares it."""
    seller, buyer = await given.company(), await given.company()
    await given.offer(seller, [buyer], status=status)

    answer = await ask(buyer.admin, SEEN, id=seller.id)

    assert (seen(seller, seller, buyer) if known else unseen(buyer)) == response_of(answer)


async def test_buyers_of_one_offer_do_not_see_each_other_V18_V19(ask: Client, given: Factory) -> None:
    """Being buyers of the same offer doesn't make two companies visible to each other."""
    seller, buyer, other = await given.company(), await given.company(), await given.company()
    await given.offer(seller, [buyer, other])

    answer = await ask(buyer.admin, SEEN, id=other.id)

    assert unseen(seller, buyer) == response_of(answer)


async def test_only_roles_that_read_offers_see_the_buyers_V18_V23(ask: Client, given: Factory) -> None:
    """A network administrator of the seller doesn't read its offers, so it doesn't learn who their buyers are."""
    seller, buyer = await given.company(), await given.company()
    await given.offer(seller, [buyer])
    editor, network = await given.user(seller, "MARKETPLACE_EDITOR"), await given.user(seller, "NETWORK_ADMIN")

    by_editor, by_network = await ask(editor.email, SEEN, id=buyer.id), await ask(network.email, SEEN, id=buyer.id)

    assert seen(buyer, seller, buyer) == response_of(by_editor)
    assert unseen(seller) == response_of(by_network)


@pytest.mark.parametrize("asking", ["itself", "its partner", "the operator"])
async def test_account_partner_and_operator_read_kind_and_partner_V18(ask: Client, given: Factory, asking: str) -> None:
    """A managed company, its partner and the operator read that it is managed, and by whom."""
    partner, operator = await given.partner(), await given.operator()
    account = await given.managed_account(partner)
    emails = {"itself": account.admin, "its partner": partner.admin, "the operator": operator.admin}

    answer = await ask(emails[asking], STANDING, id=account.company.id)

    known = {"tradingName": account.company.name, "companyType": "ENTERPRISE"}
    assert payload({"company": {**known, "accountKind": "MANAGED", "partner": {"id": partner.id}}}) == response_of(answer)


@pytest.mark.parametrize("kind", ["ANONYMOUS", "DIRECT", "PARTNER", "MANAGED"])
async def test_other_viewers_do_not_read_that_a_company_is_managed_V18(ask: Client, given: Factory, kind: str) -> None:
    """To others, a managed company with a public product looks exactly like a direct one."""
    managed = (await given.managed_account(await given.partner(), company={"name": "Same"})).company
    direct = await given.company(name="Same")
    await given.product(managed, visibility="PUBLIC")
    await given.product(direct, visibility="PUBLIC")
    email = await given.somebody(kind)

    of_managed, of_direct = await ask(email, STANDING, id=managed.id), await ask(email, STANDING, id=direct.id)

    known = {"tradingName": "Same", "companyType": "ENTERPRISE", "accountKind": None, "partner": None}
    redactions = [redaction_at("company.accountKind", "NOT_YOURS"), redaction_at("company.partner", "NOT_YOURS")]
    assert payload({"company": known}, *redactions) == response_of(of_managed)
    assert of_managed.body == of_direct.body


@pytest.mark.parametrize("kind", ["ANONYMOUS", "DIRECT", "PARTNER", "MANAGED"])
async def test_companies_are_not_filtered_by_account_kind_V18_A16(ask: Client, given: Factory, kind: str) -> None:
    """A viewer that can't read every company's account kind can't filter by it. The operator can."""
    operator = await given.operator()
    email = await given.somebody(kind)
    query = "{ companies(filter: {accountKind: OPERATOR}) { nodes { id } } }"

    refused, allowed = await ask(email, query), await ask(operator.admin, query)

    assert (None, ["FORBIDDEN_FILTER"]) == (refused.data, refused.codes)
    assert payload({"companies": nodes({"id": operator.id})}) == response_of(allowed)


@pytest.mark.parametrize(
    "company_type", ["ENTERPRISE", "CLOUD", "DATA_CENTER", "INTERNET_EXCHANGE", "SERVICE_PROVIDER", "XAAS"]
)
async def test_company_type_is_one_of_six_R412_R413_R414_R415_R416_R417_R418_R419(
    ask: Client, given: Factory, company_type: str
) -> None:
    """A company states its type as one of six enum values and is found by it."""
    company = await given.company(company_type=company_type)
    other = "CLOUD" if company_type == "ENTERPRISE" else "ENTERPRISE"
    query = "query ($type: CompanyType!) { companies(filter: {companyType: $type}) { nodes { id companyType } } }"

    found = await ask(company.admin, query, type=company_type)
    not_found = await ask(company.admin, query, type=other)

    assert payload({"companies": nodes({"id": company.id, "companyType": company_type})}) == response_of(found)
    assert payload({"companies": nodes()}) == response_of(not_found)


async def test_company_type_defaults_to_enterprise_R420(ask: Client, given: Factory) -> None:
    """A company without a stated type is an enterprise."""
    company = await given.company()

    answer = await ask(company.admin, "{ viewer { company { companyType } } }")

    assert payload({"viewer": {"company": {"companyType": "ENTERPRISE"}}}) == response_of(answer)


async def test_direct_company_reads_its_company_profile_V21(ask: Client, given: Factory) -> None:
    """A company reads its own registered details."""
    company = await given.company(
        legal_name="Sample AG", registration_number="HRB 7", tax_number="DE 7", headquarters={"city": "Ulm"}
    )

    answer = await ask(company.admin, PAPERS, id=company.id)

    known = {
        "legalName": "Sample AG",
        "registrationNumber": "HRB 7",
        "country": "DE",
        "headquarters": {"city": "Ulm"},
        "taxNumber": "DE 7",
    }
    assert payload({"company": {"companyProfile": known}}) == response_of(answer)


async def test_managed_account_reads_its_company_profile_if_its_partner_allows_it_R111_A13(ask: Client, given: Factory) -> None:
    """A managed account's own company profile is hidden by default, and appears with the request after the setting."""
    account = await given.managed_account(await given.partner(), company={"legal_name": "Sample AG"})

    unset = await ask(account.admin, LEGAL_NAME, id=account.company.id)
    await given.setting(account, company_profile=True)
    shown = await ask(account.admin, LEGAL_NAME, id=account.company.id)
    await given.setting(account, company_profile=False)
    closed = await ask(account.admin, LEGAL_NAME, id=account.company.id)

    redaction = redaction_at("company.companyProfile", "HIDDEN_BY_PARTNER")
    assert payload({"company": {"companyProfile": None}}, redaction) == response_of(unset)
    assert payload({"company": {"companyProfile": {"legalName": "Sample AG"}}}) == response_of(shown)
    assert unset.body == closed.body


async def test_partner_reads_the_company_profile_it_hides_R111_V21(ask: Client, given: Factory) -> None:
    """A partner reads what it hides from its account, and so does the operator."""
    partner, operator = await given.partner(), await given.operator()
    account = await given.managed_account(partner, company_profile=False, company={"legal_name": "Sample AG"})

    answers = [response_of(await ask(who.admin, LEGAL_NAME, id=account.company.id)) for who in (partner, operator)]

    assert [payload({"company": {"companyProfile": {"legalName": "Sample AG"}}})] * 2 == answers


async def test_company_profile_setting_does_not_show_the_marketplace_profile_X1(ask: Client, given: Factory) -> None:
    """Letting a managed account read its company profile doesn't let it read its Marketplace profile."""
    account = await given.managed_account(await given.partner(), company_profile=True, company={"legal_name": "Sample AG"})
    await given.profile(account.company)
    query = "{ viewer { company { companyProfile { legalName } marketplaceProfile { id } } } }"

    answer = await ask(account.admin, query)

    company = {"companyProfile": {"legalName": "Sample AG"}, "marketplaceProfile": None}
    redaction = redaction_at("viewer.company.marketplaceProfile", "NOT_FOR_MANAGED_ACCOUNTS")
    assert payload({"viewer": {"company": company}}, redaction) == response_of(answer)


@pytest.mark.parametrize("kind", ["ANONYMOUS", "DIRECT", "PARTNER", "MANAGED"])
async def test_other_companies_read_no_internal_data_V21_V24(ask: Client, given: Factory, kind: str) -> None:
    """Viewers that find a company on the Marketplace read nothing of its registered details, billing, support or people."""
    company = await given.company()
    await given.profile(company)
    await given.billing_market(company)
    await given.support_details(company)
    email = await given.somebody(kind)

    answer = await ask(email, INSIDE, id=company.id)

    billing = "NOT_FOR_MANAGED_ACCOUNTS" if kind == "MANAGED" else "NOT_YOURS"
    redactions = [
        redaction_at("company.companyProfile", "NOT_YOURS"),
        redaction_at("company.billingMarkets", billing),
        redaction_at("company.supportDetails", "NOT_YOURS"),
        redaction_at("company.members", "NOT_YOURS"),
    ]
    nothing = dict.fromkeys(("companyProfile", "billingMarkets", "supportDetails", "members"))
    assert payload({"company": nothing}, *redactions) == response_of(answer)


@pytest.mark.parametrize("asking", ["itself", "its partner", "the operator"])
async def test_company_partner_and_operator_read_internal_data_V21(ask: Client, given: Factory, asking: str) -> None:
    """The company as far as its rules allow, its partner and the operator read its internal data."""
    partner, operator, direct = await given.partner(), await given.operator(), await given.company(legal_name="Sample AG")
    managed = (await given.managed_account(partner, company={"legal_name": "Sample AG"})).company
    email, company = {
        "itself": (direct.admin, direct),
        "its partner": (partner.admin, managed),
        "the operator": (operator.admin, managed),
    }[asking]
    market = await given.billing_market(company)
    await given.support_details(company)

    answer = await ask(email, INSIDE, id=company.id)

    inside = {
        "companyProfile": {"legalName": "Sample AG"},
        "billingMarkets": [{"id": market.id}],
        "supportDetails": {"phone": "+49 69 5550199"},
        "members": {"totalCount": 1},
    }
    assert payload({"company": inside}) == response_of(answer)


@pytest.mark.parametrize("kind", ["ANONYMOUS", "DIRECT", "PARTNER", "MANAGED"])
async def test_lists_without_readable_rows_are_empty_V24(ask: Client, given: Factory, kind: str) -> None:
    """Lists below a visible company are empty for viewers that can't read their rows: no error and no count."""
    partner = await given.partner()
    await given.profile(partner)
    await given.port(partner, visibility="PUBLIC")
    await given.product(partner)
    await given.managed_account(partner)
    other = await given.company()
    await given.offer(partner, [other])
    await given.offer(other, [partner])
    email = await given.somebody(kind)

    answer = await ask(email, BELOW, id=partner.id)

    lists = ("ports", "products", "offers", "receivedOffers", "managedAccounts")
    assert payload({"company": dict.fromkeys(lists, ids())}) == response_of(answer)
