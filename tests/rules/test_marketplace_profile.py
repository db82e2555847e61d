"""Marketplace profiles: visible to everybody while public, but never to the managed account they belong to."""

from __future__ import annotations

from typing import Any

import pytest

from tests.client import ANONYMOUS, Client
from tests.factory import Factory, Thing
from tests.rules.answers import ids, nodes, payload, redaction_at, response_of

FOUND = """query ($id: ID!, $slug: String!) {
    node(id: $id) { id }
    marketplaceProfile(slug: $slug) { id }
    marketplaceProfiles { nodes { id } totalCount }
}"""
OF_COMPANY = "query ($id: ID!) { company(id: $id) { marketplaceProfile { id visibility } } }"
CONTACT = "query ($slug: String!) { marketplaceProfile(slug: $slug) { companyName contactEmail phone } }"
BY_SLUG = "query ($slug: String!) { marketplaceProfile(slug: $slug) { id slug url } }"
SEARCH = "query ($words: String!) { marketplaceProfiles(search: $words) { nodes { id } totalCount } }"
OF_TYPE = "query ($code: String!) { marketplaceProfiles(filter: {providerType: $code}) { nodes { id } totalCount } }"
ROLES = ["ACCOUNT_ADMIN", "NETWORK_ADMIN", "MARKETPLACE_EDITOR", "FINANCE", "VIEWER"]


def shown(profile: Thing, *all_shown: Thing) -> dict[str, Any]:
    """Return the answer to FOUND for a viewer that reads the profile, as one of all profiles it reads."""
    found = {"id": profile.id}
    return payload({"node": found, "marketplaceProfile": found, "marketplaceProfiles": ids(*all_shown)})


def not_shown(*all_shown: Thing) -> dict[str, Any]:
    """Return the answer to FOUND for a viewer that doesn't read the profile."""
    return payload({"node": None, "marketplaceProfile": None, "marketplaceProfiles": ids(*all_shown)})


@pytest.mark.parametrize("kind", ["ANONYMOUS", "DIRECT", "PARTNER", "MANAGED", "OPERATOR"])
async def test_public_profile_is_visible_to_everybody_R010_A8(client: Client, factory: Factory, kind: str) -> None:
    """Every viewer reads a public profile of another company, managed accounts included."""
    profile = await factory.profile(await factory.company(), slug="sample")
    email = await factory.admin_of_kind(kind)

    answer = await client(email, FOUND, id=profile.id, slug="sample")

    assert shown(profile, profile) == response_of(answer)


@pytest.mark.parametrize("kind", ["ANONYMOUS", "DIRECT", "PARTNER", "MANAGED"])
async def test_private_profile_is_hidden_from_others_R011(client: Client, factory: Factory, kind: str) -> None:
    """A private profile isn't found by its id, its slug or a search, or in any list."""
    profile = await factory.profile(await factory.company(name="Alpine"), visibility="PRIVATE", slug="alpine")
    email = await factory.admin_of_kind(kind)

    found = await client(email, FOUND, id=profile.id, slug="alpine")
    searched = await client(email, SEARCH, words="alpine")

    assert not_shown() == response_of(found)
    assert payload({"marketplaceProfiles": ids()}) == response_of(searched)


async def test_hidden_profile_looks_like_a_missing_one_R011_A21(client: Client, factory: Factory) -> None:
    """A visitor gets the same bytes for a private profile's slug and id as for unknown ones."""
    profile = await factory.profile(await factory.company(), visibility="PRIVATE", slug="sample")
    await factory.former_slug(profile, "sample-before")

    hidden_one = [(await client(ANONYMOUS, BY_SLUG, slug=slug)).body for slug in ("sample", "sample-before")]
    await factory.delete(profile)
    absent_one = [(await client(ANONYMOUS, BY_SLUG, slug=slug)).body for slug in ("sample", "sample-before")]

    assert absent_one == hidden_one


