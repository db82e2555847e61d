"""Managed accounts are made new by an account administrator of a partner, with all that belongs to them."""

from __future__ import annotations

import asyncio
import json
from typing import Any, Final

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from resolvers.mutations import membership
from tests.client import Client
from tests.factory import Company, Factory
from tests.rules.answers import payload, response_of
from tests.rules.mutations import executed_statements, recorded_changes, send, stored_rows, user_error

COMPANY: Final = {"tradingName": "Alpine", "legalName": "Alpine AG", "country": "CH"}
MINIMAL: Final = {"accountName": "Alpine branch", "supportedBy": "PARTNER", "company": COMPANY}
ANNA: Final = {"email": "anna@alpine.example", "name": "Anna Alp"}
CONTACT: Final = {"email": "help@alpine.example", "phone": "+41 44 668 18 00", "hours": "always"}
ID: Final = "managedAccount { id }"
ALL: Final = """managedAccount { accountName accountRef supportedBy version partner { id } company {
    tradingName companyType accountKind partner { id } supportDetails { supportedBy email phone hours version }
    companyProfile { legalName registrationNumber country taxNumber headquarters { street city postalCode country } }
    members { nodes { roles user { name email } } } version
} settings { pricing { enabled source } dashboard { enabled source } chatSupport { enabled source } } }"""


async def create(ask: Client, viewer: str | None, selection: str = ID, **values: Any) -> dict[str, Any]:
    """What comes of making an account: MINIMAL but for the values that are given."""
    return await send(ask, viewer, "createManagedAccount", selection, **{**MINIMAL, **values})


async def test_partner_makes_an_account_of_a_new_company_V15_R104_A18(ask: Client, given: Factory) -> None:
    """The company, the account and its support details come to be at once, and the partner reads all of it."""
    partner = await given.partner()
    headquarters = {"street": "Seeweg 1", "city": "Zug", "postalCode": "6300", "country": "CH"}
    papers = {"registrationNumber": "CHE-1", "taxNumber": "T-1", "headquarters": headquarters, "companyType": "XAAS"}
    more = {"supportDetails": CONTACT, "settings": {"pricing": True, "dashboard": False}, "admin": ANNA}

    made = await create(ask, partner.admin, ALL, accountRef="CRM-7", company={**COMPANY, **papers}, **more)

    profile = {"legalName": "Alpine AG", "registrationNumber": "CHE-1", "country": "CH", "taxNumber": "T-1"}
    company = {
        "tradingName": "Alpine",
        "companyType": "XAAS",
        "accountKind": "MANAGED",
        "partner": {"id": partner.id},
        "supportDetails": {"supportedBy": "PARTNER", **CONTACT, "version": 1},
        "companyProfile": {**profile, "headquarters": headquarters},
        "members": {"nodes": [{"roles": ["ACCOUNT_ADMIN"], "user": {"name": "Anna Alp", "email": "anna@alpine.example"}}]},
        "version": 1,
    }
    settings = {
        "pricing": {"enabled": True, "source": "ACCOUNT"},
        "dashboard": {"enabled": False, "source": "ACCOUNT"},
        "chatSupport": {"enabled": False, "source": "DEFAULT"},
    }
    account = {"accountName": "Alpine branch", "accountRef": "CRM-7", "supportedBy": "PARTNER", "version": 1}
    found = {**account, "partner": {"id": partner.id}, "company": company, "settings": settings}
    assert {"managedAccount": found, "userErrors": []} == made


async def test_new_account_can_be_used_at_once_V15_V25(ask: Client, given: Factory) -> None:
    """Its first user signs in and finds its account, without what is the partner's own."""
    partner = await given.partner()

    made = await create(ask, partner.admin, admin=ANNA)
    found = await ask("anna@alpine.example", "{ viewer { company { tradingName } } managedAccounts { nodes { id version } } }")

    account = {"id": made["managedAccount"]["id"], "version": None}
    assert {"viewer": {"company": {"tradingName": "Alpine"}}, "managedAccounts": {"nodes": [account]}} == found.data
    assert ["NOT_FOR_MANAGED_ACCOUNTS"] == [redaction.reason for redaction in found.redactions]


