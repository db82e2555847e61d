"""Managed accounts: who reads them, and what each setting does."""

from __future__ import annotations

import pytest

from tests.client import ANONYMOUS, Client
from tests.factory import Factory
from tests.rules.answers import ids, payload, redaction_at, response_of

ACCOUNTS = "{ managedAccounts { nodes { id } totalCount } }"
BY_ID = "query ($id: ID!) { node(id: $id) { id } }"
OWN = """query ($id: ID!) { node(id: $id) { ... on ManagedAccount {
    accountName accountRef supportedBy company { id } partner { id } settings { pricing { enabled source } }
} } }"""
KINDS = "query ($id: ID!) { company(id: $id) { accountKind partner { id } managedAccounts { nodes { id } totalCount } } }"
SUPPORTED_BY = "query ($by: SupportedBy!) { managedAccounts(filter: {supportedBy: $by}) { nodes { id } totalCount } }"
SETTINGS = """{ managedAccounts { nodes { settings {
    pricing { ...value } chatSupport { ...value } dashboard { ...value } companyProfile { ...value } orderApproval { ...value }
} } } }
fragment value on Setting { enabled source }"""
NAMES = ("pricing", "chatSupport", "dashboard", "companyProfile", "orderApproval")


async def test_companies_are_direct_or_managed_R101_R104(client: Client, factory: Factory) -> None:
    """A customer works with the operator directly or through a partner. In the latter case it is that partner's managed account."""
    partner, direct = await factory.partner(), await factory.company()
    account = await factory.managed_account(partner)

    indirect_answer = await client(account.admin, KINDS, id=account.company.id)
    direct_answer = await client(direct.admin, KINDS, id=direct.id)

    managed = {"accountKind": "MANAGED", "partner": {"id": partner.id}, "managedAccounts": ids()}
    assert payload({"company": managed}) == response_of(indirect_answer)
    assert payload({"company": {"accountKind": "DIRECT", "partner": None, "managedAccounts": ids()}}) == response_of(
        direct_answer
    )


async def test_direct_company_is_no_partners_account_R102(client: Client, factory: Factory) -> None:
    """A direct company has no managed account, whatever accounts exist."""
    direct = await factory.company()
    await factory.managed_account(await factory.partner())

    answer = await client(direct.admin, ACCOUNTS)

    assert payload({"managedAccounts": ids()}) == response_of(answer)


async def test_partner_reads_only_the_accounts_it_manages_R103_V14(client: Client, factory: Factory) -> None:
    """A partner finds all its managed accounts, in lists and below itself, and none of another partner."""
    partner, other = await factory.partner(), await factory.partner()
    accounts = [await factory.managed_account(partner), await factory.managed_account(partner)]
    strange = await factory.managed_account(other)

    listed = await client(partner.admin, ACCOUNTS)
    below = await client(partner.admin, KINDS, id=partner.id)
    elsewhere = await client(partner.admin, BY_ID, id=strange.id)

    assert payload({"managedAccounts": ids(*accounts)}) == response_of(listed)
    itself = {"accountKind": "PARTNER", "partner": None, "managedAccounts": ids(*accounts)}
    assert payload({"company": itself}) == response_of(below)
    assert payload({"node": None}) == response_of(elsewhere)


@pytest.mark.parametrize("role", ["ACCOUNT_ADMIN", "NETWORK_ADMIN", "MARKETPLACE_EDITOR", "FINANCE", "VIEWER"])
async def test_every_user_of_a_partner_sees_all_its_accounts_V14(client: Client, factory: Factory, role: str) -> None:
    """Every role of a partner reads all accounts that the partner manages."""
    partner = await factory.partner()
    account = await factory.managed_account(partner)
    user = await factory.user(partner, role)

    answer = await client(user.email, ACCOUNTS)

    assert payload({"managedAccounts": ids(account)}) == response_of(answer)


