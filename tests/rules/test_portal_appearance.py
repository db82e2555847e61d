"""Portal appearance: who saves it, who sees it, and which values are refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from models import Image
from models.base import now
from resolvers.image import purge_unused_images
from tests.client import ANONYMOUS, Client
from tests.factory import Factory
from tests.rules.answers import payload, redaction_at, response_of
from tests.rules.mutations import recorded_changes, send, stored_rows, user_error
from tests.rules.test_api_key import key_of
from tests.rules.test_embed_session import ORIGIN, as_page, embed

FIELDS: Final = (
    "productName logo { width } colorScheme accentColor accentTextColor backgroundColor textColor "
    "fontFamily borderRadius density locale"
)
SAVED: Final = f"portalAppearance {{ {FIELDS} version }}"
READ: Final = f"query ($id: ID!) {{ company(id: $id) {{ portalAppearance {{ {FIELDS} }} }} }}"
OWN: Final = "{ viewer { company { portalAppearance { productName logo { url } } } } }"
ALL: Final[dict[str, Any]] = {
    "productName": "Nordic Ports",
    "colorScheme": "DARK",
    "accentColor": "#0b5fff",
    "accentTextColor": "#ffffff",
    "backgroundColor": "#101418",
    "textColor": "#e6e6e6",
    "fontFamily": "\"Source Sans 3\", 'Segoe UI', Arial, sans-serif",
    "borderRadius": 12,
    "density": "COMPACT",
    "locale": "de",
}
UNSET: Final = {**dict.fromkeys(ALL), "logo": None, "colorScheme": "AUTO", "density": "COMFORTABLE"}


async def save(client: Client, viewer: str | None, **values: Any) -> dict[str, Any]:
    """Save an appearance."""
    return await send(client, viewer, "savePortalAppearance", SAVED, **values)


def not_saved(code: str, *field: str) -> dict[str, Any]:
    """Return the payload of a refused mutation."""
    return {"portalAppearance": None, "userErrors": [user_error(code, *field)]}


@pytest.mark.parametrize("kind", ["DIRECT", "PARTNER"])
@pytest.mark.parametrize("role", ["ACCOUNT_ADMIN", "MARKETPLACE_EDITOR"])
async def test_editors_save_and_change_the_appearance_V9_V52(client: Client, factory: Factory, kind: str, role: str) -> None:
    """Omitted values stay, null restores the kit's own, and the version counts the edits."""
    company = await factory.company(kind=kind)
    editor = (await factory.user(company, role)).email
    logo = await factory.image(company, width=120)

    first = await save(client, editor, logoId=logo.id, **{**ALL, "accentColor": "#0B5FFF"})
    second = await save(client, editor, version=1, locale="ar", borderRadius=None, logoId=None)
    third = await save(client, editor, version=2, **dict.fromkeys(ALL.keys() - {"colorScheme", "density"}), colorScheme="LIGHT")

    assert [] == first["userErrors"] == second["userErrors"] == third["userErrors"]
    assert {**ALL, "logo": {"width": 120}, "version": 1} == first["portalAppearance"]
    assert {**ALL, "logo": None, "locale": "ar", "borderRadius": None, "version": 2} == second["portalAppearance"]
    assert {**UNSET, "density": "COMPACT", "colorScheme": "LIGHT", "version": 3} == third["portalAppearance"]


async def test_first_save_needs_no_value_V52(client: Client, factory: Factory) -> None:
    """Everything else is the kit's own."""
    company = await factory.company()

    assert {"portalAppearance": {**UNSET, "version": 1}, "userErrors": []} == await save(client, company.admin)