async def test_private_profile_stays_readable_to_its_company_R009_R012(client: Client, factory: Factory) -> None:
    """While a profile is private, its company still reads it and others don't. Each change applies to the next request."""
    company, other = await factory.company(), await factory.company()
    profile = await factory.profile(company, visibility="PRIVATE")
    query = "query ($id: ID!) { node(id: $id) { ... on MarketplaceProfile { visibility } } }"

    answers = []
    for visibility in ("PRIVATE", "PUBLIC", "PRIVATE"):
        await factory.change(profile, visibility=visibility)
        answers += [response_of(await client(who.admin, query, id=profile.id)) for who in (company, other)]

    private, public = (payload({"node": {"visibility": visibility}}) for visibility in ("PRIVATE", "PUBLIC"))
    nothing = payload({"node": None})
    assert [private, nothing, public, public, private, nothing] == answers


async def test_new_profile_and_new_port_are_private_A11_R012(client: Client, factory: Factory) -> None:
    """By default they're private: the owner reads that, and nobody else reads them."""
    company = await factory.company()
    profile, port = await factory.profile(company, visibility=None), await factory.port(company, visibility=None)
    query = """query ($ids: [ID!]!) { nodes(ids: $ids) {
        ... on MarketplaceProfile { profileIs: visibility } ... on Port { portIs: visibility }
    } }"""

    own, others = [await client(email, query, ids=[profile.id, port.id]) for email in (company.admin, ANONYMOUS)]

    assert payload({"nodes": [{"profileIs": "PRIVATE"}, {"portIs": "PRIVATE"}]}) == response_of(own)
    assert payload({"nodes": [None, None]}) == response_of(others)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("kind", ["DIRECT", "PARTNER"])
async def test_every_role_reads_its_companys_profile_V9_V23(client: Client, factory: Factory, kind: str, role: str) -> None:
    """Every user of a direct or a partner company reads the company's profile, even while it's private."""
    company = await factory.company(kind=kind)
    profile = await factory.profile(company, visibility="PRIVATE", slug="sample")
    user = await factory.user(company, role)

    answer = await client(user.email, FOUND, id=profile.id, slug="sample")

    assert shown(profile, profile) == response_of(answer)


@pytest.mark.parametrize("visibility", ["PUBLIC", "PRIVATE"])
@pytest.mark.parametrize("role", ROLES)
async def test_managed_viewer_never_reads_its_marketplace_profile_R002_R116_A8(
    client: Client, factory: Factory, role: str, visibility: str
) -> None:
    """No setting and no role lets a managed viewer read its own Marketplace profile, public or not, in any way."""
    settings = dict.fromkeys(("pricing", "chat_support", "dashboard", "company_profile", "order_approval"), True)
    account = await factory.managed_account(await factory.partner(), company={"name": "Alpine"})
    await factory.setting(account, **settings)
    profile = await factory.profile(account.company, visibility=visibility, slug="alpine")
    user = await factory.user(account.company, role)

    found = await client(user.email, FOUND, id=profile.id, slug="alpine")
    searched = await client(user.email, SEARCH, words="alpine")
    of_company = await client(user.email, OF_COMPANY, id=account.company.id)

    assert not_shown() == response_of(found)
    assert payload({"marketplaceProfiles": ids()}) == response_of(searched)
    redaction = redaction_at("company.marketplaceProfile", "NOT_FOR_MANAGED_ACCOUNTS")
    assert payload({"company": {"marketplaceProfile": None}}, redaction) == response_of(of_company)


async def test_managed_viewer_cannot_tell_whether_it_has_a_profile_R116_A21(client: Client, factory: Factory) -> None:
    """For a managed viewer, its company looks the same without a profile, with a private one and with a public one."""
    account = await factory.managed_account(await factory.partner())
    query = "query ($id: ID!) { company(id: $id) { marketplaceProfile { id } } marketplacePorts { totalCount } }"
    await factory.port(account.company, visibility="PUBLIC")

    without = await client(account.admin, query, id=account.company.id)
    profile = await factory.profile(account.company, visibility="PRIVATE")
    private = await client(account.admin, query, id=account.company.id)
    await factory.change(profile, visibility="PUBLIC")
    public = await client(account.admin, query, id=account.company.id)

    assert [without.body] * 2 == [private.body, public.body]


