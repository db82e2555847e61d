"""A company's editors or its partner's save its Marketplace profile, and nobody else. Invalid input changes nothing."""

from __future__ import annotations

import asyncio
from typing import Any, Final

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.client import ANONYMOUS, Client
from tests.factory import Company, Factory
from tests.rules.answers import payload, response_of
from tests.rules.mutations import recorded_changes, send, stored_rows, user_error

SAVE: Final = "saveMarketplaceProfile"
SHORT: Final = "marketplaceProfile { companyName slug visibility version }"
WHOLE: Final = """marketplaceProfile {
    companyName slug visibility version bio contactEmail website phone providerTypes { code } serviceTypes { code }
    socialLinks { network url } headquarters { street city postalCode country } logo { width }
}"""
NEW: Final = {"companyName": "Sample AG", "contactEmail": "sales@sample.example"}
BY_SLUG: Final = "query ($slug: String!) { marketplaceProfile(slug: $slug) { companyName slug } }"
TARGETS: Final = "{ marketplacePorts { nodes { name description } } }"


async def verified(factory: Factory, **values: Any) -> Company:
    """A company that the operator has verified, and the catalogue that it chooses from."""
    await factory.provider_type("CLOUD", "Cloud")
    return await factory.company(verification_status="VERIFIED", **values)


async def save(client: Client, company: Company, selection: str = SHORT, **values: Any) -> dict[str, Any]:
    """Save the profile of a company as its administrator and return the payload."""
    return await send(client, company.admin, SAVE, selection, **values)


async def edit(client: Client, company: Company, version: int, **values: Any) -> dict[str, Any]:
    """Save an edit that isn't refused and return the slug."""
    answer = await save(client, company, version=version, **values)
    assert [] == answer["userErrors"]
    profile: dict[str, Any] = answer["marketplaceProfile"]
    return profile


def problems(*expected: dict[str, Any]) -> dict[str, Any]:
    """Return the payload of a mutation that isn't carried out."""
    return {"marketplaceProfile": None, "userErrors": list(expected)}


async def test_profile_is_saved_with_all_its_fields_R001_R006_R014_R015_R017_R019_R020_R021_R023_R024_R025_R026(
    client: Client, factory: Factory
) -> None:
    """Every saved value is read back as it was written."""
    company = await verified(factory)
    await factory.service_type("BACKUP", "Backup", "CLOUD")
    logo = await factory.image(company)
    place = {"street": "Gleis 7", "city": "Ulm", "postalCode": "89073", "country": "DE"}
    links = [{"network": "Mastodon", "url": "https://social.example/@sample"}]
    written: dict[str, Any] = {
        "companyName": "Sample AG",
        "bio": "We connect.",
        "contactEmail": "sales@sample.example",
        "headquarters": place,
    }
    written |= {"website": "https://sample.example/offers", "phone": "+49 69 5550100", "socialLinks": links}
    codes = {"providerTypes": ["CLOUD"], "serviceTypes": ["BACKUP"]}

    answer = await save(client, company, WHOLE, **written, **codes, visibility="PUBLIC", logoId=logo.id)

    lists = {"providerTypes": [{"code": "CLOUD"}], "serviceTypes": [{"code": "BACKUP"}]}
    facts = {"slug": "sample-ag", "visibility": "PUBLIC", "version": 1, "logo": {"width": 200}}
    assert {"marketplaceProfile": {**written, **lists, **facts}, "userErrors": []} == answer


async def test_new_profile_needs_name_and_email_and_is_private_A10_A11_R012(client: Client, factory: Factory) -> None:
    """A new profile needs only a name and an email address, and nobody else sees it."""
    company = await factory.company()

    answer = await save(client, company, WHOLE, **NEW)
    seen = await client(ANONYMOUS, BY_SLUG, slug="sample-ag")

    nothing = dict.fromkeys(("bio", "website", "phone", "headquarters", "logo"))
    lists: dict[str, Any] = {"providerTypes": [], "serviceTypes": [], "socialLinks": []}
    profile = {**NEW, "slug": "sample-ag", "visibility": "PRIVATE", "version": 1, **nothing, **lists}
    assert {"marketplaceProfile": profile, "userErrors": []} == answer
    assert payload({"marketplaceProfile": None}) == response_of(seen)