async def test_managed_accounts_and_embed_sessions_see_their_partners_appearance_V52(client: Client, factory: Factory) -> None:
    """The partner's logo is served to them too, and to no other partner's accounts."""
    partner, stranger = await factory.partner(), await factory.partner()
    account, foreign = await factory.managed_account(partner), await factory.managed_account(stranger)
    logo = await factory.image(partner)
    await save(client, partner.admin, logoId=logo.id, productName="Nordic Ports")
    await factory.portal_origin(partner, ORIGIN)
    token = await embed(client, await key_of(client, partner), account.company)

    by_account = (await client(account.admin, OWN)).data["viewer"]["company"]["portalAppearance"]
    by_page = (await as_page(client, token, OWN)).data["viewer"]["company"]["portalAppearance"]
    by_foreign = (await client(foreign.admin, OWN)).data["viewer"]["company"]["portalAppearance"]
    path = by_account["logo"]["url"].partition("//")[2].partition("/")[2]
    files = [(await client.get(viewer, f"/{path}")).status_code for viewer in (account.admin, foreign.admin, ANONYMOUS)]

    assert (by_account, "Nordic Ports", None) == (by_page, by_page["productName"], by_foreign)
    assert [200, 404, 404] == files


async def test_partner_sees_its_own_appearance_at_its_accounts_V14_V52(client: Client, factory: Factory) -> None:
    """The account has none of its own."""
    partner = await factory.partner()
    account = await factory.managed_account(partner)
    await save(client, partner.admin, **ALL)

    seen = [
        (await client(partner.admin, READ, id=each.id)).data["company"]["portalAppearance"]
        for each in (partner, account.company)
    ]

    assert [{**ALL, "logo": None}] * 2 == seen


async def test_only_the_company_its_accounts_and_the_operator_read_it_V21_V52(client: Client, factory: Factory) -> None:
    """Other companies and visitors don't, also if they can read the company."""
    company, operator = await factory.company(), await factory.operator()
    await factory.profile(company)
    await save(client, company.admin, **ALL)
    viewers = {
        operator.admin: True,
        (await factory.user(company, "VIEWER")).email: True,
        (await factory.partner()).admin: False,
        (await factory.managed_account(await factory.partner())).admin: False,
        ANONYMOUS: False,
    }

    seen = {viewer: (await client(viewer, READ, id=company.id)).data["company"]["portalAppearance"] for viewer in viewers}

    assert viewers == {viewer: found == {**ALL, "logo": None} for viewer, found in seen.items()}
    assert {None} == {found for viewer, found in seen.items() if not viewers[viewer] for found in [found]}


async def test_only_editors_read_the_version_V9(client: Client, factory: Factory) -> None:
    """Others of the company can't save, so they don't need it."""
    company = await factory.company()
    member = await factory.user(company, "VIEWER")
    await save(client, company.admin)

    hidden = await client(member.email, "{ viewer { company { portalAppearance { version } } } }")

    assert payload(
        {"viewer": {"company": {"portalAppearance": {"version": None}}}},
        redaction_at("viewer.company.portalAppearance.version", "ROLE_REQUIRED"),
    ) == response_of(hidden)


