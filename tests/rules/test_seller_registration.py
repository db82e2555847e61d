"""Sellers: who registers one, with which bank account, where its number is, and who can publish automatically."""

from __future__ import annotations

from typing import Any, Final

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy.ext.asyncio import AsyncEngine

from models import AuditEvent, IdempotentRequest, SellerRegistration
from tests.client import Client
from tests.factory import Company, Factory
from tests.rules.identity import mutate, person
from tests.rules.mutations import executed_statements, queued_mails, recorded_changes, send, stored_rows, user_error
from tests.rules.test_recent_sign_in import token_after

IBAN: Final = "DE89370400440532013000"
OTHER_IBAN: Final = "NL91ABNA0417164300"
GB_IBAN: Final = "GB82WEST12345698765432"
ACCOUNT: Final = {"bankAccountCountry": "DE", "bankAccountNumber": IBAN, "accountHolder": "Sample GmbH"}
OTHER: Final = {"bankAccountCountry": "NL", "bankAccountNumber": OTHER_IBAN, "accountHolder": "Sample BV"}
SHOWN: Final = {"bankAccountCountry": "DE", "bankAccountLast4": "3000", "accountHolder": "Sample GmbH"}
FIELDS: Final = "sellerRegistration { bankAccountCountry bankAccountLast4 accountHolder }"
READ: Final = f"query ($id: ID!) {{ company(id: $id) {{ autoPublishAllowed {FIELDS} }} }}"
REGISTERED: Final = f"company {{ {FIELDS} }}"
ALLOWED: Final = "company { autoPublishAllowed }"


async def register(client: Client, viewer: str | None, **values: Any) -> dict[str, Any]:
    """Register a seller with an account in Germany, or with other values."""
    return await send(client, viewer, "registerSeller", REGISTERED, **{**ACCOUNT, **values})


async def read(client: Client, viewer: str | None, company: Company) -> tuple[Any, dict[str, Any]]:
    """Return what a viewer reads of a company, and its redactions by field."""
    answer = await client(viewer, READ, id=company.id)
    return answer.data["company"], {str(each.path[-1]): each.reason for each in answer.redactions}


async def refused(client: Client, engine: AsyncEngine, viewer: str, **values: Any) -> list[dict[str, Any]]:
    """Return the errors of a registration that is refused, and hold that nothing has changed."""
    before = await stored_rows(engine)
    answer = await register(client, viewer, **values)
    assert answer["company"] is None
    assert before == await stored_rows(engine)
    errors: list[dict[str, Any]] = answer["userErrors"]
    return errors


# Who registers a seller


@pytest.mark.parametrize("role", ["ACCOUNT_ADMIN", "FINANCE"])
async def test_administrator_or_finance_user_registers_a_seller_R206_R207_R208_V31(
    client: Client, factory: Factory, role: str
) -> None:
    """Country, holder and the last four characters are shown again."""
    member = await factory.user(await factory.company(), role)

    done = await register(client, member.email)

    assert {"company": {"sellerRegistration": SHOWN}, "userErrors": []} == done


@pytest.mark.parametrize("role", ["NETWORK_ADMIN", "MARKETPLACE_EDITOR", "VIEWER"])
async def test_other_roles_neither_register_nor_read_a_seller_V31(
    client: Client, factory: Factory, rules_engine: AsyncEngine, role: str
) -> None:
    """The company tells them only whether it can publish automatically."""
    company = await factory.company()
    await register(client, company.admin)
    member = await factory.user(company, role)

    errors = await refused(client, rules_engine, member.email, companyId=company.id)
    shown, reasons = await read(client, member.email, company)

    assert [user_error("FORBIDDEN", "companyId")] == errors
    assert {"autoPublishAllowed": False, "sellerRegistration": None} == shown
    assert {"sellerRegistration": "ROLE_REQUIRED"} == reasons


