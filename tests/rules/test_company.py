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


async def test_company_sees_itself_V18(client: Client, factory: Factory) -> None:
    """Every role of a company reads it."""
    company = await factory.company()
    user = await factory.user(company, "NETWORK_ADMIN")

    answer = await client(user.email, SEEN, id=company.id)

    assert seen(company, company) == response_of(answer)


async def test_partner_sees_the_companies_it_manages_V14_V18(client: Client, factory: Factory) -> None:
    """A partner reads the companies that it manages, and none that another partner manages."""
    partner = await factory.partner()
    ours = (await factory.managed_account(partner)).company
    theirs = (await factory.managed_account(await factory.partner())).company

    known, unknown = await client(partner.admin, SEEN, id=ours.id), await client(partner.admin, SEEN, id=theirs.id)

    assert seen(ours, partner, ours) == response_of(known)
    assert unseen(partner, ours) == response_of(unknown)


async def test_managed_accounts_see_their_partner_V18(client: Client, factory: Factory) -> None:
    """A managed company reads its partner and no other partner."""
    partner, other = await factory.partner(), await factory.partner()
    account = await factory.managed_account(partner)

    known, unknown = await client(account.admin, SEEN, id=partner.id), await client(account.admin, SEEN, id=other.id)

    assert seen(partner, partner, account.company) == response_of(known)
    assert unseen(partner, account.company) == response_of(unknown)


async def test_operator_sees_every_company_V18(client: Client, factory: Factory) -> None:
    """The operator reads every company."""
    operator, direct, partner = await factory.operator(), await factory.company(), await factory.partner()
    managed = (await factory.managed_account(partner)).company

    answer = await client(operator.admin, SEEN, id=managed.id)

    assert seen(managed, operator, direct, partner, managed) == response_of(answer)


@pytest.mark.parametrize("kind", ["ANONYMOUS", "DIRECT", "PARTNER", "MANAGED"])
async def test_unlisted_company_is_hidden_from_other_viewers_V18(client: Client, factory: Factory, kind: str) -> None:
    """A private profile, a limited product or a draft offer doesn't reveal that the company exists."""
    company, other = await factory.company(), await factory.company()
    await factory.profile(company, visibility="PRIVATE")
    product = await factory.product(company)
    await factory.offer(company, [other], product=product, status="DRAFT")
    email = await factory.admin_of_kind(kind)

    hidden_one = await client(email, "query ($id: ID!) { company(id: $id) { id } node(id: $id) { id } }", id=company.id)

    assert payload({"company": None, "node": None}) == response_of(hidden_one)


async def public_profile(factory: Factory, company: Company, _viewer: Company) -> Undo:
    """The company's profile is public, then becomes private."""
    profile = await factory.profile(company, visibility="PUBLIC")
    return lambda: factory.change(profile, visibility="PRIVATE")


async def public_product(factory: Factory, company: Company, _viewer: Company) -> Undo:
    """The company has two public products, then one becomes restricted and the other limited."""
    first = await factory.product(company, visibility="PUBLIC")
    second = await factory.product(company, visibility="PUBLIC")

    async def undo() -> None:
        await factory.change(first, visibility="RESTRICTED")
        await factory.change(second, visibility="LIMITED")

    return undo


async def invitation(factory: Factory, company: Company, viewer: Company) -> Undo:
    """The viewer is a test account of a limited product, then it is removed."""
    product = await factory.product(company, visibility="LIMITED")
    await factory.test_account(product, viewer)
    return lambda: factory.no_test_account(product, viewer)


async def invitation_to_what_is_restricted(factory: Factory, company: Company, viewer: Company) -> Undo:
    """The viewer is a test account of a limited product, then the product becomes restricted."""
    product = await factory.product(company, visibility="LIMITED")
    await factory.test_account(product, viewer)
    return lambda: factory.change(product, visibility="RESTRICTED")


async def received_offer(factory: Factory, company: Company, viewer: Company) -> Undo:
    """The company has extended an offer to the viewer, then the offer is deleted."""
    offer = await factory.offer(company, [viewer])
    return lambda: factory.delete(offer)


async def made_offer(factory: Factory, company: Company, viewer: Company) -> Undo:
    """The viewer drafts an offer for the company, then deletes it."""
    offer = await factory.offer(viewer, [company], status="DRAFT")
    return lambda: factory.delete(offer)