@pytest.mark.parametrize("role", ["ACCOUNT_ADMIN", "MARKETPLACE_EDITOR"])
@pytest.mark.parametrize("kind", ["DIRECT", "PARTNER"])
async def test_editors_of_a_company_save_its_profile_V9(client: Client, factory: Factory, kind: str, role: str) -> None:
    """Account administrators and Marketplace editors create and edit it."""
    user = await factory.user(await factory.company(kind=kind), role)

    made = await send(client, user.email, SAVE, SHORT, **NEW)
    edited = await send(client, user.email, SAVE, SHORT, version=1, companyName="Other AG")

    assert [[], []] == [made["userErrors"], edited["userErrors"]]
    assert ("sample-ag", "other-ag", 2) == (
        made["marketplaceProfile"]["slug"],
        edited["marketplaceProfile"]["slug"],
        edited["marketplaceProfile"]["version"],
    )


@pytest.mark.parametrize("role", ["NETWORK_ADMIN", "FINANCE", "VIEWER"])
async def test_other_roles_save_no_profile_and_read_no_version_V9(
    client: Client, factory: Factory, rules_engine: AsyncEngine, role: str
) -> None:
    """They read the profile but can't change it."""
    company = await factory.company()
    await factory.profile(company)
    user = await factory.user(company, role)
    before = await stored_rows(rules_engine)

    answer = await send(client, user.email, SAVE, SHORT, version=1, companyName="Other AG")
    read = await client(user.email, "{ viewer { company { marketplaceProfile { version } } } }")

    assert problems(user_error("FORBIDDEN")) == answer
    assert before == await stored_rows(rules_engine)
    assert [None, "ROLE_REQUIRED"] == [
        read.data["viewer"]["company"]["marketplaceProfile"]["version"],
        read.redactions[0].reason,
    ]


@pytest.mark.parametrize("role", ["ACCOUNT_ADMIN", "MARKETPLACE_EDITOR"])
async def test_managed_viewer_never_saves_a_profile_R002_R116_A21(
    client: Client, factory: Factory, rules_engine: AsyncEngine, role: str
) -> None:
    """No role and no setting allows it. Whether there is a profile makes no difference."""
    account = await factory.managed_account(await factory.partner(), pricing=True, dashboard=True, company_profile=True)
    user = await factory.user(account.company, role)

    without = await send(client, user.email, SAVE, SHORT, **NEW)
    await factory.profile(account.company)
    before = await stored_rows(rules_engine)
    with_one = [
        await send(client, user.email, SAVE, SHORT, **NEW),
        await send(client, user.email, SAVE, SHORT, **NEW, version=1),
    ]

    assert [problems(user_error("FORBIDDEN"))] * 3 == [without, *with_one]
    assert before == await stored_rows(rules_engine)


@pytest.mark.parametrize("kind", ["ANONYMOUS", "DIRECT", "PARTNER", "MANAGED"])
async def test_hidden_company_does_not_exist_for_a_save_R004_A21(
    client: Client, factory: Factory, rules_engine: AsyncEngine, kind: str
) -> None:
    """A company that the viewer can't see is not found. A visitor has no company of its own."""
    company, email = await factory.company(), await factory.admin_of_kind(kind)
    before = await stored_rows(rules_engine)

    answer = await send(client, email, SAVE, SHORT, **NEW, companyId=company.id)

    assert problems(user_error("NOT_FOUND", "companyId")) == answer
    assert before == await stored_rows(rules_engine)