async def test_nobody_else_saves_it_V9_V52(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """Neither other roles, nor managed accounts and their partner for them, nor the operator, other companies and visitors."""
    partner, operator = await factory.partner(), await factory.operator()
    account = await factory.managed_account(partner)
    await factory.profile(partner)
    roles = ("NETWORK_ADMIN", "FINANCE", "VIEWER")
    members = [(await factory.user(partner, role)).email for role in roles]
    others = [account.admin, operator.admin, (await factory.partner()).admin, ANONYMOUS]
    before = await stored_rows(rules_engine)

    for viewer in (*members, *others):
        assert not_saved("FORBIDDEN", "companyId") == await save(client, viewer, companyId=partner.id), viewer
    for viewer in (partner.admin, account.admin):
        assert not_saved("FORBIDDEN", "companyId") == await save(client, viewer, companyId=account.company.id), viewer
    assert before == await stored_rows(rules_engine)


@pytest.mark.parametrize(
    ("values", "code", "field"),
    [
        ({"productName": "x" * 61}, "TOO_LONG", "productName"),
        ({"productName": "a\nb"}, "INVALID_TEXT", "productName"),
        ({"colorScheme": None}, "REQUIRED", "colorScheme"),
        ({"density": None}, "REQUIRED", "density"),
        *(
            ({"accentColor": color, "accentTextColor": "#ffffff"}, "INVALID_VALUE", "accentColor")
            for color in ("red", "#fff", "#0b5fff00", "0b5fff", "#0b5ffg", "#0b5fff;", "#0b5fff\n", "url(x)", "")
        ),
        ({"accentColor": "#0b5fff"}, "REQUIRED", "accentTextColor"),
        ({"textColor": "#000000"}, "REQUIRED", "backgroundColor"),
        ({"accentColor": "#777777", "accentTextColor": "#ffffff"}, "CONTRAST_TOO_LOW", "accentTextColor"),
        ({"backgroundColor": "#ffffff", "textColor": "#ffffff"}, "CONTRAST_TOO_LOW", "textColor"),
        *(
            ({"fontFamily": fonts}, "INVALID_VALUE", "fontFamily")
            for fonts in (
                "Arial; color: red",
                "url(https://evil.example)",
                '"Arial',
                "'Arial\"",
                "Arial}",
                "a,,b",
                "Arial,",
                "\\41 rial",
                "</style>",
                "Ärial",
            )
        ),
        ({"fontFamily": "x" * 201}, "TOO_LONG", "fontFamily"),
        ({"borderRadius": 25}, "INVALID_VALUE", "borderRadius"),
        ({"borderRadius": -1}, "INVALID_VALUE", "borderRadius"),
        ({"locale": "nl"}, "INVALID_VALUE", "locale"),
        ({"locale": "DE"}, "INVALID_VALUE", "locale"),
        ({"logoId": "nowhere"}, "INVALID_ID", "logoId"),
        ({"version": 1}, "CONFLICT", "version"),
    ],
)
async def test_invalid_appearance_is_refused_V52(
    client: Client, factory: Factory, values: dict[str, Any], code: str, field: str
) -> None:
    """Nothing is stored that a style sheet could read as anything else, or that people can't read."""
    company = await factory.company()

    assert not_saved(code, field) == await save(client, company.admin, **values)
    assert 0 == await factory.count("PortalAppearance")


async def test_contrast_is_that_of_both_stored_colours_V52(client: Client, factory: Factory) -> None:
    """An edit of one colour is compared with the other one that is stored. The message names the pair and the ratio."""
    company = await factory.company()
    await save(client, company.admin, **ALL)
    query = """mutation ($input: SavePortalAppearanceInput!) {
      savePortalAppearance(input: $input) { userErrors { message params { name value } } } }"""

    answer = await client(company.admin, query, input={"version": 1, "textColor": "#767676"})

    (error,) = answer.data["savePortalAppearance"]["userErrors"]
    params = {each["name"]: each["value"] for each in error["params"]}
    assert {"foreground": "textColor", "background": "backgroundColor", "ratio": "4.07", "minimum": "4.5"} == params
    assert (
        "textColor on backgroundColor has a contrast of 4.07:1. People with low vision need at least 4.5:1." == error["message"]
    )


async def test_logo_is_an_image_of_the_company_V52(client: Client, factory: Factory) -> None:
    """Another company's image isn't found, and an account's isn't the partner's."""
    partner = await factory.partner()
    account = await factory.managed_account(partner)
    foreign, managed = await factory.image(await factory.company()), await factory.image(account.company)

    assert not_saved("NOT_FOUND", "logoId") == await save(client, partner.admin, logoId=foreign.id)
    assert not_saved("INVALID_VALUE", "logoId") == await save(client, partner.admin, logoId=managed.id)


async def test_logo_of_a_portal_is_kept_V64(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """An image that a portal uses isn't removed with the unused ones."""
    company = await factory.company()
    logo, unused = await factory.image(company), await factory.image(company)
    await save(client, company.admin, logoId=logo.id)
    async with rules_engine.connect() as connection:
        await connection.execute(sa.update(Image).values(created_at=now() - timedelta(days=2)))

    await purge_unused_images(rules_engine, "")

    async with rules_engine.connect() as connection:
        assert {logo.key} == set(await connection.scalars(sa.select(Image.id))), unused


async def test_edits_of_the_appearance_are_audited_V52(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """Each edit is an event with the values before and after."""
    company = await factory.company()
    await save(client, company.admin, productName="One")
    await save(client, company.admin, version=1, productName="Two")

    changes = await recorded_changes(rules_engine)

    assert [("savePortalAppearance", "portal_appearance")] * 2 == [each[:2] for each in changes]
    assert {"productName": ["One", "Two"], "version": [1, 2]} == {
        {"product_name": "productName"}.get(name, name): value for name, value in changes[1][2].items()
    }
