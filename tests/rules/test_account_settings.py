"""Settings of managed accounts: the partner sets them for one account or for all, and they apply from the next request."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.client import Client, open_client
from tests.factory import Account, Factory
from tests.rules.answers import payload, redaction_at, response_of
from tests.rules.mutations import recorded_changes, send, stored_rows, user_error

NAMES: Final = ("pricing", "chatSupport", "dashboard", "companyProfile", "orderApproval")
COLUMNS: Final = ("pricing", "chat_support", "dashboard", "company_profile", "order_approval")
EACH: Final = " ".join(f"{name} {{ enabled source }}" for name in NAMES)
SETTINGS: Final = f"managedAccount {{ version settings {{ {EACH} }} }}"
DEFAULTS: Final = f"partnerDefaults {{ {' '.join(NAMES)} version }}"
OF_PARTNER: Final = f"query ($id: ID!) {{ company(id: $id) {{ {DEFAULTS} }} }}"
CHAT: Final = "{ viewer { chatSupportEnabled } }"
PRICES: Final = "{ viewer { pricingVisible } ports { nodes { monthlyRate { amount } } } }"
UNSET: Final = {"enabled": False, "source": "DEFAULT"}


async def switch(client: Client, account: Account, version: int, **settings: bool | None) -> Any:
    """Send one account's settings as its partner and return the payload."""
    values = {"id": account.id, "version": version, "settings": settings}
    return await send(client, account.partner.admin, "updateManagedAccountSettings", SETTINGS, **values)


async def switch_all(client: Client, viewer: str | None, **values: Any) -> dict[str, Any]:
    """Send the defaults for all accounts of a partner and return the payload."""
    return await send(client, viewer, "updatePartnerDefaults", DEFAULTS, **values)


@pytest.mark.parametrize("name", NAMES)
async def test_account_setting_is_on_off_or_inherited_V2_V13_R105(client: Client, factory: Factory, name: str) -> None:
    """True and false are the account's own values, null inherits the partner's default, and an absent field doesn't change."""
    partner = await factory.partner()
    account = await factory.managed_account(partner)
    other = next(each for each in NAMES if each != name)

    steps = [
        await switch(client, account, 1, **{name: True}),
        await switch(client, account, 2, **{other: True}),
        await switch(client, account, 3, **{name: False}),
        await switch(client, account, 4, **{name: None}),
    ]

    assert [[]] * 4 == [step["userErrors"] for step in steps]
    settings = [step["managedAccount"]["settings"] for step in steps]
    own = [{"enabled": enabled, "source": "ACCOUNT"} for enabled in (True, True, False)]
    assert [*own, UNSET] == [each[name] for each in settings]
    assert [UNSET, *[{"enabled": True, "source": "ACCOUNT"}] * 3] == [each[other] for each in settings]
    assert [2, 3, 4, 5] == [step["managedAccount"]["version"] for step in steps]


@pytest.mark.parametrize("name", NAMES)
async def test_partner_default_is_on_off_or_unset_V2_V13_R105(client: Client, factory: Factory, name: str) -> None:
    """A partner's default applies to an account that has no value of its own."""
    partner = await factory.partner()
    account = await factory.managed_account(partner)
    query = f"{{ managedAccounts {{ nodes {{ settings {{ {name} {{ enabled source }} }} }} }} }}"

    unset = await client(partner.admin, OF_PARTNER, id=partner.id)
    found = []
    for version, value in enumerate((True, False, None)):
        changed = await switch_all(client, partner.admin, version=version, **{name: value})
        expected = {**dict.fromkeys(NAMES), name: value, "version": version + 1}
        assert {"partnerDefaults": expected, "userErrors": []} == changed
        found.append((await client(account.admin, query)).data["managedAccounts"]["nodes"][0]["settings"][name])

    assert payload({"company": {"partnerDefaults": None}}) == response_of(unset)
    assert [{"enabled": True, "source": "PARTNER"}, {"enabled": False, "source": "PARTNER"}, UNSET] == found


async def test_version_is_optional_before_defaults_exist_V2(client: Client, factory: Factory) -> None:
    """The first save of the defaults needs no version. A later save without one is a conflict."""
    partner = await factory.partner()

    first = await switch_all(client, partner.admin, pricing=True)
    second = await switch_all(client, partner.admin, pricing=False)

    assert {"partnerDefaults": {**dict.fromkeys(NAMES), "pricing": True, "version": 1}, "userErrors": []} == first
    assert {"partnerDefaults": None, "userErrors": [user_error("CONFLICT", "version")]} == second