async def test_new_account_orders_as_soon_as_its_partner_is_billed_there_V15_R404_A40_R103_R120_V12(
    ask: Client, given: Factory
) -> None:
    """A verified partner makes an account and enables a market, and the account's first user orders a port there."""
    partner = await given.partner(verification_status="VERIFIED")
    location = await given.location()
    await given.price(location)
    port = {"locationId": location.id, "name": "Core", "speedMbps": 1000, "termMonths": 12}

    await create(ask, partner.admin, admin=ANNA)
    too_early = await send(ask, ANNA["email"], "orderPort", "port { id }", **port)
    await send(ask, partner.admin, "setBillingMarket", "billingMarket { id }", market="DE", enabled=True)
    ordered = await send(ask, ANNA["email"], "orderPort", "port { name status company { tradingName } }", **port)

    assert {"port": None, "userErrors": [user_error("MARKET_NOT_ENABLED", "locationId")]} == too_early
    made = {"name": "Core", "status": "REQUESTED", "company": {"tradingName": "Alpine"}}
    assert {"port": made, "userErrors": []} == ordered


@pytest.mark.parametrize("status", ["UNVERIFIED", "PENDING", "REJECTED"])
async def test_partner_vouches_for_nobody_before_it_is_verified_V15_R404_A40(
    ask: Client, given: Factory, rules_engine: AsyncEngine, status: str
) -> None:
    """The new company is as little verified as its partner, and orders nothing."""
    partner = await given.partner(verification_status=status)
    location = await given.orderable(partner)
    port = {"locationId": location.id, "name": "Core", "speedMbps": 1000, "termMonths": 12}

    made = await create(ask, partner.admin, "managedAccount { company { id } }", admin=ANNA)
    before = await stored_rows(rules_engine)
    own = await send(ask, ANNA["email"], "orderPort", "port { id }", **port)
    company = made["managedAccount"]["company"]["id"]
    partners = await send(ask, partner.admin, "orderPort", "port { id }", companyId=company, **port)

    assert {"port": None, "userErrors": [user_error("COMPANY_NOT_VERIFIED")]} == own
    assert {"port": None, "userErrors": [user_error("COMPANY_NOT_VERIFIED", "companyId")]} == partners
    assert before == await stored_rows(rules_engine)


async def test_new_company_is_an_enterprise_unless_it_says_xaas_R413_R420_A42(ask: Client, given: Factory) -> None:
    """In doubt a company is an ENTERPRISE; what needs an agreement to distribute is not chosen here."""
    partner = await given.partner()
    kind = "managedAccount { company { companyType } }"

    in_doubt = await create(ask, partner.admin, kind)
    distributor = await create(ask, partner.admin, kind, accountName="Another", company={**COMPANY, "companyType": "CLOUD"})

    assert {"managedAccount": {"company": {"companyType": "ENTERPRISE"}}, "userErrors": []} == in_doubt
    assert {"managedAccount": None, "userErrors": [user_error("INVALID_VALUE", "company", "companyType")]} == distributor


@pytest.mark.parametrize(
    ("contact", "missing"),
    [
        pytest.param({}, [["supportDetails"]], id="nothing"),
        pytest.param({"supportDetails": None}, [["supportDetails"]], id="null"),
        pytest.param({"supportDetails": {}}, [["supportDetails", "email"], ["supportDetails", "phone"]], id="neither"),
        pytest.param({"supportDetails": {"email": "help@alpine.example"}}, [["supportDetails", "phone"]], id="no phone"),
        pytest.param(
            {"supportDetails": {"email": None, "phone": CONTACT["phone"]}}, [["supportDetails", "email"]], id="no email"
        ),
        pytest.param({"supportDetails": {**CONTACT, "phone": " "}}, [["supportDetails", "phone"]], id="blank phone"),
    ],
)
async def test_operator_supports_only_whom_it_can_reach_V15(
    ask: Client, given: Factory, rules_engine: AsyncEngine, contact: dict[str, Any], missing: list[list[str]]
) -> None:
    """E-mail address and phone are required if the operator supports the account, and each that is missing is named."""
    partner = await given.partner()
    before = await stored_rows(rules_engine)

    answer = await create(ask, partner.admin, supportedBy="OPERATOR", **contact)

    assert {"managedAccount": None, "userErrors": [user_error("REQUIRED", *path) for path in missing]} == answer
    assert before == await stored_rows(rules_engine)


