"""A partner's account administrator creates a managed account together with all records that belong to it."""

from __future__ import annotations

import asyncio
import json
from typing import Any, Final

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from resolvers.mutations import invitation
from tests.client import Client
from tests.factory import Company, Factory
from tests.rules.answers import payload, response_of
from tests.rules.identity import code_in_mail
from tests.rules.mutations import executed_statements, recorded_changes, send, stored_rows, user_error

COMPANY: Final = {"tradingName": "Alpine", "legalName": "Alpine AG", "country": "CH"}
MINIMAL: Final = {"accountName": "Alpine branch", "supportedBy": "PARTNER", "company": COMPANY}
ANNA: Final = {"email": "anna@alpine.example"}
NEW_USER: Final = {"password": "seven green boats row north", "name": "Anna Alp", "jobTitle": "Director"}
CONTACT: Final = {"email": "help@alpine.example", "phone": "+41 44 668 18 00", "hours": "always"}
ID: Final = "managedAccount { id }"
ALL: Final = """managedAccount { accountName accountRef supportedBy version partner { id } company {
    tradingName companyType accountKind partner { id } supportDetails { supportedBy email phone hours version }
    companyProfile { legalName registrationNumber country taxNumber headquarters { street city postalCode country } }
    members { totalCount } invitations { nodes { roles email } } version
} settings { pricing { enabled source } dashboard { enabled source } chatSupport { enabled source } } }"""


async def create(client: Client, viewer: str | None, selection: str = ID, **values: Any) -> dict[str, Any]:
    """Create an account and return the payload. The given values replace those of MINIMAL."""
    return await send(client, viewer, "createManagedAccount", selection, **{**MINIMAL, **values})


async def join(client: Client, engine: AsyncEngine) -> None:
    """Accept Anna's invitation."""
    token = await code_in_mail(engine, ANNA["email"])
    answer = await send(client, None, "acceptInvitation", "membership { id }", token=token, **NEW_USER)
    assert [] == answer["userErrors"]