async def test_prices_appear_with_the_next_request_on_every_gateway_R121_R122(
    client: Client, factory: Factory, rules_url: str, tmp_path: Path
) -> None:
    """A setting changed through one gateway applies to the next request to another one, in both directions."""
    account = await factory.managed_account(await factory.partner())
    await factory.port(account.company)
    seen = []
    async with open_client(rules_url, tmp_path) as other:
        for version, pricing in enumerate((False, True, None), start=1):
            await switch(client, account, version, pricing=pricing)
            seen.append((await other(account.admin, PRICES)).data)
        await switch_all(other, account.partner.admin, pricing=True)
        seen.append((await client(account.admin, PRICES)).data)

    def prices(amount: str | None) -> dict[str, Any]:
        shown = amount is not None
        return {
            "viewer": {"pricingVisible": shown},
            "ports": {"nodes": [{"monthlyRate": {"amount": amount} if shown else None}]},
        }

    assert [prices(None), prices("1250.00"), prices(None), prices("1250.00")] == seen


@pytest.mark.parametrize(("supported_by", "default"), [("PARTNER", False), ("OPERATOR", True)])
async def test_chat_is_on_off_or_follows_the_support_R108_R110_A12(
    client: Client, factory: Factory, supported_by: str, default: bool
) -> None:
    """The account's own setting decides, then the partner's default, then who supports the account."""
    account = await factory.managed_account(await factory.partner(), supported_by=supported_by)
    seen = [(await client(account.admin, CHAT)).data["viewer"]["chatSupportEnabled"]]

    await switch_all(client, account.partner.admin, chatSupport=not default)
    seen.append((await client(account.admin, CHAT)).data["viewer"]["chatSupportEnabled"])
    for version, own in enumerate((default, not default, None), start=1):
        await switch(client, account, version, chatSupport=own)
        seen.append((await client(account.admin, CHAT)).data["viewer"]["chatSupportEnabled"])
    await switch_all(client, account.partner.admin, version=1, chatSupport=None)
    seen.append((await client(account.admin, CHAT)).data["viewer"]["chatSupportEnabled"])

    assert [default, not default, default, not default, not default, default] == seen


async def test_chat_is_on_while_the_operator_supports_the_account_R108_R110_A12(client: Client, factory: Factory) -> None:
    """An account without settings has chat once the operator supports it, and not before."""
    partner = await factory.partner()
    account = await factory.managed_account(partner)
    await factory.support_details(account.company)
    seen = []
    for version, supported_by in enumerate(("PARTNER", "OPERATOR", "PARTNER"), start=1):
        values = {"id": account.id, "version": version, "supportedBy": supported_by}
        await send(client, partner.admin, "updateManagedAccount", "managedAccount { id }", **values)
        seen.append((await client(account.admin, CHAT)).data["viewer"]["chatSupportEnabled"])

    assert [False, True, False] == seen


@pytest.mark.parametrize("kind", ["ANONYMOUS", "DIRECT", "MANAGED", "OPERATOR"])
async def test_other_viewers_set_no_defaults_V2(client: Client, factory: Factory, rules_engine: AsyncEngine, kind: str) -> None:
    """Only a partner has accounts to set defaults for."""
    email = await factory.admin_of_kind(kind)
    before = await stored_rows(rules_engine)

    answer = await switch_all(client, email, pricing=True)

    assert {"partnerDefaults": None, "userErrors": [user_error("FORBIDDEN")]} == answer
    assert before == await stored_rows(rules_engine)


@pytest.mark.parametrize("role", ["NETWORK_ADMIN", "MARKETPLACE_EDITOR", "FINANCE", "VIEWER"])
async def test_other_roles_read_the_defaults_without_their_version_A43(
    client: Client, factory: Factory, rules_engine: AsyncEngine, role: str
) -> None:
    """Users who can't change the defaults read them, but not how often they changed."""
    partner = await factory.partner()
    user = await factory.user(partner, role)
    await factory.defaults(partner, pricing=True, dashboard=False)
    before = await stored_rows(rules_engine)

    read = await client(user.email, OF_PARTNER, id=partner.id)
    answer = await switch_all(client, user.email, version=1, pricing=False)

    defaults = {**dict.fromkeys(NAMES), "pricing": True, "dashboard": False, "version": None}
    redaction = redaction_at("company.partnerDefaults.version", "ROLE_REQUIRED")
    assert payload({"company": {"partnerDefaults": defaults}}, redaction) == response_of(read)
    assert {"partnerDefaults": None, "userErrors": [user_error("FORBIDDEN")]} == answer
    assert before == await stored_rows(rules_engine)