async def test_operator_supports_whom_it_can_reach_V15_R106_R110(ask: Client, given: Factory) -> None:
    """With both it does, and the account has chat without a word of its partner."""
    partner = await given.partner()
    selection = "managedAccount { supportedBy settings { chatSupport { enabled } } company { supportDetails { phone } } }"

    made = await create(ask, partner.admin, selection, supportedBy="OPERATOR", supportDetails=CONTACT)

    account = {"supportedBy": "OPERATOR", "settings": {"chatSupport": {"enabled": True}}}
    company = {"supportDetails": {"phone": "+41 44 668 18 00"}}
    assert {"managedAccount": {**account, "company": company}, "userErrors": []} == made


async def test_names_are_unique_for_each_partner_V7(ask: Client, given: Factory, rules_engine: AsyncEngine) -> None:
    """A second account of that name is refused; another partner may have the same."""
    partner, other = await given.partner(), await given.partner()

    first = await create(ask, partner.admin)
    before = await stored_rows(rules_engine)
    second = await create(ask, partner.admin, accountName="  Alpine branch ")
    after = await stored_rows(rules_engine)
    others = await create(ask, other.admin)

    assert [[], []] == [first["userErrors"], others["userErrors"]]
    assert {"managedAccount": None, "userErrors": [user_error("TAKEN", "accountName")]} == second
    assert before == after


@pytest.mark.parametrize(
    "name",
    [
        "Cafe\u0301 Net",
        "Café\u00a0Net",
        "Café  Net",
        "\u2003Café \u3000 Net\u200b",
        "Ca\u00adfé\u200b Net",
        "Café\u2060 Net\ufe0f",
        "Ｃａｆé\u3000Ｎｅｔ",
        "Ca\U0001d173fé Net\ufff9",
        "Cafe\u034f\u0301 Net\U000e0020",
    ],
    ids=["NFD", "NBSP", "double space", "other spaces", "soft hyphen", "word joiner", "full width", "beam", "joiner of marks"],
)
@pytest.mark.parametrize("stored_as", ["Café Net", "Cafe\u0301\u00a0 Net"], ids=["now", "before"])
async def test_names_that_look_alike_are_one_V7(ask: Client, given: Factory, name: str, stored_as: str) -> None:
    """A name is another account's if nobody can tell them apart, in whatever form that was stored; so it is for a new name."""
    partner = await given.partner()
    await given.managed_account(partner, name=stored_as)
    other = await given.managed_account(partner)

    made = await create(ask, partner.admin, accountName=name)
    update = {"id": other.id, "version": 1, "accountName": name}
    renamed = await send(ask, partner.admin, "updateManagedAccount", ID, **update)

    assert [[user_error("TAKEN", "accountName")]] * 2 == [made["userErrors"], renamed["userErrors"]]


async def test_an_account_may_be_written_another_way_V7(ask: Client, given: Factory) -> None:
    """An account's own name is not another one's."""
    account = await given.managed_account(await given.partner(), name="Cafe\u0301 Net")

    update = {"id": account.id, "version": 1, "accountName": "Café Net"}
    renamed = await send(ask, account.partner.admin, "updateManagedAccount", "managedAccount { accountName }", **update)

    assert {"managedAccount": {"accountName": "Café Net"}, "userErrors": []} == renamed


@pytest.mark.parametrize("name", ["\u3164", "\u2800", "\u115f\u1160", "\ufe0f", "\u200b\u00a0\u200d"])
async def test_a_name_of_which_nothing_is_seen_is_blank_V7(ask: Client, given: Factory, name: str) -> None:
    """Nobody could read it."""
    company = {**COMPANY, "tradingName": name, "legalName": name}

    answer = await create(ask, (await given.partner()).admin, accountName=name, company=company)

    missing = [("accountName",), ("company", "tradingName"), ("company", "legalName")]
    assert [user_error("REQUIRED", *path) for path in missing] == answer["userErrors"]