WAYS = [public_profile, public_product, invitation, invitation_to_what_is_restricted, received_offer, made_offer]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
async def test_company_is_visible_while_there_is_a_reason_V18(
    client: Client, factory: Factory, way: Callable[[Factory, Company, Company], Awaitable[Undo]]
) -> None:
    """Something public, offered or shared lets an unrelated viewer read the company. When it ends, the company is hidden again."""
    company, viewer = await factory.company(), await factory.company()

    before = await client(viewer.admin, SEEN, id=company.id)
    undo = await way(factory, company, viewer)
    during = await client(viewer.admin, SEEN, id=company.id)
    await undo()
    after = await client(viewer.admin, SEEN, id=company.id)

    assert unseen(viewer) == response_of(before)
    assert seen(company, company, viewer) == response_of(during)
    assert before.body == after.body


@pytest.mark.parametrize("way", [received_offer, made_offer], ids=lambda way: way.__name__)
async def test_partner_sees_counterparties_of_its_account_V14_V18(
    client: Client, factory: Factory, way: Callable[[Factory, Company, Company], Awaitable[Undo]]
) -> None:
    """The seller and the buyers of a managed account's offers are visible to the account's partner too."""
    company, partner = await factory.company(), await factory.partner()
    account = await factory.managed_account(partner)

    undo = await way(factory, company, account.company)
    during = await client(partner.admin, SEEN, id=company.id)
    await undo()
    after = await client(partner.admin, SEEN, id=company.id)

    assert seen(company, company, partner, account.company) == response_of(during)
    assert unseen(partner, account.company) == response_of(after)


@pytest.mark.parametrize("way", [public_profile, public_product], ids=lambda way: way.__name__)
async def test_listed_company_is_visible_to_visitors_V18(
    client: Client, factory: Factory, way: Callable[[Factory, Company, Company], Awaitable[Undo]]
) -> None:
    """A public profile or product makes its company visible to anonymous visitors too."""
    company = await factory.company()

    undo = await way(factory, company, company)
    during = await client(ANONYMOUS, SEEN, id=company.id)
    await undo()
    after = await client(ANONYMOUS, SEEN, id=company.id)

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
async def test_buyer_sees_the_seller_from_publication_on_V18_V19(
    client: Client, factory: Factory, status: str, known: bool
) -> None:
    """An unpublished offer doesn't reveal to its buyer who prepares it."""
    seller, buyer = await factory.company(), await factory.company()
    await factory.offer(seller, [buyer], status=status)

    answer = await client(buyer.admin, SEEN, id=seller.id)

    assert (seen(seller, seller, buyer) if known else unseen(buyer)) == response_of(answer)


async def test_buyers_of_one_offer_do_not_see_each_other_V18_V19(client: Client, factory: Factory) -> None:
    """Being buyers of the same offer doesn't make two companies visible to each other."""
    seller, buyer, other = await factory.company(), await factory.company(), await factory.company()
    await factory.offer(seller, [buyer, other])

    answer = await client(buyer.admin, SEEN, id=other.id)

    assert unseen(seller, buyer) == response_of(answer)


async def test_only_roles_that_read_offers_see_the_buyers_V18_V23(client: Client, factory: Factory) -> None:
    """A network administrator of the seller doesn't read its offers, so it doesn't learn who their buyers are."""
    seller, buyer = await factory.company(), await factory.company()
    await factory.offer(seller, [buyer])
    editor, network = await factory.user(seller, "MARKETPLACE_EDITOR"), await factory.user(seller, "NETWORK_ADMIN")

    by_editor, by_network = await client(editor.email, SEEN, id=buyer.id), await client(network.email, SEEN, id=buyer.id)

    assert seen(buyer, seller, buyer) == response_of(by_editor)
    assert unseen(seller) == response_of(by_network)


@pytest.mark.parametrize("caller", ["itself", "its partner", "the operator"])
async def test_account_partner_and_operator_read_kind_and_partner_V18(client: Client, factory: Factory, caller: str) -> None:
    """A managed company, its partner and the operator read that it is managed, and its partner."""
    partner, operator = await factory.partner(), await factory.operator()
    account = await factory.managed_account(partner)
    emails = {"itself": account.admin, "its partner": partner.admin, "the operator": operator.admin}

    answer = await client(emails[caller], STANDING, id=account.company.id)

    known = {"tradingName": account.company.name, "companyType": "ENTERPRISE"}
    assert payload({"company": {**known, "accountKind": "MANAGED", "partner": {"id": partner.id}}}) == response_of(answer)