async def test_partner_reads_the_profile_of_its_account_A9(client: Client, factory: Factory) -> None:
    """A partner reads the private profile of a company that it manages. No other partner does."""
    partner, other = await factory.partner(), await factory.partner()
    account = await factory.managed_account(partner)
    profile = await factory.profile(account.company, visibility="PRIVATE", slug="sample")

    ours = await client(partner.admin, FOUND, id=profile.id, slug="sample")
    theirs = await client(other.admin, FOUND, id=profile.id, slug="sample")

    assert shown(profile, profile) == response_of(ours)
    assert not_shown() == response_of(theirs)


async def test_operator_reads_private_profiles_R011_V21(client: Client, factory: Factory) -> None:
    """The operator finds private profiles of any company wherever others find public ones."""
    operator = await factory.operator()
    profile = await factory.profile(await factory.company(), visibility="PRIVATE", slug="sample")

    answer = await client(operator.admin, FOUND, id=profile.id, slug="sample")

    assert shown(profile, profile) == response_of(answer)


async def test_public_profile_of_a_managed_account_is_visible_to_others_A8(client: Client, factory: Factory) -> None:
    """The denial applies to the managed account alone. Others, sibling accounts included, read its public profile."""
    partner = await factory.partner()
    account, sibling = await factory.managed_account(partner), await factory.managed_account(partner)
    profile = await factory.profile(account.company, slug="sample")

    answers = [response_of(await client(email, FOUND, id=profile.id, slug="sample")) for email in (ANONYMOUS, sibling.admin)]

    assert [shown(profile, profile)] * 2 == answers


async def test_company_has_one_profile_at_most_A1(client: Client, factory: Factory) -> None:
    """A company's profile is one object or null."""
    company = await factory.company()

    without = await client(company.admin, OF_COMPANY, id=company.id)
    profile = await factory.profile(company, visibility="PRIVATE")
    with_one = await client(company.admin, OF_COMPANY, id=company.id)

    assert payload({"company": {"marketplaceProfile": None}}) == response_of(without)
    found = {"id": profile.id, "visibility": "PRIVATE"}
    assert payload({"company": {"marketplaceProfile": found}}) == response_of(with_one)


async def test_contact_of_a_public_profile_requires_sign_in_R017_R020_V22(client: Client, factory: Factory) -> None:
    """Anonymous visitors read a public profile without its email and phone. Every signed-in viewer reads them."""
    await factory.profile(await factory.company(), name="Sample AG", slug="sample")
    signed_in = [await factory.admin_of_kind(kind) for kind in ("DIRECT", "PARTNER", "MANAGED", "OPERATOR")]

    anonymous = await client(ANONYMOUS, CONTACT, slug="sample")
    others = [response_of(await client(email, CONTACT, slug="sample")) for email in signed_in]

    nothing = {"companyName": "Sample AG", "contactEmail": None, "phone": None}
    redactions = [redaction_at(f"marketplaceProfile.{field}", "SIGN_IN_REQUIRED") for field in ("contactEmail", "phone")]
    assert payload({"marketplaceProfile": nothing}, *redactions) == response_of(anonymous)
    contact = {"companyName": "Sample AG", "contactEmail": "sales@sample.example", "phone": "+49 69 5550100"}
    assert [payload({"marketplaceProfile": contact})] * 4 == others


async def test_missing_phone_looks_hidden_to_visitors_V22(client: Client, factory: Factory) -> None:
    """A visitor can't tell a hidden phone from a missing one."""
    profile = await factory.profile(await factory.company(), slug="sample")

    with_one = await client(ANONYMOUS, CONTACT, slug="sample")
    await factory.change(profile, phone=None)
    without = await client(ANONYMOUS, CONTACT, slug="sample")

    assert with_one.body == without.body