async def test_managed_user_reads_no_record_of_its_partner_V14(client: Client, factory: Factory) -> None:
    """A managed user finds neither its partner's records nor the partner's other accounts, in lists or by id."""
    partner = await factory.partner()
    account, sibling = await factory.managed_account(partner), await factory.managed_account(partner)
    of_partner, of_sibling = await factory.port(partner), await factory.port(sibling.company)
    offer = await factory.offer(await factory.company(), [partner, sibling.company])
    partner_user = await factory.user(partner)
    things = [sibling, sibling.company, of_partner, of_sibling, offer, partner_user, partner_user.membership]
    lists = "{ managedAccounts { nodes { id } } companies { nodes { id } } ports { totalCount } offers { totalCount } }"

    by_id = await client(account.admin, "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=[thing.id for thing in things])
    listed = await client(account.admin, lists)

    assert payload({"nodes": [None] * len(things)}) == response_of(by_id)
    expected = {
        "managedAccounts": {"nodes": [{"id": account.id}]},
        "companies": {"nodes": [{"id": partner.id}, {"id": account.company.id}]},
        "ports": {"totalCount": 0},
        "offers": {"totalCount": 0},
    }
    assert payload(expected) == response_of(listed)


async def test_managed_user_sees_only_its_own_account_at_its_partner_V14_V24(client: Client, factory: Factory) -> None:
    """The list of accounts below its partner contains and counts the user's own account only."""
    partner = await factory.partner()
    account = await factory.managed_account(partner)
    await factory.managed_account(partner)

    answer = await client(account.admin, KINDS, id=partner.id)

    found = {"accountKind": None, "partner": None, "managedAccounts": ids(account)}
    hidden_fields = [redaction_at("company.accountKind", "NOT_YOURS"), redaction_at("company.partner", "NOT_YOURS")]
    assert payload({"company": found}, *hidden_fields) == response_of(answer)


@pytest.mark.parametrize("caller", ["stranger", "another partner", "anonymous"])
async def test_other_viewers_do_not_read_a_managed_account_V14(client: Client, factory: Factory, caller: str) -> None:
    """A viewer that is neither the partner nor the account nor the operator finds no account, not even by id."""
    account = await factory.managed_account(await factory.partner())
    emails = {"stranger": (await factory.company()).admin, "another partner": (await factory.partner()).admin}
    email = emails.get(caller, ANONYMOUS)

    listed, by_id = await client(email, ACCOUNTS), await client(email, BY_ID, id=account.id)

    assert payload({"managedAccounts": ids()}) == response_of(listed)
    assert payload({"node": None}) == response_of(by_id)


async def test_operator_reads_every_managed_account_V14_V21(client: Client, factory: Factory) -> None:
    """The operator finds the accounts of all partners, each with its reference."""
    operator = await factory.operator()
    accounts = [await factory.managed_account(await factory.partner(), ref="CRM-7") for _ in range(2)]

    answer = await client(operator.admin, "{ managedAccounts { nodes { id accountRef } totalCount } }")

    found = [{"id": account.id, "accountRef": "CRM-7"} for account in accounts]
    assert payload({"managedAccounts": {"nodes": found, "totalCount": 2}}) == response_of(answer)


async def test_managed_viewer_reads_its_account_without_the_reference_V25(client: Client, factory: Factory) -> None:
    """A managed viewer reads its account and the effective settings. The reference is private to the partner."""
    partner = await factory.partner()
    account = await factory.managed_account(partner, name="Alpine branch", ref="CRM-7", pricing=True)

    own, by_partner = await client(account.admin, OWN, id=account.id), await client(partner.admin, OWN, id=account.id)

    seen = {
        "accountName": "Alpine branch",
        "supportedBy": "PARTNER",
        "company": {"id": account.company.id},
        "partner": {"id": partner.id},
        "settings": {"pricing": {"enabled": True, "source": "ACCOUNT"}},
    }
    redaction = redaction_at("node.accountRef", "NOT_FOR_MANAGED_ACCOUNTS")
    assert payload({"node": {**seen, "accountRef": None}}, redaction) == response_of(own)
    assert payload({"node": {**seen, "accountRef": "CRM-7"}}) == response_of(by_partner)


async def test_missing_reference_looks_hidden_too_V25(client: Client, factory: Factory) -> None:
    """A managed viewer can't tell whether its partner has set a reference."""
    account = await factory.managed_account(await factory.partner(), ref=None)

    without = await client(account.admin, OWN, id=account.id)
    await factory.change(account, account_ref="CRM-7")
    with_one = await client(account.admin, OWN, id=account.id)

    assert without.body == with_one.body


async def test_account_is_supported_by_its_partner_or_the_operator_R106(client: Client, factory: Factory) -> None:
    """Support comes from the partner or from the operator, and accounts can be filtered by it."""
    partner = await factory.partner()
    ours = await factory.managed_account(partner, supported_by="PARTNER")
    theirs = await factory.managed_account(partner, supported_by="OPERATOR")

    by_partner = await client(partner.admin, SUPPORTED_BY, by="PARTNER")
    by_operator = await client(partner.admin, SUPPORTED_BY, by="OPERATOR")

    assert payload({"managedAccounts": ids(ours)}) == response_of(by_partner)
    assert payload({"managedAccounts": ids(theirs)}) == response_of(by_operator)


def values(source: str, **enabled: bool) -> dict[str, object]:
    """Return the settings as the query selects them, all from one source."""
    settings = {name: {"enabled": enabled.get(name, False), "source": source} for name in NAMES}
    return payload({"managedAccounts": {"nodes": [{"settings": settings}]}})


@pytest.mark.parametrize(("supported_by", "chat"), [("PARTNER", False), ("OPERATOR", True)])
async def test_unset_settings_have_the_documented_defaults_R108_R110_R121_A12_A13_A14(
    client: Client, factory: Factory, supported_by: str, chat: bool
) -> None:
    """Without a partner's setting everything is off, except for the chat of an account that the operator supports."""
    partner = await factory.partner()
    await factory.managed_account(partner, supported_by=supported_by)

    answer = await client(partner.admin, SETTINGS)

    assert values("DEFAULT", chatSupport=chat) == response_of(answer)


@pytest.mark.parametrize("enabled", [True, False])
async def test_settings_name_their_source_V2(client: Client, factory: Factory, enabled: bool) -> None:
    """The partner sees each setting's effective value, and whether it is the partner's default or the account's override."""
    partner = await factory.partner()
    names = ("pricing", "chat_support", "dashboard", "company_profile", "order_approval")
    account = await factory.managed_account(partner)
    await factory.defaults(partner, **dict.fromkeys(names, enabled))

    by_default = await client(partner.admin, SETTINGS)
    await factory.setting(account, **dict.fromkeys(names, not enabled))
    overridden = await client(partner.admin, SETTINGS)

    assert values("PARTNER", **dict.fromkeys(NAMES, enabled)) == response_of(by_default)
    assert values("ACCOUNT", **dict.fromkeys(NAMES, not enabled)) == response_of(overridden)


async def test_partner_controls_the_dashboard_R112_A14(client: Client, factory: Factory) -> None:
    """An account's dashboard is off until its partner turns it on, for the account or for all."""
    partner = await factory.partner()
    account = await factory.managed_account(partner)
    query = "{ managedAccounts { nodes { settings { dashboard { enabled source } } } } }"

    unset = await client(account.admin, query)
    await factory.setting(account, dashboard=True)
    switched_on = await client(account.admin, query)
    await factory.setting(account, dashboard=None)
    await factory.defaults(partner, dashboard=True)
    on_for_all = await client(account.admin, query)

    def dashboard(enabled: bool, source: str) -> dict[str, object]:
        return payload({"managedAccounts": {"nodes": [{"settings": {"dashboard": {"enabled": enabled, "source": source}}}]}})

    assert dashboard(False, "DEFAULT") == response_of(unset)
    assert dashboard(True, "ACCOUNT") == response_of(switched_on)
    assert dashboard(True, "PARTNER") == response_of(on_for_all)