@pytest.mark.parametrize("kind", ["ANONYMOUS", "DIRECT", "PARTNER", "MANAGED"])
async def test_other_viewers_do_not_read_that_a_company_is_managed_V18(client: Client, factory: Factory, kind: str) -> None:
    """To others, a managed company with a public product looks exactly like a direct one."""
    managed = (await factory.managed_account(await factory.partner(), company={"name": "Same"})).company
    direct = await factory.company(name="Same")
    await factory.product(managed, visibility="PUBLIC")
    await factory.product(direct, visibility="PUBLIC")
    email = await factory.admin_of_kind(kind)

    of_managed, of_direct = await client(email, STANDING, id=managed.id), await client(email, STANDING, id=direct.id)

    known = {"tradingName": "Same", "companyType": "ENTERPRISE", "accountKind": None, "partner": None}
    redactions = [redaction_at("company.accountKind", "NOT_YOURS"), redaction_at("company.partner", "NOT_YOURS")]
    assert payload({"company": known}, *redactions) == response_of(of_managed)
    assert of_managed.body == of_direct.body


@pytest.mark.parametrize("kind", ["ANONYMOUS", "DIRECT", "PARTNER", "MANAGED"])
async def test_companies_are_not_filtered_by_account_kind_V18_A16(client: Client, factory: Factory, kind: str) -> None:
    """A viewer that can't read every company's account kind can't filter by it. The operator can."""
    operator = await factory.operator()
    email = await factory.admin_of_kind(kind)
    query = "{ companies(filter: {accountKind: OPERATOR}) { nodes { id } } }"

    refused, allowed = await client(email, query), await client(operator.admin, query)

    assert (None, ["FORBIDDEN_FILTER"]) == (refused.data, refused.codes)
    assert payload({"companies": nodes({"id": operator.id})}) == response_of(allowed)


@pytest.mark.parametrize(
    "company_type", ["ENTERPRISE", "CLOUD", "DATA_CENTER", "INTERNET_EXCHANGE", "SERVICE_PROVIDER", "XAAS"]
)
async def test_company_type_is_one_of_six_R412_R413_R414_R415_R416_R417_R418_R419(
    client: Client, factory: Factory, company_type: str
) -> None:
    """A company states its type as one of six enum values and is found by it."""
    company = await factory.company(company_type=company_type)
    other = "CLOUD" if company_type == "ENTERPRISE" else "ENTERPRISE"
    query = "query ($type: CompanyType!) { companies(filter: {companyType: $type}) { nodes { id companyType } } }"

    found = await client(company.admin, query, type=company_type)
    not_found = await client(company.admin, query, type=other)

    assert payload({"companies": nodes({"id": company.id, "companyType": company_type})}) == response_of(found)
    assert payload({"companies": nodes()}) == response_of(not_found)


async def test_company_type_defaults_to_enterprise_R420(client: Client, factory: Factory) -> None:
    """A company without a stated type is an enterprise."""
    company = await factory.company()

    answer = await client(company.admin, "{ viewer { company { companyType } } }")

    assert payload({"viewer": {"company": {"companyType": "ENTERPRISE"}}}) == response_of(answer)


async def test_direct_company_reads_its_company_profile_V21(client: Client, factory: Factory) -> None:
    """A company reads its own registered details."""
    company = await factory.company(
        legal_name="Sample AG", registration_number="HRB 7", tax_number="DE 7", headquarters={"city": "Ulm"}
    )

    answer = await client(company.admin, PAPERS, id=company.id)

    known = {
        "legalName": "Sample AG",
        "registrationNumber": "HRB 7",
        "country": "DE",
        "headquarters": {"city": "Ulm"},
        "taxNumber": "DE 7",
    }
    assert payload({"company": {"companyProfile": known}}) == response_of(answer)


async def test_managed_account_reads_its_company_profile_if_its_partner_allows_it_R111_A13(
    client: Client, factory: Factory
) -> None:
    """A managed account's own company profile is hidden by default, and appears with the request after the setting."""
    account = await factory.managed_account(await factory.partner(), company={"legal_name": "Sample AG"})

    unset = await client(account.admin, LEGAL_NAME, id=account.company.id)
    await factory.setting(account, company_profile=True)
    shown = await client(account.admin, LEGAL_NAME, id=account.company.id)
    await factory.setting(account, company_profile=False)
    closed = await client(account.admin, LEGAL_NAME, id=account.company.id)

    redaction = redaction_at("company.companyProfile", "HIDDEN_BY_PARTNER")
    assert payload({"company": {"companyProfile": None}}, redaction) == response_of(unset)
    assert payload({"company": {"companyProfile": {"legalName": "Sample AG"}}}) == response_of(shown)
    assert unset.body == closed.body