async def test_operator_reads_the_defaults_and_sets_none_V21_A43(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """The operator's staff reads the defaults. None of its roles can change them."""
    partner, operator = await factory.partner(), await factory.operator()
    account = await factory.managed_account(partner)
    staff = [operator.admin, *[(await factory.user(operator, "SUPPORT", *more)).email for more in ((), ("ACCOUNT_ADMIN",))]]
    await factory.defaults(partner, pricing=True)
    before = await stored_rows(rules_engine)
    values = {"id": account.id, "version": 1, "settings": {"pricing": True}}

    read = [(await client(email, OF_PARTNER, id=partner.id)).data["company"]["partnerDefaults"] for email in staff]
    switched = [await send(client, email, "updateManagedAccountSettings", "managedAccount { id }", **values) for email in staff]

    assert [{**dict.fromkeys(NAMES), "pricing": True, "version": None}] * 3 == read
    assert [{"managedAccount": None, "userErrors": [user_error("FORBIDDEN", "id")]}] * 3 == switched
    assert before == await stored_rows(rules_engine)


async def test_account_reads_effective_settings_but_no_defaults_V2_V14_A21(client: Client, factory: Factory) -> None:
    """A managed account can't tell what its partner set for all accounts, or how often an account was edited."""
    partner = await factory.partner()
    account = await factory.managed_account(partner, pricing=False)
    query = f"""query ($own: ID!, $partner: ID!, $account: ID!) {{
        own: company(id: $own) {{ {DEFAULTS} version }} partner: company(id: $partner) {{ {DEFAULTS} version }}
        account: node(id: $account) {{ ... on ManagedAccount {{ version }} }}
    }}"""
    ids = {"own": account.company.id, "partner": partner.id, "account": account.id}

    without = await client(account.admin, query, **ids)
    await switch_all(client, partner.admin, pricing=True)
    await switch(client, account, 1, pricing=False)
    with_some = await client(account.admin, query, **ids)

    nothing = {"partnerDefaults": None, "version": None}
    paths = ("own.partnerDefaults", "own.version", "partner.partnerDefaults", "partner.version", "account.version")
    redactions = [redaction_at(path, "NOT_FOR_MANAGED_ACCOUNTS") for path in paths]
    assert payload({"own": nothing, "partner": nothing, "account": {"version": None}}, *redactions) == response_of(without)
    assert without.body == with_some.body


async def test_setting_changes_are_audited_R105_V2(client: Client, factory: Factory, rules_engine: AsyncEngine) -> None:
    """The audit log has each change of a setting, before and after, for one account and for all."""
    account = await factory.managed_account(await factory.partner(), pricing=True)

    await switch(client, account, 1, pricing=None, orderApproval=False)
    await switch_all(client, account.partner.admin, dashboard=True)
    await switch_all(client, account.partner.admin, version=1, dashboard=None)

    one, first, last = await recorded_changes(rules_engine)
    switched = {"pricing": [True, None], "order_approval": [None, False], "version": [1, 2]}
    assert ("updateManagedAccountSettings", "managed_account", switched) == one
    made = {"partner_id": [None, str(account.partner.key)], "dashboard": [None, True], "version": [None, 1]}
    assert ("updatePartnerDefaults", "partner_defaults", made) == first
    assert ("updatePartnerDefaults", "partner_defaults", {"dashboard": [True, None], "version": [1, 2]}) == last


async def test_concurrent_changes_of_one_version_apply_once_V2(
    client: Client, factory: Factory, rules_engine: AsyncEngine
) -> None:
    """Of eight concurrent changes of one version, one is saved and the others get a conflict, for an account and for all."""
    account = await factory.managed_account(await factory.partner())
    told_of = Counter[str]()
    for round_number in range(2):
        answers = await asyncio.gather(
            *(switch(client, account, round_number + 1, **{NAMES[n % 5]: n % 2 == 0}) for n in range(8)),
            *(switch_all(client, account.partner.admin, version=round_number, **{NAMES[n % 5]: n % 2 == 0}) for n in range(8)),
        )
        told_of.update(problem["code"] for answer in answers for problem in answer["userErrors"])

    assert {"CONFLICT": 2 * 2 * 7} == told_of
    actions = Counter(action for action, _, _ in await recorded_changes(rules_engine))
    assert {"updateManagedAccountSettings": 2, "updatePartnerDefaults": 2} == actions


async def test_edits_retried_after_a_conflict_are_all_kept_V2(client: Client, factory: Factory) -> None:
    """A client that reads again after a conflict, then saves, loses nothing that others saved."""
    account = await factory.managed_account(await factory.partner())

    async def persist(name: str) -> None:
        for version in range(1, 9):
            if not (await switch(client, account, version, **{name: True}))["userErrors"]:
                return

    await asyncio.gather(*map(persist, NAMES))

    query = f"{{ managedAccounts {{ nodes {{ version settings {{ {EACH} }} }} }} }}"
    on = {name: {"enabled": True, "source": "ACCOUNT"} for name in NAMES}
    found = (await client(account.partner.admin, query)).data["managedAccounts"]["nodes"]
    assert [{"version": 6, "settings": on}] == found