async def test_partner_registers_its_account_as_a_seller_and_the_account_does_not_V31(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """The account reads where it's paid, and its partner's finance user registers it."""
    account = await factory.managed_account(await factory.partner())
    finance = await factory.user(account.partner, "FINANCE")

    errors = await refused(client, rules_engine, account.admin)
    done = await register(client, finance.email, companyId=account.company.id)
    shown, _ = await read(client, account.admin, account.company)

    assert [user_error("FORBIDDEN")] == errors
    assert {"company": {"sellerRegistration": SHOWN}, "userErrors": []} == done
    assert SHOWN == shown["sellerRegistration"]


async def test_registration_is_hidden_from_other_companies_V31(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """Others read no bank account, whether the company is a stranger or sells to everyone, and the operator reads it."""
    company, other = await factory.company(), await factory.partner()
    await register(client, company.admin)
    await factory.product(company, visibility="PUBLIC")

    errors = await refused(client, rules_engine, other.admin, companyId=company.id)
    hidden = [(await read(client, viewer, company))[0] for viewer in (other.admin, None)]
    support = await factory.support()
    shown, _ = await read(client, support.email, company)

    assert [user_error("FORBIDDEN", "companyId")] == errors
    assert [{"autoPublishAllowed": None, "sellerRegistration": None}] * 2 == hidden
    assert {"autoPublishAllowed": False, "sellerRegistration": SHOWN} == shown


async def test_unknown_company_is_not_found_V31(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """A hidden company looks like one that doesn't exist."""
    company, hidden = await factory.company(), await factory.company()

    assert [user_error("NOT_FOUND", "companyId")] == await refused(client, rules_engine, company.admin, companyId=hidden.id)


@pytest.mark.parametrize("state", ["UNVERIFIED", "PENDING", "REJECTED"])
async def test_unverified_company_is_no_seller_A40_V47(
    client: Client, factory: Factory, rules_engine: AsyncEngine, state: str
) -> None:
    """A company has to be verified before it sells."""
    company = await factory.company(verification_status=state)

    assert [user_error("COMPANY_NOT_VERIFIED")] == await refused(client, rules_engine, company.admin)


async def test_seller_is_registered_after_a_recent_sign_in_only_V66_V74(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """A password of 16 minutes ago isn't enough, and nothing changes."""
    admin = await person(factory, rules_engine)
    token = await token_after(client, rules_engine, admin.email, minutes=16)
    before = await stored_rows(rules_engine)

    done = await mutate(client, token, "registerSeller", REGISTERED, **ACCOUNT)

    assert {"company": None, "userErrors": [user_error("RECENT_SIGN_IN_REQUIRED")]} == done
    assert before == await stored_rows(rules_engine)


async def test_program_registers_no_seller_V51_V74(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """An API key has the role but never signs in."""
    company = await factory.company()
    created = await send(client, company.admin, "createApiKey", "secret", name="Export", roles=["FINANCE"])
    before = await stored_rows(rules_engine)

    done = await mutate(client, created["secret"], "registerSeller", REGISTERED, **ACCOUNT)
    after = await stored_rows(rules_engine)

    assert {"company": None, "userErrors": [user_error("RECENT_SIGN_IN_REQUIRED")]} == done
    assert before["seller_registration"] == after["seller_registration"] == []


# Which accounts


@pytest.mark.parametrize(
    ("country", "number", "last4"),
    [
        ("DE", " de89 3704 0044 0532 0130 00 ", "3000"),
        ("NL", "NL91-ABNA-0417-1643-00", "4300"),
        ("FR", "FR1420041010050500013M02606", "2606"),
        ("US", "021000021-12345678", "5678"),
        ("JP", "0005-123-1234567", "4567"),
    ],
)
async def test_account_is_written_as_on_paper_R208_V31(
    client: Client, factory: Factory, country: str, number: str, last4: str
) -> None:
    """Spaces, hyphens and case don't matter. Countries without IBANs have numbers of their own."""
    company = await factory.company()

    done = await register(client, company.admin, bankAccountCountry=country, bankAccountNumber=number)

    assert [] == done["userErrors"]
    assert (country, last4) == tuple(
        done["company"]["sellerRegistration"][name] for name in ("bankAccountCountry", "bankAccountLast4")
    )


@pytest.mark.parametrize(
    ("country", "number"),
    [
        ("DE", "DE88370400440532013000"),  # wrong check digits
        ("DE", "DE8937040044053201300"),  # a digit short
        ("DE", "0532013000"),  # not an IBAN
        ("DE", OTHER_IBAN),
        ("US", GB_IBAN),
        ("JE", GB_IBAN),
        ("US", "12345"),
        ("US", "1234567890" * 4),
        ("US", "12345678;"),
        ("US", "１２３４５６７８"),
        ("US", "12345678\u0660"),
    ],
)
async def test_invalid_number_is_refused_and_never_repeated_R208_V31(
    client: Client, factory: Factory, rules_engine: AsyncEngine, country: str, number: str
) -> None:
    """The error names the field, and its message doesn't contain the number."""
    company = await factory.company()
    values = {**ACCOUNT, "bankAccountCountry": country, "bankAccountNumber": number}
    query = "mutation ($input: RegisterSellerInput!) { registerSeller(input: $input) { userErrors { message } } }"

    errors = await refused(client, rules_engine, company.admin, **values)
    answer = await client.send(company.admin, query, {"input": values})

    assert [user_error("INVALID_VALUE", "bankAccountNumber")] == errors
    assert number not in str(answer.data)


async def test_account_in_a_refused_country_is_refused_R209_A22(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """British accounts are refused unless the operator configures other countries."""
    company = await factory.company()
    british = {"bankAccountCountry": "GB", "bankAccountNumber": GB_IBAN}

    errors = await refused(client, rules_engine, company.admin, **british)
    with client.configured(refused_bank_countries=frozenset({"DE"})):
        german = await refused(client, rules_engine, company.admin)
        done = await register(client, company.admin, **british)

    assert [user_error("INVALID_VALUE", "bankAccountCountry")] == errors == german
    assert ([], "GB") == (done["userErrors"], done["company"]["sellerRegistration"]["bankAccountCountry"])


# Where the number is


async def test_number_is_stored_encrypted_for_its_company_and_nowhere_else_R208_V31(
    client: Client, factory: Factory, rules_engine: AsyncEngine, capfd: pytest.CaptureFixture[str]
) -> None:
    """Only the signing keys decrypt it. No statement, audit event, idempotency record or log has it."""
    company = await factory.company()
    with executed_statements(client.app.state.services.engine) as statements:
        await register(client, company.admin, key="once")
    secret = client.app.state.tokens.secrets(b"bank accounts")[0]

    async with rules_engine.connect() as connection:
        (stored,) = await connection.scalars(sa.select(SellerRegistration.bank_account_number))
        logged = (await connection.execute(sa.select(AuditEvent))).all()
        once = (await connection.execute(sa.select(IdempotentRequest))).all()
    changes = [change for action, _, change in await recorded_changes(rules_engine) if action == "registerSeller"]
    rows = str(await stored_rows(rules_engine))

    assert IBAN.encode() == AESGCM(secret).decrypt(stored[:12], stored[12:], company.key.bytes)
    assert 1 == len(once)
    for text in (rows, str(logged), str(once), str(statements), "".join(capfd.readouterr())):
        assert IBAN[4:-4] not in text
    assert [[None, "…"]] * 2 == [changes[0][name] for name in ("bank_account_number", "account_holder")]


async def test_equal_numbers_are_stored_differently_V31(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """Nobody who reads the table sees that two companies share an account."""
    for company in (await factory.company(), await factory.company()):
        await register(client, company.admin)

    async with rules_engine.connect() as connection:
        stored = (await connection.scalars(sa.select(SellerRegistration.bank_account_number))).all()

    assert 2 == len(set(stored))


async def test_repeated_request_registers_once_V31_V74(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """A retry under the same Idempotency-Key changes nothing, and another number under it is refused."""
    company = await factory.company()
    first = await register(client, company.admin, key="once")
    before = await stored_rows(rules_engine)

    again = await register(client, company.admin, key="once")
    other = await register(client, company.admin, key="once", **OTHER)

    assert first == again
    assert [user_error("IDEMPOTENCY_KEY_REUSED")] == other["userErrors"]
    assert before == await stored_rows(rules_engine)


# Another account


async def test_registering_again_replaces_the_account_and_warns_the_root_user_R119_V32_V74(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """The administrator who joined first gets a security mail, without the account. The first registration sends none."""
    company = await factory.company()
    second = await factory.user(company, "ACCOUNT_ADMIN")
    await register(client, company.admin)
    before = await queued_mails(rules_engine)

    done = await register(client, second.email, **OTHER)
    ((kind, to, text),) = await queued_mails(rules_engine)
    async with rules_engine.connect() as connection:
        count = await connection.scalar(sa.select(sa.func.count()).select_from(SellerRegistration))

    shown = {"bankAccountCountry": "NL", "bankAccountLast4": "4300", "accountHolder": "Sample BV"}
    assert ([], 1) == (before, count)
    assert {"company": {"sellerRegistration": shown}, "userErrors": []} == done
    assert ("SECURITY", company.admin) == (kind, to)
    assert f"Security: The bank account of {company.name} was replaced" in text
    assert not any(part in text for part in (OTHER_IBAN, "4300", "Sample BV"))


async def test_partner_is_warned_for_an_account_without_administrators_R119_V32_V74(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """Somebody always gets the mail."""
    account = await factory.managed_account(await factory.partner())
    async with rules_engine.connect() as connection:
        await connection.execute(
            sa.text("UPDATE membership SET roles = '{VIEWER}' WHERE company_id = :id"), {"id": account.company.key}
        )
    for values in (ACCOUNT, OTHER):
        await register(client, account.partner.admin, companyId=account.company.id, **values)

    assert [("SECURITY", account.partner.admin)] == [(kind, to) for kind, to, _ in await queued_mails(rules_engine)]


# Publishers' rights


async def test_reviewer_gives_and_takes_publishers_rights_R320_V62(client: Client, factory: Factory) -> None:
    """The company reads whether it can publish automatically."""
    reviewer, company = await factory.user(await factory.operator(), "REVIEWER"), await factory.company()

    for allowed in (True, True, False):
        done = await send(client, reviewer.email, "setPublisherRights", ALLOWED, companyId=company.id, autoPublish=allowed)
        shown, _ = await read(client, company.admin, company)
        assert {"company": {"autoPublishAllowed": allowed}, "userErrors": []} == done
        assert allowed is shown["autoPublishAllowed"]


async def test_nobody_else_gives_publishers_rights_R320_V62(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """Neither the company itself nor the operator's support does, and nothing changes."""
    support, company = await factory.support(), await factory.company()
    before = await stored_rows(rules_engine)

    done = [
        await send(client, viewer, "setPublisherRights", ALLOWED, companyId=company.id, autoPublish=True)
        for viewer in (company.admin, support.email)
    ]

    assert [{"company": None, "userErrors": [user_error("FORBIDDEN", "companyId")]}] * 2 == done
    assert before == await stored_rows(rules_engine)