async def test_partner_reads_the_company_profile_it_hides_R111_V21(client: Client, factory: Factory) -> None:
    """A partner reads what it hides from its account, and so does the operator."""
    partner, operator = await factory.partner(), await factory.operator()
    account = await factory.managed_account(partner, company_profile=False, company={"legal_name": "Sample AG"})

    answers = [response_of(await client(who.admin, LEGAL_NAME, id=account.company.id)) for who in (partner, operator)]

    assert [payload({"company": {"companyProfile": {"legalName": "Sample AG"}}})] * 2 == answers


async def test_company_profile_setting_does_not_show_the_marketplace_profile_X1(client: Client, factory: Factory) -> None:
    """Letting a managed account read its company profile doesn't let it read its Marketplace profile."""
    account = await factory.managed_account(await factory.partner(), company_profile=True, company={"legal_name": "Sample AG"})
    await factory.profile(account.company)
    query = "{ viewer { company { companyProfile { legalName } marketplaceProfile { id } } } }"

    answer = await client(account.admin, query)

    company = {"companyProfile": {"legalName": "Sample AG"}, "marketplaceProfile": None}
    redaction = redaction_at("viewer.company.marketplaceProfile", "NOT_FOR_MANAGED_ACCOUNTS")
    assert payload({"viewer": {"company": company}}, redaction) == response_of(answer)


@pytest.mark.parametrize("kind", ["ANONYMOUS", "DIRECT", "PARTNER", "MANAGED"])
async def test_other_companies_read_no_internal_data_V21_V24(client: Client, factory: Factory, kind: str) -> None:
    """Viewers that find a company on the Marketplace read nothing of its registered details, billing, support or people."""
    company = await factory.company()
    await factory.profile(company)
    await factory.billing_market(company)
    await factory.support_details(company)
    email = await factory.admin_of_kind(kind)

    answer = await client(email, INSIDE, id=company.id)

    billing = "NOT_FOR_MANAGED_ACCOUNTS" if kind == "MANAGED" else "NOT_YOURS"
    redactions = [
        redaction_at("company.companyProfile", "NOT_YOURS"),
        redaction_at("company.billingMarkets", billing),
        redaction_at("company.supportDetails", "NOT_YOURS"),
        redaction_at("company.members", "NOT_YOURS"),
    ]
    nothing = dict.fromkeys(("companyProfile", "billingMarkets", "supportDetails", "members"))
    assert payload({"company": nothing}, *redactions) == response_of(answer)


@pytest.mark.parametrize("caller", ["itself", "its partner", "the operator"])
async def test_company_partner_and_operator_read_internal_data_V21(client: Client, factory: Factory, caller: str) -> None:
    """The company as far as its rules allow, its partner and the operator read its internal data."""
    partner, operator, direct = await factory.partner(), await factory.operator(), await factory.company(legal_name="Sample AG")
    managed = (await factory.managed_account(partner, company={"legal_name": "Sample AG"})).company
    email, company = {
        "itself": (direct.admin, direct),
        "its partner": (partner.admin, managed),
        "the operator": (operator.admin, managed),
    }[caller]
    market = await factory.billing_market(company)
    await factory.support_details(company)

    answer = await client(email, INSIDE, id=company.id)

    inside = {
        "companyProfile": {"legalName": "Sample AG"},
        "billingMarkets": [{"id": market.id}],
        "supportDetails": {"phone": "+49 69 5550199"},
        "members": {"totalCount": 1},
    }
    assert payload({"company": inside}) == response_of(answer)


@pytest.mark.parametrize("kind", ["ANONYMOUS", "DIRECT", "PARTNER", "MANAGED"])
async def test_lists_without_readable_rows_are_empty_V24(client: Client, factory: Factory, kind: str) -> None:
    """Lists below a visible company are empty for viewers that can't read their rows: no error and no count."""
    partner = await factory.partner()
    await factory.profile(partner)
    await factory.port(partner, visibility="PUBLIC")
    await factory.product(partner)
    await factory.managed_account(partner)
    other = await factory.company()
    await factory.offer(partner, [other])
    await factory.offer(other, [partner])
    email = await factory.admin_of_kind(kind)

    answer = await client(email, BELOW, id=partner.id)

    lists = ("ports", "products", "offers", "receivedOffers", "managedAccounts")
    assert payload({"company": dict.fromkeys(lists, ids())}) == response_of(answer)