async def test_profile_is_found_by_its_slugs_R014_A3(client: Client, factory: Factory) -> None:
    """The public URL of a profile ends with its slug. The profile is found by its slug and by each former one."""
    profile = await factory.profile(await factory.company(), slug="sample-2")
    await factory.former_slug(profile, "sample")

    now, before, never = [await client(ANONYMOUS, BY_SLUG, slug=slug) for slug in ("sample-2", "sample", "sample-3")]

    found = now.data["marketplaceProfile"]
    assert (profile.id, "sample-2") == (found["id"], found["slug"])
    assert found["url"].startswith("http")
    assert found["url"].endswith("/marketplace/sample-2")
    assert now.body == before.body
    assert payload({"marketplaceProfile": None}) == response_of(never)


async def test_profile_has_what_its_company_wrote_R014_R015_R019_R024_R025(client: Client, factory: Factory) -> None:
    """Name, text, website, links to other networks and headquarters are returned as they were entered."""
    await factory.profile(
        await factory.company(name="Trading name"),
        name="Sample AG",
        slug="sample",
        bio="We connect.",
        website="https://sample.example/offers",
        social_links=[{"network": "Mastodon", "url": "https://social.example/@sample"}],
        headquarters={"street": "Gleis 7", "city": "Ulm", "postal_code": "89073", "country": "DE"},
    )
    query = """{ marketplaceProfile(slug: "sample") {
        companyName bio website socialLinks { network url } headquarters { street city postalCode country }
    } }"""

    answer = await client(ANONYMOUS, query)

    profile = {
        "companyName": "Sample AG",
        "bio": "We connect.",
        "website": "https://sample.example/offers",
        "socialLinks": [{"network": "Mastodon", "url": "https://social.example/@sample"}],
        "headquarters": {"street": "Gleis 7", "city": "Ulm", "postalCode": "89073", "country": "DE"},
    }
    assert payload({"marketplaceProfile": profile}) == response_of(answer)


async def test_categories_come_from_the_operators_catalogue_R021_R022_A5(client: Client, factory: Factory) -> None:
    """A profile has provider types of a table, is found by each of them, and follows changes of the table at once."""
    await factory.provider_type("QUANTUM", "Quantum networks")
    profile = await factory.profile(await factory.company(), slug="sample", provider_types=["CLOUD", "QUANTUM"])
    query = '{ marketplaceProfile(slug: "sample") { providerTypes { code label } } }'

    both = await client(ANONYMOUS, query)
    found = [response_of(await client(ANONYMOUS, OF_TYPE, code=code)) for code in ("CLOUD", "QUANTUM", "UNKNOWN")]
    await factory.change(profile, provider_types=["QUANTUM"])
    fewer = await client(ANONYMOUS, OF_TYPE, code="CLOUD")

    types = [{"code": "CLOUD", "label": "Cloud"}, {"code": "QUANTUM", "label": "Quantum networks"}]
    assert payload({"marketplaceProfile": {"providerTypes": types}}) == response_of(both)
    one, none = (payload({"marketplaceProfiles": ids(*profiles)}) for profiles in ([profile], []))
    assert [one, one, none] == found
    assert none == response_of(fewer)


async def test_private_profile_needs_no_category_A5(client: Client, factory: Factory) -> None:
    """A private profile doesn't need a provider type yet."""
    company = await factory.company()
    await factory.profile(company, visibility="PRIVATE", provider_types=[])

    answer = await client(company.admin, "{ viewer { company { marketplaceProfile { providerTypes { code } } } } }")

    assert payload({"viewer": {"company": {"marketplaceProfile": {"providerTypes": []}}}}) == response_of(answer)