async def test_one_of_many_at_once_has_the_name_V7(ask: Client, given: Factory) -> None:
    """Of eight who make an account of the same name at the same moment one does it."""
    partner = await given.partner()

    answers = await asyncio.gather(*(create(ask, partner.admin) for _ in range(8)))

    codes = [answer["userErrors"][0]["code"] for answer in answers if answer["userErrors"]]
    assert ["TAKEN"] * 7 == codes
    assert 1 == (await ask(partner.admin, "{ managedAccounts { totalCount } }")).data["managedAccounts"]["totalCount"]


async def test_texts_have_bounds_V7(ask: Client, given: Factory, rules_engine: AsyncEngine) -> None:
    """What is blank, too long or of no known form is told at once, each with the path to it."""
    partner = await given.partner()
    before = await stored_rows(rules_engine)
    company = {"tradingName": "x" * 201, "legalName": " ", "country": "UK", "headquarters": {"country": "Germany"}}
    more: dict[str, Any] = {"supportDetails": {"email": "nobody", "phone": "12"}, "admin": {"email": "also nobody", "name": ""}}

    answer = await create(ask, partner.admin, accountName="", accountRef="x" * 129, company=company, **more)

    problems = [
        user_error("REQUIRED", "accountName"),
        user_error("TOO_LONG", "accountRef"),
        user_error("TOO_LONG", "company", "tradingName"),
        user_error("REQUIRED", "company", "legalName"),
        user_error("INVALID_VALUE", "company", "headquarters", "country"),
        user_error("INVALID_VALUE", "company", "country"),
        user_error("INVALID_VALUE", "supportDetails", "email"),
        user_error("INVALID_VALUE", "supportDetails", "phone"),
        user_error("INVALID_VALUE", "admin", "email"),
        user_error("REQUIRED", "admin", "name"),
    ]
    assert {"managedAccount": None, "userErrors": problems} == answer
    assert before == await stored_rows(rules_engine)


async def test_names_may_be_as_long_as_allowed_V7(ask: Client, given: Factory) -> None:
    """128 characters are allowed, of whatever script."""
    partner = await given.partner()
    name, ref = "Ä" * 128, "😀" * 128

    made = await create(ask, partner.admin, "managedAccount { accountName accountRef }", accountName=name, accountRef=ref)

    assert {"managedAccount": {"accountName": name, "accountRef": ref}, "userErrors": []} == made


@pytest.mark.parametrize("kind", ["ANONYMOUS", "DIRECT", "MANAGED", "OPERATOR"])
async def test_only_a_partner_makes_accounts_V15_A18(ask: Client, given: Factory, rules_engine: AsyncEngine, kind: str) -> None:
    """Nobody else does, least of all a managed account; and nobody else learns who has which address."""
    email, somebody = await given.somebody(kind), await given.company()
    before = await stored_rows(rules_engine)

    answers = [
        await create(ask, email, admin={"email": address, "name": "Anna"}) for address in (somebody.admin, "new@alpine.example")
    ]

    assert [{"managedAccount": None, "userErrors": [user_error("FORBIDDEN")]}] * 2 == answers
    assert before == await stored_rows(rules_engine)


@pytest.mark.parametrize("role", ["NETWORK_ADMIN", "MARKETPLACE_EDITOR", "FINANCE", "VIEWER"])
async def test_only_account_administrators_make_accounts_V15_A43(
    ask: Client, given: Factory, rules_engine: AsyncEngine, role: str
) -> None:
    """No other role of a partner makes accounts."""
    user = await given.user(await given.partner(), role)
    before = await stored_rows(rules_engine)

    answer = await create(ask, user.email)

    assert {"managedAccount": None, "userErrors": [user_error("FORBIDDEN")]} == answer
    assert before == await stored_rows(rules_engine)


async def test_known_user_is_let_in_under_its_name_V14_R405(ask: Client, given: Factory) -> None:
    """Somebody whom the partner knows becomes administrator of the new account too, whatever the case of the address."""
    partner = await given.partner()
    colleague = await given.user(partner, "VIEWER", name="Carla Colleague")
    selection = "managedAccount { company { members { nodes { user { id name } roles } } } }"

    made = await create(ask, partner.admin, selection, admin={"email": colleague.email.upper(), "name": "Another Name"})

    member = {"user": {"id": colleague.id, "name": "Carla Colleague"}, "roles": ["ACCOUNT_ADMIN"]}
    assert {"managedAccount": {"company": {"members": {"nodes": [member]}}}, "userErrors": []} == made