async def test_other_companies_do_not_save_a_profile_R003_R004(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """A visitor creates none. A viewer that sees a company can't edit its profile, nor can the operator."""
    company, operator = await factory.company(), await factory.operator()
    await factory.profile(company)
    before = await stored_rows(rules_engine)

    visitor = await send(client, ANONYMOUS, SAVE, SHORT, **NEW)
    strangers = [
        await send(client, email, SAVE, SHORT, **NEW, version=1, companyId=company.id)
        for email in (ANONYMOUS, operator.admin, await factory.admin_of_kind("DIRECT"))
    ]

    assert problems(user_error("FORBIDDEN")) == visitor
    assert [problems(user_error("FORBIDDEN", "companyId"))] * 3 == strangers
    assert before == {
        **await stored_rows(rules_engine),
        **{name: before[name] for name in ("company", "app_user", "membership")},
    }


async def test_partner_saves_the_profile_of_its_account_A9_V14(client: Client, factory: Factory) -> None:
    """The partner acts for the company that it manages. For another partner the company doesn't exist."""
    partner, other = await factory.partner(), await factory.partner()
    account = await factory.managed_account(partner)

    theirs = await send(client, other.admin, SAVE, SHORT, **NEW, companyId=account.company.id)
    ours = await send(client, partner.admin, SAVE, SHORT, **NEW, companyId=account.company.id)

    assert problems(user_error("NOT_FOUND", "companyId")) == theirs
    profile = {"companyName": "Sample AG", "slug": "sample-ag", "visibility": "PRIVATE", "version": 1}
    assert {"marketplaceProfile": profile, "userErrors": []} == ours


async def test_company_has_one_profile_A1_R005(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """Creating a second one is a conflict, and so is editing one that doesn't exist."""
    company, other = await factory.company(), await factory.company()
    await save(client, company, **NEW)
    before = await stored_rows(rules_engine)

    again = await save(client, company, **NEW)
    none = await save(client, other, **NEW, version=1)

    assert [problems(user_error("CONFLICT", "version"))] * 2 == [again, none]
    assert before == await stored_rows(rules_engine)


async def test_concurrent_creations_create_one_profile_A1(client: Client, factory: Factory) -> None:
    """Of eight concurrent creations one succeeds. The others get a conflict."""
    company = await factory.company()

    answers = await asyncio.gather(*(save(client, company, **NEW) for _ in range(8)))

    assert [[]] + [[user_error("CONFLICT", "version")]] * 7 == sorted((each["userErrors"] for each in answers), key=len)
    assert {"sample-ag"} == {made["slug"] for each in answers if (made := each["marketplaceProfile"])}


async def test_concurrent_edits_of_one_version_are_not_lost_R027(client: Client, factory: Factory) -> None:
    """Of the clients that have read the same version one saves. The others have to read again."""
    company = await factory.company()
    await save(client, company, **NEW)

    answers = await asyncio.gather(*(save(client, company, version=1, bio=f"Text {number}.") for number in range(4)))

    assert [[]] + [[user_error("CONFLICT", "version")]] * 3 == sorted((each["userErrors"] for each in answers), key=len)
    assert [2] == [saved["version"] for each in answers if (saved := each["marketplaceProfile"])]


async def test_absent_field_stays_and_null_clears_R022_R027(client: Client, factory: Factory) -> None:
    """Anything can be changed at any time. An absent field isn't the same as null."""
    company = await verified(factory)
    full: dict[str, Any] = {
        "bio": "We connect.",
        "website": "https://sample.example/",
        "phone": "+49 69 5550100",
        "providerTypes": ["CLOUD"],
    }
    full |= {"headquarters": {"city": "Ulm"}, "socialLinks": [{"network": "X", "url": "https://x.example/"}]}
    await save(client, company, **NEW, **full)

    kept = await save(client, company, WHOLE, version=1)
    cleared = await save(client, company, WHOLE, version=2, **dict.fromkeys(full))

    (before, after) = (kept["marketplaceProfile"], cleared["marketplaceProfile"])
    address = {"street": None, "city": "Ulm", "postalCode": None, "country": None}
    assert {**full, "providerTypes": [{"code": "CLOUD"}], "headquarters": address} == {name: before[name] for name in full}
    nothing: dict[str, Any] = {
        "bio": None,
        "website": None,
        "phone": None,
        "providerTypes": [],
        "headquarters": None,
        "socialLinks": [],
    }
    assert nothing == {name: after[name] for name in full}
    assert [2, 3] == [before["version"], after["version"]]


async def test_name_and_email_are_not_cleared_A10(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """Every profile has them. A blank value counts as missing."""
    company = await factory.company()

    new = await save(client, company)
    await save(client, company, **NEW)
    before = await stored_rows(rules_engine)
    edited = await save(client, company, version=1, companyName=" ", contactEmail=None)

    assert [problems(user_error("REQUIRED", "companyName"), user_error("REQUIRED", "contactEmail"))] * 2 == [new, edited]
    assert before == await stored_rows(rules_engine)


async def test_email_must_be_deliverable_R017_R018_A10(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """An internationalized domain is stored as in DNS. A local part that many mail servers refuse is invalid."""
    company = await factory.company()

    made = await save(client, company, "marketplaceProfile { contactEmail }", **{**NEW, "contactEmail": "Anna@müller.example"})
    before = await stored_rows(rules_engine)
    wrong = ("müller@sample.example", "a@b.example\nBcc: c@d.example")
    refusals = [await save(client, company, version=1, contactEmail=email) for email in wrong]

    assert {"marketplaceProfile": {"contactEmail": "Anna@xn--mller-kva.example"}, "userErrors": []} == made
    assert [problems(user_error(code, "contactEmail")) for code in ("INVALID_VALUE", "INVALID_TEXT")] == refusals
    assert before == await stored_rows(rules_engine)


@pytest.mark.parametrize(("words", "told_of"), [(0, []), (200, []), (201, [user_error("TOO_LONG", "bio")])])
async def test_text_has_at_most_200_words_R016_A4(client: Client, factory: Factory, words: int, told_of: list[Any]) -> None:
    """A word is a run of characters without white space, however long, so a hyphenated term or a URL is one."""
    company = await factory.company()
    text = "\t\n".join(["https://sample.example/a-b?c=d"] * words)

    answer = await save(client, company, **NEW, bio=text)

    assert told_of == answer["userErrors"]


async def test_all_errors_are_reported_at_once_A10_R023(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """Each error has its code and the path to its value."""
    company, other = await verified(factory), await factory.company()
    await factory.provider_type("IX", "Exchange")
    await factory.service_type("PEERING", "Peering", "IX")
    port, theirs = await factory.port(company), await factory.image(other)
    await factory.profile(other, logo_id=theirs.key)
    before = await stored_rows(rules_engine)
    wrong: dict[str, Any] = {"companyName": "x" * 129, "contactEmail": "nobody", "website": "sample", "phone": "555"}
    wrong |= {"bio": "word " * 201, "providerTypes": ["CLOUD", "cloud"], "serviceTypes": ["PEERING"], "logoId": theirs.id}
    wrong |= {"socialLinks": [{"network": "", "url": "ftp://x.example"}], "headquarters": {"country": "UK"}}
    wrong |= {"ports": [{"portId": port.id, "name": "x" * 129}, {"portId": port.id}, {"portId": company.id}]}

    answer = await save(client, company, **wrong)

    expected = [
        user_error("TOO_LONG", "companyName"),
        user_error("TOO_LONG", "bio"),
        user_error("INVALID_VALUE", "contactEmail"),
        user_error("INVALID_VALUE", "website"),
        user_error("INVALID_VALUE", "phone"),
        user_error("REQUIRED", "socialLinks", "0", "network"),
        user_error("INVALID_VALUE", "socialLinks", "0", "url"),
        user_error("INVALID_VALUE", "headquarters", "country"),
        user_error("INVALID_VALUE", "providerTypes", "1"),
        user_error("INVALID_VALUE", "serviceTypes"),
        user_error("INVALID_VALUE", "logoId"),
        user_error("TOO_LONG", "ports", "0", "name"),
        user_error("INVALID_VALUE", "ports", "1", "portId"),
        user_error("INVALID_ID", "ports", "2", "portId"),
    ]
    assert problems(*expected) == answer
    assert before == await stored_rows(rules_engine)


async def test_service_types_need_their_provider_types_R023_R022(client: Client, factory: Factory) -> None:
    """A provider type can't be removed while one of its service types stays."""
    company = await verified(factory)
    await factory.service_type("BACKUP", "Backup", "CLOUD")
    await save(client, company, **NEW, providerTypes=["CLOUD"], serviceTypes=["BACKUP", "BACKUP"])

    half = await save(client, company, WHOLE, version=1, providerTypes=[])
    both = await save(client, company, WHOLE, version=1, providerTypes=[], serviceTypes=[])

    assert problems(user_error("INVALID_VALUE", "serviceTypes")) == half
    assert [[], []] == [both["userErrors"], both["marketplaceProfile"]["serviceTypes"]]


async def test_public_profile_has_a_category_A5_R021(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """Without a provider type a profile can neither become nor stay public."""
    company = await verified(factory)

    new = await save(client, company, **NEW, visibility="PUBLIC")
    await save(client, company, **NEW, visibility="PUBLIC", providerTypes=["CLOUD"])
    before = await stored_rows(rules_engine)
    left = await save(client, company, version=1, providerTypes=[])

    assert [problems(user_error("REQUIRED", "providerTypes"))] * 2 == [new, left]
    assert before == await stored_rows(rules_engine)


async def test_only_a_verified_company_publishes_its_profile_A40_A11_V47(client: Client, factory: Factory) -> None:
    """An unverified company prepares its profile in private, and publishes it once it's verified."""
    company = await factory.company(verification_status="UNVERIFIED")
    await factory.provider_type("CLOUD", "Cloud")

    new = await save(client, company, **NEW, visibility="PUBLIC", providerTypes=["CLOUD"])
    private = await save(client, company, **NEW, providerTypes=["CLOUD"])
    unverified = await save(client, company, version=1, visibility="PUBLIC")
    await factory.change(company, verification_status="VERIFIED")
    public = await save(client, company, version=1, visibility="PUBLIC")

    assert [problems(user_error("COMPANY_NOT_VERIFIED", "visibility"))] * 2 == [new, unverified]
    assert ["PRIVATE", "PUBLIC"] == [each["marketplaceProfile"]["visibility"] for each in (private, public)]


async def test_visibility_applies_to_ports_at_once_R009_R010_R011_R013_R028_R029_R030_R031(
    client: Client, factory: Factory
) -> None:
    """Public ports are targets from the request after the profile becomes public until it becomes private."""
    company = await verified(factory)
    location = await factory.location(name="Ulm 1")
    await factory.port(company, location, visibility="PUBLIC")
    await factory.port(company, location, visibility="PRIVATE")
    await save(client, company, **NEW, providerTypes=["CLOUD"])

    seen = []
    for version, visibility in enumerate(("PUBLIC", "PRIVATE", "PUBLIC"), 1):
        await edit(client, company, version, visibility=visibility)
        seen.append(response_of(await client(ANONYMOUS, TARGETS)))

    shown = payload({"marketplacePorts": {"nodes": [{"name": "Sample AG at Ulm 1", "description": None}]}})
    assert [shown, payload({"marketplacePorts": {"nodes": []}}), shown] == seen


async def test_ports_are_listed_as_the_profile_says_R032_R033_R034_A6(client: Client, factory: Factory) -> None:
    """A port has the name that its profile gives it, whatever its owner calls it, or else the default name."""
    company = await verified(factory)
    port = await factory.port(company, await factory.location(name="Ulm 1"), visibility="PUBLIC")
    await save(client, company, **NEW, providerTypes=["CLOUD"], visibility="PUBLIC")

    names = []
    steps: list[dict[str, Any]] = [{"name": "Gate", "description": "Fast."}, {"name": None}, {"description": None}]
    for version, announced in enumerate(steps, 1):
        await edit(client, company, version, ports=[{"portId": port.id, **announced}])
        await factory.change(port, name=f"Renamed {version}")
        names.append(response_of(await client(ANONYMOUS, TARGETS))["data"]["marketplacePorts"]["nodes"][0])
    await edit(client, company, 4, companyName="Other AG")
    followed = (await client(ANONYMOUS, TARGETS)).data["marketplacePorts"]["nodes"][0]

    default = "Sample AG at Ulm 1"
    assert [("Gate", "Fast."), (default, "Fast."), (default, None)] == [(each["name"], each["description"]) for each in names]
    assert "Other AG at Ulm 1" == followed["name"]


async def test_ports_of_other_companies_are_not_listed_R033_A21(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """An account's profile can't list an unrelated company's ports, which are not found, or its partner's own."""
    partner, stranger = await factory.partner(), await factory.company()
    account = await factory.managed_account(partner)
    hidden, own = await factory.port(stranger), await factory.port(partner)
    before = await stored_rows(rules_engine)

    ports = [{"portId": port.id, "name": "Gate"} for port in (hidden, own)]
    answer = await send(client, partner.admin, SAVE, SHORT, **NEW, companyId=account.company.id, ports=ports)

    expected = [user_error("NOT_FOUND", "ports", "0", "portId"), user_error("INVALID_VALUE", "ports", "1", "portId")]
    assert problems(*expected) == answer
    assert before == await stored_rows(rules_engine)


async def test_logo_of_another_company_is_not_found_R006_A21(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """An image that the viewer can't read doesn't exist for it."""
    company, stranger = await factory.company(), await factory.company()
    image = await factory.image(stranger)
    before = await stored_rows(rules_engine)

    answer = await save(client, company, **NEW, logoId=image.id)

    assert problems(user_error("NOT_FOUND", "logoId")) == answer
    assert before == await stored_rows(rules_engine)


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Müller & Söhne GmbH", "muller-sohne-gmbh"),
        ("  A    B ", "a-b"),
        ("北京", "bei-jing"),
        ("★ ★", "profile"),
        ("&amp;", "amp"),
    ],
)
async def test_slug_is_the_name_in_ascii_A3_R014(client: Client, factory: Factory, name: str, slug: str) -> None:
    """Accents are removed, hyphens join words, and a name without letters has a slug too."""
    answer = await save(client, await factory.company(), companyName=name, contactEmail="a@sample.example")

    assert slug == answer["marketplaceProfile"]["slug"]


async def test_slugs_follow_names_and_former_ones_still_work_A3_R014(client: Client, factory: Factory) -> None:
    """A slug follows its name. The former one still finds the profile, goes to nobody else, and can be taken back."""
    company, other = await verified(factory), await verified(factory)
    await save(
        client, company, companyName="Alpine", contactEmail="a@sample.example", visibility="PUBLIC", providerTypes=["CLOUD"]
    )

    renamed = await edit(client, company, 1, companyName="Boreal")
    former = await client(ANONYMOUS, BY_SLUG, slug="alpine")
    second = await save(client, other, companyName="Alpine", contactEmail="a@sample.example")
    back = await edit(client, company, 2, companyName="ALPINE")
    again = await edit(client, company, 3, companyName="Boreal")
    found = [(await client(ANONYMOUS, BY_SLUG, slug=slug)).data["marketplaceProfile"] for slug in ("alpine", "boreal")]

    assert {"companyName": "Boreal", "slug": "boreal"} == former.data["marketplaceProfile"]
    slugs = [renamed["slug"], second["marketplaceProfile"]["slug"], back["slug"], again["slug"]]
    assert ["boreal", "alpine-2", "alpine", "boreal"] == slugs
    assert [{"companyName": "Boreal", "slug": "boreal"}] * 2 == found


async def test_saving_without_a_new_name_keeps_the_slug_A3(client: Client, factory: Factory) -> None:
    """Even if a better slug becomes free, the known one stays."""
    first, second = await factory.company(), await factory.company()
    for company in (first, second):
        await save(client, company, **NEW)
    profile = await client(first.admin, "{ viewer { company { marketplaceProfile { slug } } } }")

    kept = await edit(client, second, 1, companyName="Sample  AG", bio="New.")

    assert ("sample-ag", "sample-ag-2") == (profile.data["viewer"]["company"]["marketplaceProfile"]["slug"], kept["slug"])


async def test_companies_with_one_name_have_different_slugs_A3(client: Client, factory: Factory) -> None:
    """Eight concurrent saves get eight slugs, numbered without gaps."""
    companies = [await factory.company() for _ in range(8)]

    answers = await asyncio.gather(*(save(client, company, **NEW) for company in companies))

    numbered = ["sample-ag", *(f"sample-ag-{number}" for number in range(2, 9))]
    assert numbered == sorted(each["marketplaceProfile"]["slug"] for each in answers)


async def test_former_slug_is_not_taken_during_a_rename_A3(client: Client, factory: Factory) -> None:
    """Others that request the old name while a profile is renamed don't get its former slug."""
    company, others = await factory.company(), [await factory.company() for _ in range(4)]
    await save(client, company, **NEW)

    renamed, *answers = await asyncio.gather(
        save(client, company, version=1, companyName="Other AG"), *(save(client, other, **NEW) for other in others)
    )

    assert "other-ag" == renamed["marketplaceProfile"]["slug"]
    numbered = [f"sample-ag-{number}" for number in range(2, 6)]
    assert numbered == sorted(each["marketplaceProfile"]["slug"] for each in answers)


async def test_save_is_audited_R026(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """One event has the profile's edit, another one the edit of a port's listing, before and after."""
    company = await factory.company()
    port = await factory.port(company)
    await save(client, company, **NEW)

    await edit(client, company, 1, companyName="Other AG", ports=[{"portId": port.id, "name": "Gate"}])

    _made, *edited = await recorded_changes(rules_engine)
    renamed = {"company_name": ["Sample AG", "Other AG"], "slug": ["sample-ag", "other-ag"], "version": [1, 2]}
    expected = [(SAVE, "marketplace_profile", renamed), (SAVE, "port", {"marketplace_name": [None, "Gate"]})]
    assert expected == sorted(edited, key=lambda event: event[1])


async def test_everybody_reads_the_catalogue_R021_R023_A5(client: Client, factory: Factory) -> None:
    """Categories and their sub-categories are sorted by their labels, for visitors too."""
    await factory.provider_type("NET", "Network")
    await factory.provider_type("CLOUD", "Cloud")
    await factory.service_type("SAN", "Storage", "CLOUD")
    await factory.service_type("BACKUP", "Backup", "CLOUD")

    answers = [
        response_of(await client(email, "{ providerTypes { code label serviceTypes { code providerType } } }"))
        for email in (ANONYMOUS, await factory.admin_of_kind("MANAGED"))
    ]

    services = [{"code": code, "providerType": "CLOUD"} for code in ("BACKUP", "SAN")]
    cloud = {"code": "CLOUD", "label": "Cloud", "serviceTypes": services}
    network = {"code": "NET", "label": "Network", "serviceTypes": []}
    assert [payload({"providerTypes": [cloud, network]})] * 2 == answers