async def test_service_types_belong_to_provider_types_R023(client: Client, factory: Factory) -> None:
    """A service type names its provider type."""
    await factory.provider_type("CLOUD", "Cloud")
    await factory.service_type("BACKUP", "Backup", "CLOUD")
    await factory.profile(await factory.company(), slug="sample", service_types=["BACKUP"])
    query = """{
        marketplaceProfile(slug: "sample") { serviceTypes { code label providerType } }
        marketplaceProfiles(filter: {serviceType: "BACKUP"}) { nodes { slug } }
    }"""

    answer = await client(ANONYMOUS, query)

    backup = {"code": "BACKUP", "label": "Backup", "providerType": "CLOUD"}
    expected = {"marketplaceProfile": {"serviceTypes": [backup]}, "marketplaceProfiles": nodes({"slug": "sample"})}
    assert payload(expected) == response_of(answer)


async def test_search_finds_only_readable_profiles_R011_A21(client: Client, factory: Factory) -> None:
    """Words of private profiles find them for their own company and for nobody else."""
    company = await factory.company()
    private = await factory.profile(company, visibility="PRIVATE", name="Alpine Fibre", bio="Tunnels and passes.")
    public = await factory.profile(await factory.company(), name="Alpine Cloud")

    stranger = await client(ANONYMOUS, SEARCH, words="alpine")
    by_text = await client(ANONYMOUS, SEARCH, words="tunnel")
    own = await client(company.admin, SEARCH, words="alpine")

    assert payload({"marketplaceProfiles": ids(public)}) == response_of(stranger)
    assert payload({"marketplaceProfiles": ids()}) == response_of(by_text)
    assert payload({"marketplaceProfiles": ids(private, public)}) == response_of(own)


FORGIVEN = [
    ("Equinix", "Equinix", "the name itself"),
    ("Equinix", "EQUI", "its beginning, in capitals"),
    ("Equinix", "Equnix", "a letter too few"),
    ("Equinix", "Equiniix", "a letter too many"),
    ("Equinix", "Eqiunix", "two letters in each other's place"),
    ("Megaport", "megport", "a letter too few"),
    ("Megaport", "Negaport", "a wrong first letter"),
    ("Nordic Fibre", "fiber nordic", "another spelling, another order"),
    ("Caf\u00e9 R\u00e9seau", "cafe re\u0301seau", "with and without accents, composed or not"),
    ("Stra\u00dfe", "STRASSE", "a letter that is written as two"),
    ("Sm\u00f8rrebr\u00f8d", "smorrebrod", "letters that others write without a stroke"),
    ("\uff26\uff55\uff4c\uff4c Width", "full", "letters of another width"),
    ("\u0421\u0435\u0442\u044c", "\u0441\u0435\u0442\u044c", "another script, another case"),
    ("\u039f\u03b4\u03cc\u03c2", "\u039f\u0394\u039f\u03a3", "a letter that has two forms"),
    ("O'Brien & Co", "o'brien", "a sign within a word"),
    ("Port 80", "port 80", "a number"),
]
UNFORGIVEN = [
    ("Equinix", "Equinox Hotel", "one word that nothing has"),
    ("Equinix", "eqnx", "two letters too few"),
    ("Equinix", "quinine", "a word that is only alike"),
    ("Megaport", "gigaport", "two wrong letters"),
    ("Megaport", "port", "the end of a word"),
    ("Part One", "port", "a short word with a wrong letter"),
    ("Tier 12345", "12346", "another number"),
    ("Rack A10001", "a10002", "another number of something"),
    ("Sample", "~mple", "a sign that marks what is stored"),
]


@pytest.mark.parametrize(("name", "words", "why"), FORGIVEN)
async def test_search_tolerates_typos_R014(client: Client, factory: Factory, name: str, words: str, why: str) -> None:
    """Search matches words and prefixes, ignores accents and case, and tolerates one typo per word."""
    profile = await factory.profile(await factory.company(), name=name)
    await factory.profile(await factory.company(), name="Unrelated")

    answer = await client(ANONYMOUS, SEARCH, words=words)

    assert payload({"marketplaceProfiles": ids(profile)}) == response_of(answer), why