ALIKE: Final = """managedAccount { accountName company { tradingName members { nodes {
    roles user { name email jobTitle } } } } }"""


@pytest.mark.parametrize(
    "values", [{}, {"accountName": " "}, {"company": {**COMPANY, "country": "UK"}}], ids=["valid", "name", "country"]
)
async def test_nobody_learns_who_has_an_account_V21(ask: Client, given: Factory, values: dict[str, Any]) -> None:
    """An address is answered alike whether a stranger has an account under it or nobody has. The stranger gains nothing."""
    stranger, partners = await given.company(), [await given.partner() for _ in range(2)]
    named = [{"email": email, "name": "Sam"} for email in (stranger.admin, "nobody@alpine.example")]
    ran = []

    for partner in partners:
        await create(ask, partner.admin, accountName="Warm")
    answers = []
    for partner, admin in zip(partners, named, strict=True):
        with executed_statements(ask.app.state.services.engine) as statements:
            answers.append(await create(ask, partner.admin, ALIKE, admin=admin, **values))
        ran.append(list(statements))

    assert answers[1] == json.loads(json.dumps(answers[0]).replace(stranger.admin, "nobody@alpine.example"))
    assert ran[0] == ran[1]
    own = await ask(stranger.admin, "{ viewer { company { id } } managedAccounts { totalCount } }")
    assert {"viewer": {"company": {"id": stranger.id}}, "managedAccounts": {"totalCount": 0}} == own.data


async def test_a_person_whom_a_partner_has_named_is_one_user_to_it_V21(ask: Client, given: Factory) -> None:
    """The partner that has named somebody may name them again for another account; another partner's person is another user."""
    partner, other = await given.partner(), await given.partner()
    selection = "managedAccount { company { members { nodes { user { id name } } } } }"

    first, second = [await create(ask, partner.admin, selection, accountName=name, admin=ANNA) for name in ("One", "Two")]
    others = await create(ask, other.admin, selection, admin={**ANNA, "name": "Anne"})

    users = [made["managedAccount"]["company"]["members"]["nodes"][0]["user"] for made in (first, second, others)]
    assert users[0] == users[1]
    assert (users[0]["id"] != users[2]["id"], users[2]["name"]) == (True, "Anne")


async def test_naming_new_people_is_limited_V21(ask: Client, given: Factory, monkeypatch: pytest.MonkeyPatch) -> None:
    """A company names so many new people an hour. Another company goes on."""
    monkeypatch.setattr(membership, "MAX_LOOKUPS", 2)
    partner, other = await given.partner(), await given.partner()
    people = [{"email": f"p{number}@alpine.example", "name": "Sam"} for number in range(3)]

    answers = [await create(ask, partner.admin, accountName=each["email"], admin=each) for each in people]
    without = await create(ask, partner.admin)
    others = await create(ask, other.admin, admin=people[2])

    assert [[], [], [user_error("TOO_MANY", "admin", "email")]] == [answer["userErrors"] for answer in answers]
    assert [[], []] == [without["userErrors"], others["userErrors"]]


async def test_what_was_made_is_recorded_V15(ask: Client, given: Factory, rules_engine: AsyncEngine) -> None:
    """The trail has the company, the account, its support details and its member."""
    partner: Company = await given.partner()

    await create(ask, partner.admin, admin=ANNA)

    recorded = [(action, table) for action, table, _ in await recorded_changes(rules_engine)]
    tables = ["company", "managed_account", "membership", "support_details"]
    assert [("createManagedAccount", table) for table in tables] == sorted(recorded)


async def test_it_is_made_once_however_often_it_is_sent_V15(ask: Client, given: Factory) -> None:
    """With an Idempotency-Key a repetition finds the account that was made."""
    partner = await given.partner()

    first, again = [await create(ask, partner.admin, key="k1") for _ in range(2)]

    assert first == again
    listed = await ask(partner.admin, "{ managedAccounts { nodes { id } } }")
    assert payload({"managedAccounts": {"nodes": [first["managedAccount"]]}}) == response_of(listed)