async def test_partner_creates_an_account_with_a_new_company_V15_R104_A18(client: Client, factory: Factory) -> None:
    """The company, the account and its support details are created together, and the partner reads all of them."""
    partner = await factory.partner()
    headquarters = {"street": "Seeweg 1", "city": "Zug", "postalCode": "6300", "country": "CH"}
    papers = {"registrationNumber": "CHE-1", "taxNumber": "T-1", "headquarters": headquarters, "companyType": "XAAS"}
    more = {"supportDetails": CONTACT, "settings": {"pricing": True, "dashboard": False}, "admin": ANNA}

    made = await create(client, partner.admin, ALL, accountRef="CRM-7", company={**COMPANY, **papers}, **more)

    profile = {"legalName": "Alpine AG", "registrationNumber": "CHE-1", "country": "CH", "taxNumber": "T-1"}
    company = {
        "tradingName": "Alpine",
        "companyType": "XAAS",
        "accountKind": "MANAGED",
        "partner": {"id": partner.id},
        "supportDetails": {"supportedBy": "PARTNER", **CONTACT, "version": 1},
        "companyProfile": {**profile, "headquarters": headquarters},
        "members": {"totalCount": 0},
        "invitations": {"nodes": [{"roles": ["ACCOUNT_ADMIN"], "email": "anna@alpine.example"}]},
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


async def test_new_account_is_usable_at_once_V15_V25_V49(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """Its first user accepts the invitation and finds its account, without the fields that are private to the partner."""
    partner = await factory.partner()

    made = await create(client, partner.admin, admin=ANNA)
    await join(client, rules_engine)
    found = await client(
        "anna@alpine.example", "{ viewer { company { tradingName } } managedAccounts { nodes { id version } } }"
    )

    account = {"id": made["managedAccount"]["id"], "version": None}
    assert {"viewer": {"company": {"tradingName": "Alpine"}}, "managedAccounts": {"nodes": [account]}} == found.data
    assert ["NOT_FOR_MANAGED_ACCOUNTS"] == [redaction.reason for redaction in found.redactions]


async def test_new_account_orders_once_its_partner_is_billed_there_V15_R404_A40_R103_R120_V12(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """A verified partner creates an account and enables a market, and the account's first user orders a port there."""
    partner = await factory.partner(verification_status="VERIFIED")
    location = await factory.location()
    await factory.price(location)
    port = {"locationId": location.id, "name": "Core", "speedMbps": 1000, "termMonths": 12}

    await create(client, partner.admin, admin=ANNA)
    await join(client, rules_engine)
    too_early = await send(client, ANNA["email"], "orderPort", "port { id }", **port)
    await send(client, partner.admin, "setBillingMarket", "billingMarket { id }", market="DE", enabled=True)
    ordered = await send(client, ANNA["email"], "orderPort", "port { name status company { tradingName } }", **port)

    assert {"port": None, "userErrors": [user_error("MARKET_NOT_ENABLED", "locationId")]} == too_early
    made = {"name": "Core", "status": "REQUESTED", "company": {"tradingName": "Alpine"}}
    assert {"port": made, "userErrors": []} == ordered


@pytest.mark.parametrize("status", ["UNVERIFIED", "PENDING", "REJECTED"])
async def test_unverified_partner_does_not_vouch_for_its_accounts_V15_R404_A40(
    client: Client, factory: Factory, rules_engine: AsyncEngine, status: str
) -> None:
    """The new company is unverified, as its partner is, and can't order."""
    partner = await factory.partner(verification_status=status)
    location = await factory.orderable(partner)
    port = {"locationId": location.id, "name": "Core", "speedMbps": 1000, "termMonths": 12}

    made = await create(client, partner.admin, "managedAccount { company { id } }", admin=ANNA)
    await join(client, rules_engine)
    before = await stored_rows(rules_engine)
    own = await send(client, ANNA["email"], "orderPort", "port { id }", **port)
    company = made["managedAccount"]["company"]["id"]
    partners = await send(client, partner.admin, "orderPort", "port { id }", companyId=company, **port)

    assert {"port": None, "userErrors": [user_error("COMPANY_NOT_VERIFIED")]} == own
    assert {"port": None, "userErrors": [user_error("COMPANY_NOT_VERIFIED", "companyId")]} == partners
    assert before == await stored_rows(rules_engine)


async def test_new_company_is_an_enterprise_or_xaas_R413_R420_A42(client: Client, factory: Factory) -> None:
    """The type defaults to ENTERPRISE. A type that needs a distribution agreement can't be chosen here."""
    partner = await factory.partner()
    kind = "managedAccount { company { companyType } }"

    in_doubt = await create(client, partner.admin, kind)
    distributor = await create(client, partner.admin, kind, accountName="Another", company={**COMPANY, "companyType": "CLOUD"})

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
async def test_operator_support_needs_contact_details_V15(
    client: Client, factory: Factory, rules_engine: AsyncEngine, contact: dict[str, Any], missing: list[list[str]]
) -> None:
    """If the operator supports the account, email and phone are required. Each missing one is named."""
    partner = await factory.partner()
    before = await stored_rows(rules_engine)

    answer = await create(client, partner.admin, supportedBy="OPERATOR", **contact)

    assert {"managedAccount": None, "userErrors": [user_error("REQUIRED", *path) for path in missing]} == answer
    assert before == await stored_rows(rules_engine)


async def test_operator_supports_an_account_with_contact_details_V15_R106_R110(client: Client, factory: Factory) -> None:
    """With both, the operator supports the account, which then has chat without any setting of its partner."""
    partner = await factory.partner()
    selection = "managedAccount { supportedBy settings { chatSupport { enabled } } company { supportDetails { phone } } }"

    made = await create(client, partner.admin, selection, supportedBy="OPERATOR", supportDetails=CONTACT)

    account = {"supportedBy": "OPERATOR", "settings": {"chatSupport": {"enabled": True}}}
    company = {"supportDetails": {"phone": "+41 44 668 18 00"}}
    assert {"managedAccount": {**account, "company": company}, "userErrors": []} == made


async def test_account_names_are_unique_for_each_partner_V7(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """A second account with the same name is refused. Another partner may use the name."""
    partner, other = await factory.partner(), await factory.partner()

    first = await create(client, partner.admin)
    before = await stored_rows(rules_engine)
    second = await create(client, partner.admin, accountName="  Alpine branch ")
    after = await stored_rows(rules_engine)
    others = await create(client, other.admin)

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
async def test_names_that_look_alike_are_equal_V7(client: Client, factory: Factory, name: str, stored_as: str) -> None:
    """A new name is taken if it looks like another account's name, however that one is stored."""
    partner = await factory.partner()
    await factory.managed_account(partner, name=stored_as)
    other = await factory.managed_account(partner)

    made = await create(client, partner.admin, accountName=name)
    update = {"id": other.id, "version": 1, "accountName": name}
    renamed = await send(client, partner.admin, "updateManagedAccount", ID, **update)

    assert [[user_error("TAKEN", "accountName")]] * 2 == [made["userErrors"], renamed["userErrors"]]


async def test_account_may_change_the_spelling_of_its_name_V7(client: Client, factory: Factory) -> None:
    """An account's own name doesn't count as taken."""
    account = await factory.managed_account(await factory.partner(), name="Cafe\u0301 Net")

    update = {"id": account.id, "version": 1, "accountName": "Café Net"}
    renamed = await send(client, account.partner.admin, "updateManagedAccount", "managedAccount { accountName }", **update)

    assert {"managedAccount": {"accountName": "Café Net"}, "userErrors": []} == renamed


@pytest.mark.parametrize("name", ["\u3164", "\u2800", "\u115f\u1160", "\ufe0f", "\u200b\u00a0\u200d"])
async def test_invisible_name_is_blank_V7(client: Client, factory: Factory, name: str) -> None:
    """Nobody could read such a name."""
    company = {**COMPANY, "tradingName": name, "legalName": name}

    answer = await create(client, (await factory.partner()).admin, accountName=name, company=company)

    missing = [("accountName",), ("company", "tradingName"), ("company", "legalName")]
    assert [user_error("REQUIRED", *path) for path in missing] == answer["userErrors"]


async def test_concurrent_creations_of_one_name_succeed_once_V7(client: Client, factory: Factory) -> None:
    """Of eight concurrent requests for the same name, one creates the account."""
    partner = await factory.partner()

    answers = await asyncio.gather(*(create(client, partner.admin) for _ in range(8)))

    codes = [answer["userErrors"][0]["code"] for answer in answers if answer["userErrors"]]
    assert ["TAKEN"] * 7 == codes
    assert 1 == (await client(partner.admin, "{ managedAccounts { totalCount } }")).data["managedAccounts"]["totalCount"]


async def test_texts_are_validated_V7(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """Blank, too long and malformed values are all reported at once, each with its path."""
    partner = await factory.partner()
    before = await stored_rows(rules_engine)
    company = {"tradingName": "x" * 201, "legalName": " ", "country": "UK", "headquarters": {"country": "Germany"}}
    more: dict[str, Any] = {"supportDetails": {"email": "nobody", "phone": "12"}, "admin": {"email": "also nobody"}}

    answer = await create(client, partner.admin, accountName="", accountRef="x" * 129, company=company, **more)

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
    ]
    assert {"managedAccount": None, "userErrors": problems} == answer
    assert before == await stored_rows(rules_engine)


async def test_name_has_128_characters_at_most_V7(client: Client, factory: Factory) -> None:
    """128 characters are allowed, in any script."""
    partner = await factory.partner()
    name, ref = "Ä" * 128, "😀" * 128

    made = await create(client, partner.admin, "managedAccount { accountName accountRef }", accountName=name, accountRef=ref)

    assert {"managedAccount": {"accountName": name, "accountRef": ref}, "userErrors": []} == made


@pytest.mark.parametrize("kind", ["ANONYMOUS", "DIRECT", "MANAGED", "OPERATOR"])
async def test_other_companies_create_no_accounts_V15_A18(
    client: Client, factory: Factory, rules_engine: AsyncEngine, kind: str
) -> None:
    """No other kind of company creates accounts, managed accounts least of all, and none learns who owns an email address."""
    email, somebody = await factory.admin_of_kind(kind), await factory.company()
    before = await stored_rows(rules_engine)

    answers = [await create(client, email, admin={"email": address}) for address in (somebody.admin, "new@alpine.example")]

    assert [{"managedAccount": None, "userErrors": [user_error("FORBIDDEN")]}] * 2 == answers
    assert before == await stored_rows(rules_engine)


@pytest.mark.parametrize("role", ["NETWORK_ADMIN", "MARKETPLACE_EDITOR", "FINANCE", "VIEWER"])
async def test_other_roles_create_no_accounts_V15_A43(
    client: Client, factory: Factory, rules_engine: AsyncEngine, role: str
) -> None:
    """Only a partner's account administrators create accounts."""
    user = await factory.user(await factory.partner(), role)
    before = await stored_rows(rules_engine)

    answer = await create(client, user.email)

    assert {"managedAccount": None, "userErrors": [user_error("FORBIDDEN")]} == answer
    assert before == await stored_rows(rules_engine)


async def test_known_user_is_invited_too_V49(client: Client, factory: Factory) -> None:
    """A user whom the partner can read, whatever the case of the address, becomes a member once it accepts. Its name stays."""
    partner = await factory.partner()
    colleague = await factory.user(partner, "VIEWER", name="Carla Colleague")
    selection = "managedAccount { company { members { totalCount } invitations { nodes { roles } } } }"

    made = await create(client, partner.admin, selection, admin={"email": colleague.email.upper(), "name": "Another Name"})

    company = {"members": {"totalCount": 0}, "invitations": {"nodes": [{"roles": ["ACCOUNT_ADMIN"]}]}}
    assert {"managedAccount": {"company": company}, "userErrors": []} == made
    found = await client(colleague.email, "{ viewer { user { name } memberships { id } } }")
    assert {"user": {"name": "Carla Colleague"}, "memberships": [{"id": colleague.membership.id}]} == found.data["viewer"]


ALIKE: Final = """managedAccount { accountName company { tradingName members { totalCount } invitations { nodes {
    roles email invitedBy { name } } } } }"""


@pytest.mark.parametrize(
    "values", [{}, {"accountName": " "}, {"company": {**COMPANY, "country": "UK"}}], ids=["valid", "name", "country"]
)
async def test_email_does_not_reveal_whether_a_user_exists_V21(
    client: Client, factory: Factory, values: dict[str, Any]
) -> None:
    """The answer is the same whether an unrelated user has the email address or nobody does. That user gains no access."""
    stranger, partners = await factory.company(), [await factory.partner() for _ in range(2)]
    named = [{"email": email} for email in (stranger.admin, "nobody@alpine.example")]
    ran = []

    for partner in partners:
        await create(client, partner.admin, accountName="Warm")
    answers = []
    for partner, admin in zip(partners, named, strict=True):
        with executed_statements(client.app.state.services.engine) as statements:
            answers.append(await create(client, partner.admin, ALIKE, admin=admin, **values))
        ran.append(list(statements))

    assert answers[1] == json.loads(json.dumps(answers[0]).replace(stranger.admin, "nobody@alpine.example"))
    assert ran[0] == ran[1]
    own = await client(stranger.admin, "{ viewer { company { id } } managedAccounts { totalCount } }")
    assert {"viewer": {"company": {"id": stranger.id}}, "managedAccounts": {"totalCount": 0}} == own.data


async def test_new_users_are_rate_limited_V21(client: Client, factory: Factory, monkeypatch: pytest.MonkeyPatch) -> None:
    """The number of invitations that a company sends per hour is limited. Another company isn't affected."""
    monkeypatch.setattr(invitation, "MAX_PER_COMPANY", 2)
    partner, other = await factory.partner(), await factory.partner()
    people = [{"email": f"p{number}@alpine.example"} for number in range(3)]

    answers = [await create(client, partner.admin, accountName=each["email"], admin=each) for each in people]
    without = await create(client, partner.admin)
    others = await create(client, other.admin, admin=people[2])

    assert [[], [], [user_error("TOO_MANY", "admin", "email")]] == [answer["userErrors"] for answer in answers]
    assert [[], []] == [without["userErrors"], others["userErrors"]]


async def test_creation_is_audited_V15(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """The audit log has the company, the account, its support details and its invitation."""
    partner: Company = await factory.partner()

    await create(client, partner.admin, admin=ANNA)

    recorded = [(action, table) for action, table, _ in await recorded_changes(rules_engine)]
    tables = ["company", "invitation", "managed_account", "support_details"]
    assert [("createManagedAccount", table) for table in tables] == sorted(recorded)


async def test_repeated_request_creates_one_account_V15(client: Client, factory: Factory) -> None:
    """With an Idempotency-Key, a repeated request returns the account that was created."""
    partner = await factory.partner()

    first, again = [await create(client, partner.admin, key="k1") for _ in range(2)]

    assert first == again
    listed = await client(partner.admin, "{ managedAccounts { nodes { id } } }")
    assert payload({"managedAccounts": {"nodes": [first["managedAccount"]]}}) == response_of(listed)
