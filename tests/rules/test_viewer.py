"""The viewer: what it reads about itself, and how a change of settings reaches it."""

from __future__ import annotations

import pytest

from tests.client import ANONYMOUS, Client, Redaction
from tests.factory import Factory
from tests.rules.answers import payload, response_of

WHO = "{ viewer { user { id } company { id } roles pricingVisible chatSupportEnabled } }"
SWITCHES = "{ viewer { pricingVisible chatSupportEnabled } }"
PRICING = "{ viewer { pricingVisible } }"
CHAT = "{ viewer { chatSupportEnabled } }"


async def test_anonymous_visitor_is_a_viewer_too_V24(client: Client) -> None:
    """A visitor without a token has no user, no company and no roles, sees no prices and has no chat."""
    answer = await client(ANONYMOUS, WHO)

    nobody: dict[str, object] = {
        "user": None,
        "company": None,
        "roles": [],
        "pricingVisible": False,
        "chatSupportEnabled": False,
    }
    assert payload({"viewer": nobody}) == response_of(answer)


async def test_viewer_reads_who_it_is_A43(client: Client, factory: Factory) -> None:
    """A user reads its company and all the roles that it has there."""
    company = await factory.company()
    user = await factory.user(company, "NETWORK_ADMIN", "FINANCE")

    answer = await client(user.email, WHO)

    known = {
        "user": {"id": user.id},
        "company": {"id": company.id},
        "roles": ["FINANCE", "NETWORK_ADMIN"],
        "pricingVisible": True,
        "chatSupportEnabled": True,
    }
    assert payload({"viewer": known}) == response_of(answer)


@pytest.mark.parametrize(
    ("setting", "field"), [("pricing", "pricingVisible"), ("chat_support", "chatSupportEnabled")], ids=["pricing", "chat"]
)
async def test_partner_turns_features_on_and_off_R105(client: Client, factory: Factory, setting: str, field: str) -> None:
    """A managed account has pricing and chat exactly while its partner has them turned on."""
    account = await factory.managed_account(await factory.partner())
    query = f"{{ viewer {{ {field} }} }}"

    answers = []
    for switch in (True, False, True):
        await factory.setting(account, **{setting: switch})
        answers.append(response_of(await client(account.admin, query)))

    assert [payload({"viewer": {field: switch}}) for switch in (True, False, True)] == answers


async def test_partner_default_applies_to_all_its_accounts_and_no_others_R105_V2(client: Client, factory: Factory) -> None:
    """A partner's default applies to all accounts that it manages, and to none of another partner."""
    partner = await factory.partner()
    first, second = await factory.managed_account(partner), await factory.managed_account(partner)
    stranger = await factory.managed_account(await factory.partner())
    await factory.defaults(partner, pricing=True, chat_support=True)

    answers = [response_of(await client(account.admin, SWITCHES)) for account in (first, second, stranger)]

    on, off = (payload({"viewer": {"pricingVisible": switch, "chatSupportEnabled": switch}}) for switch in (True, False))
    assert [on, on, off] == answers


async def test_account_setting_overrides_the_default_V2(client: Client, factory: Factory) -> None:
    """An account's setting overrides its partner's default, in either direction, until it's unset."""
    partner = await factory.partner()
    account = await factory.managed_account(partner, pricing=False)
    await factory.defaults(partner, pricing=True)

    own = await client(account.admin, PRICING)
    await factory.setting(account, pricing=None)
    default = await client(account.admin, PRICING)

    assert payload({"viewer": {"pricingVisible": False}}) == response_of(own)
    assert payload({"viewer": {"pricingVisible": True}}) == response_of(default)


@pytest.mark.parametrize(
    ("supported_by", "setting", "enabled"),
    [
        ("PARTNER", None, False),
        ("PARTNER", True, True),
        ("PARTNER", False, False),
        ("OPERATOR", None, True),
        ("OPERATOR", True, True),
        ("OPERATOR", False, False),
    ],
)
async def test_chat_follows_the_accounts_support_R108_R110_A12(
    client: Client, factory: Factory, supported_by: str, setting: bool | None, enabled: bool
) -> None:
    """Chat is off for a partner-supported account and on for an operator-supported one, unless the partner sets it."""
    account = await factory.managed_account(await factory.partner(), supported_by=supported_by, chat_support=setting)

    answer = await client(account.admin, CHAT)

    assert payload({"viewer": {"chatSupportEnabled": enabled}}) == response_of(answer)