@pytest.mark.parametrize(("name", "words", "why"), UNFORGIVEN)
async def test_search_does_not_match_different_words_R014(
    client: Client, factory: Factory, name: str, words: str, why: str
) -> None:
    """Words with another meaning find nothing."""
    await factory.profile(await factory.company(), name=name)

    answer = await client(ANONYMOUS, SEARCH, words=words)

    assert payload({"marketplaceProfiles": ids()}) == response_of(answer), why


async def test_search_matches_every_word_R014_R015(client: Client, factory: Factory) -> None:
    """Each word of a search, misspelt or not, must match the name or the text."""
    both = await factory.profile(await factory.company(), name="Alpine", bio="Tunnels and passes.")
    await factory.profile(await factory.company(), name="Alpine", bio=None)

    answer = await client(ANONYMOUS, SEARCH, words="tunels alpin")

    assert payload({"marketplaceProfiles": ids(both)}) == response_of(answer)


@pytest.mark.parametrize("words", ["secret", "secrte", "hidden.example", "5550100", "sceret hidden"])
@pytest.mark.parametrize("kind", ["ANONYMOUS", "OPERATOR"])
async def test_search_ignores_contact_details_V22(client: Client, factory: Factory, kind: str, words: str) -> None:
    """Contact email and phone aren't searched, not even for viewers that can read them."""
    contact = {"contact_email": "secret@hidden.example", "phone": "+49 69 5550100"}
    await factory.profile(await factory.company(name="Alpine"), **contact)
    email = await factory.admin_of_kind(kind)

    answer = await client(email, SEARCH, words=words)

    assert payload({"marketplaceProfiles": ids()}) == response_of(answer)


async def test_misspelt_search_finds_only_readable_profiles_R011_R116(client: Client, factory: Factory) -> None:
    """Misspelt words of hidden profiles find them for viewers that read them. Others don't even see a count."""
    partner = await factory.partner()
    account = await factory.managed_account(partner)
    own = await factory.profile(account.company, name="Alpine Cloud")
    private = await factory.profile(await factory.company(), visibility="PRIVATE", name="Alpine Fibre")
    operator = await factory.operator()

    answers = [
        response_of(await client(who, SEARCH, words="alpnie"))
        for who in (account.admin, ANONYMOUS, partner.admin, operator.admin)
    ]

    expected = ids(), ids(own), ids(own), ids(own, private)
    assert [payload({"marketplaceProfiles": each}) for each in expected] == answers


async def test_search_follows_a_change_of_name_R027(client: Client, factory: Factory) -> None:
    """A profile is found by its current text and no longer by its former one."""
    profile = await factory.profile(await factory.company(), name="Alpine")
    await factory.change(profile, company_name="Coastal")

    now, before = await client(ANONYMOUS, SEARCH, words="coastl"), await client(ANONYMOUS, SEARCH, words="alpin")

    assert payload({"marketplaceProfiles": ids(profile)}) == response_of(now)
    assert payload({"marketplaceProfiles": ids()}) == response_of(before)


@pytest.mark.executors
@pytest.mark.parametrize("slug", ["sample", "former", "hidden", "was-hidden", "nobody"])
async def test_slug_lookup_takes_one_statement_A3_A21(client: Client, factory: Factory, slug: str) -> None:
    """A former slug of a private profile takes the same work, and finds as little, as an unknown slug."""
    shown = await factory.profile(await factory.company(), slug="sample")
    hidden = await factory.profile(await factory.company(), slug="hidden", visibility="PRIVATE")
    await factory.former_slug(shown, "former")
    await factory.former_slug(hidden, "was-hidden")

    with client.counting() as statements:
        answer = await client(ANONYMOUS, "query ($slug: String!) { marketplaceProfile(slug: $slug) { id } }", slug=slug)

    assert {"marketplaceProfile": {"id": shown.id} if slug in ("sample", "former") else None} == answer.data
    assert 1 == len([each for each in statements if "profile_slug" in each])
    assert [] == [each for each in statements if "marketplace_profile" in each and "profile_slug" not in each]