@pytest.mark.parametrize("kind", ["DIRECT", "PARTNER", "OPERATOR"])
async def test_other_companies_always_have_chat_R108(client: Client, factory: Factory, kind: str) -> None:
    """Only managed accounts can be without chat. Every other company's users have it."""
    company = await factory.company(kind=kind)

    answer = await client(company.admin, CHAT)

    assert payload({"viewer": {"chatSupportEnabled": True}}) == response_of(answer)


async def test_managed_viewer_sees_no_prices_by_default_R121(client: Client, factory: Factory) -> None:
    """A managed account without settings reads that it sees no prices."""
    account = await factory.managed_account(await factory.partner())

    answer = await client(account.admin, PRICING)

    assert payload({"viewer": {"pricingVisible": False}}) == response_of(answer)


async def test_partner_always_sees_its_own_prices_A17(client: Client, factory: Factory) -> None:
    """A partner doesn't hide from itself what it hides from its accounts."""
    partner = await factory.partner()
    await factory.managed_account(partner, pricing=False)
    await factory.defaults(partner, pricing=False)

    answer = await client(partner.admin, PRICING)

    assert payload({"viewer": {"pricingVisible": True}}) == response_of(answer)


@pytest.mark.parametrize(
    ("role", "visible"),
    [("ACCOUNT_ADMIN", True), ("FINANCE", True), ("VIEWER", True), ("NETWORK_ADMIN", False), ("MARKETPLACE_EDITOR", False)],
)
@pytest.mark.parametrize("shown", [True, False], ids=["shown", "hidden"])
async def test_only_some_roles_see_prices_V23(client: Client, factory: Factory, role: str, visible: bool, shown: bool) -> None:
    """Administrators, finance and viewers see prices, other roles don't. If the partner hides them, no role does."""
    partner = await factory.partner()
    account = await factory.managed_account(partner, pricing=shown)
    inside, outside = await factory.user(account.company, role), await factory.user(partner, role)

    managed, own = await client(inside.email, PRICING), await client(outside.email, PRICING)

    assert payload({"viewer": {"pricingVisible": visible and shown}}) == response_of(managed)
    assert payload({"viewer": {"pricingVisible": visible}}) == response_of(own)


@pytest.mark.parametrize(
    ("kind", "reason"), [("ANONYMOUS", "NOT_YOURS"), ("DIRECT", "NOT_YOURS"), ("PARTNER", None), ("MANAGED", "NOT_YOURS")]
)
async def test_partners_find_the_documentation_of_their_programme_R125(
    client: Client, factory: Factory, kind: str, reason: str | None
) -> None:
    """A partner reads its URL. For everybody else it's hidden, with a reason."""
    with client.configured(partner_docs_url="https://partners.example/docs"):
        answer = await client(await factory.admin_of_kind(kind), "{ viewer { partnerDocumentation } }")

    shown = None if reason else "https://partners.example/docs"
    hidden = [Redaction(["viewer", "partnerDocumentation"], reason)] if reason else []
    assert ({"viewer": {"partnerDocumentation": shown}}, hidden) == (answer.data, answer.redactions)


async def test_each_visibility_has_its_own_type_X4(client: Client, factory: Factory) -> None:
    """Profiles and ports are PRIVATE or PUBLIC, products have four values, and prices a boolean: four types, not one."""
    query = """{
        profile: __type(name: "ProfileVisibility") { enumValues { name } }
        port: __type(name: "PortVisibility") { enumValues { name } }
        product: __type(name: "ProductVisibility") { enumValues { name } }
        settings: __type(name: "ManagedAccountSettings") { fields { name type { ofType { name } } } }
    }"""

    data = (await client((await factory.partner()).admin, query)).data

    words = {name: {value["name"] for value in data[name]["enumValues"]} for name in ("profile", "port", "product")}
    two = {"PRIVATE", "PUBLIC"}
    assert {"profile": two, "port": two, "product": {"LIMITED", "PUBLIC", "RESTRICTED", "REMOVED"}} == words
    assert {"name": "pricing", "type": {"ofType": {"name": "Setting"}}} in data["settings"]["fields"]
