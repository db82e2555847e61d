"""Explanations: a viewer that can read a record gets the reason, its administrator also the rules, and nobody else anything."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.client import ANONYMOUS, Answer, Client
from tests.factory import Factory
from tests.rules.answers import payload, response_of
from tests.rules.proofs import ROOT

WHY = """query ($type: String!, $id: ID!, $field: String, $as: ID, $action: String) {
  explain(typeName: $type, id: $id, field: $field, viewAs: $as, action: $action) { allowed reason decisions { rule } } }"""
RULES = """query ($type: String!, $id: ID!, $field: String, $as: ID, $action: String) {
  explain(typeName: $type, id: $id, field: $field, viewAs: $as, action: $action) { allowed reason decisions {
    effect name rule file line sentence reason condition holds failing parts { text holds byViewer rules }
  } } }"""
HOLDING = """query ($type: String!, $id: ID!, $field: String, $as: ID, $action: String) {
  explain(typeName: $type, id: $id, field: $field, viewAs: $as, action: $action) { allowed decisions {
    rule holds failing parts { text holds }
  } } }"""
HIDDEN_PRICE = {"allowed": False, "reason": "HIDDEN_BY_PARTNER", "decisions": []}
BOUGHT = (
    'allow(viewer: Viewer, "read", company: Company) if dealing in company.sales and dealing.buyer_id = viewer.company_id'
    " and extended(dealing.status);"
)


def line_of(file: str, text: str) -> int:
    """Return the line of the policy file where a rule with this text begins. Comments above it don't count."""
    found = re.search(re.escape(text), (ROOT / "policies" / file).read_text("utf-8"))
    assert found is not None
    return found.string.count("\n", 0, found.start()) + 1


def decisions(answer: Answer) -> list[dict[str, Any]]:
    """Return the rules that an explanation names."""
    named: list[dict[str, Any]] = answer.data["explain"]["decisions"]
    return named


async def test_partner_reads_which_rule_hides_its_accounts_price_V14_R121(client: Client, factory: Factory) -> None:
    """The partner's administrator gets the reason, the rule with its position and sentence, and the result of each part."""
    partner = await factory.partner()
    account = await factory.managed_account(partner)
    port = await factory.port(account.company)

    answer = await client(partner.admin, RULES, type="Port", id=port.id, field="monthlyRate", **{"as": account.company.id})

    hiding = {
        "effect": "DENY",
        "name": "deny_field",
        "rule": 'deny_field(viewer: Viewer, "read", _port: Port, field) if field in ["monthly_rate", "setup_fee"]'
        " and prices_hidden(viewer);",
        "file": "port.polar",
        "line": line_of("port.polar", 'deny_field(viewer: Viewer, "read", _port: Port, field) if\n'),
        "sentence": "Prices are hidden from a managed account until its partner shows them, whatever the user's roles. R121 R122 V23",
        "reason": "HIDDEN_BY_PARTNER",
        "condition": "TRUE",
        "holds": True,
        "failing": None,
        "parts": [
            {"text": 'field in ["monthly_rate", "setup_fee"]', "holds": True, "byViewer": True, "rules": []},
            {
                "text": "prices_hidden(viewer)",
                "holds": True,
                "byViewer": True,
                "rules": [f"viewer.polar:{line_of('viewer.polar', 'prices_hidden(viewer: Viewer)')}"],
            },
        ],
    }
    assert (False, "HIDDEN_BY_PARTNER") == (answer.data["explain"]["allowed"], answer.data["explain"]["reason"])
    assert [hiding] == [each for each in decisions(answer) if each["holds"] and each["effect"] == "DENY"]


async def test_failing_part_of_a_rule_is_named_V14_V20(client: Client, factory: Factory) -> None:
    """For each rule that fails, the first failing part is named. For a rule that holds, none is."""
    partner = await factory.partner()
    account = await factory.managed_account(partner)
    port = await factory.port(account.company)

    answer = await client(partner.admin, HOLDING, type="Port", id=port.id, **{"as": account.company.id})

    expected = [
        {"rule": 'allow(viewer: Viewer, "read", port: Port) if port.company_id = viewer.company_id;', "failing": None},
        {
            "rule": 'allow(viewer: Viewer, "read", port: Port) if partner(viewer) and port.partner_id = viewer.company_id;',
            "failing": "partner(viewer)",
        },
        {"rule": 'allow(viewer: Viewer, "read", _port: Port) if operator(viewer);', "failing": "operator(viewer)"},
    ]
    assert expected == [{"rule": each["rule"], "failing": each["failing"]} for each in decisions(answer)]


async def test_managed_viewer_reads_the_reason_only_V14_R121(client: Client, factory: Factory) -> None:
    """A viewer that can read the port learns why its price is hidden. The rules are for its administrator."""
    account = await factory.managed_account(await factory.partner())
    port = await factory.port(account.company)

    answer = await client(account.admin, WHY, type="Port", id=port.id, field="monthlyRate")

    assert payload({"explain": HIDDEN_PRICE}) == response_of(answer)


@pytest.mark.parametrize("role", ["NETWORK_ADMIN", "MARKETPLACE_EDITOR", "FINANCE", "VIEWER"])
async def test_other_roles_of_a_partner_read_the_reason_only_V14_A43(client: Client, factory: Factory, role: str) -> None:
    """They may view as the account and so learn what it sees. The rules are for account administrators."""
    partner = await factory.partner()
    account, user = await factory.managed_account(partner), await factory.user(partner, role)
    port = await factory.port(account.company)

    answer = await client(user.email, WHY, type="Port", id=port.id, field="monthlyRate", **{"as": account.company.id})

    assert payload({"explain": HIDDEN_PRICE}) == response_of(answer)


async def test_explanation_reflects_current_settings_R122_V2(client: Client, factory: Factory) -> None:
    """Once the partner shows prices, the explanation says that its account can read them."""
    partner = await factory.partner()
    account = await factory.managed_account(partner)
    port = await factory.port(account.company)
    await factory.setting(account, pricing=True)

    answer = await client(account.admin, WHY, type="Port", id=port.id, field="monthlyRate")

    assert payload({"explain": {"allowed": True, "reason": None, "decisions": []}}) == response_of(answer)


@pytest.mark.executors
@pytest.mark.parametrize("caller", ["visitor", "direct", "other partner", "sibling"])
async def test_record_hidden_from_the_requester_is_null_V20_V24(client: Client, factory: Factory, caller: str) -> None:
    """Another company's port is null: same bytes and same statements as for a port that doesn't exist."""
    partner = await factory.partner()
    port, absent = [await factory.port((await factory.managed_account(partner)).company) for _ in range(2)]
    emails = {
        "visitor": ANONYMOUS,
        "direct": (await factory.company()).admin,
        "other partner": (await factory.partner()).admin,
        "sibling": (await factory.managed_account(partner)).admin,
    }
    await factory.delete(absent)

    answers, counts = [], []
    for each in (port, absent):
        with client.counting() as statements:
            answers.append(await client(emails[caller], RULES, type="Port", id=each.id, field="monthlyRate"))
        counts.append(statements)

    assert payload({"explain": None}) == response_of(answers[0])
    assert answers[0].body == answers[1].body
    assert counts[0] == counts[1]


async def test_record_hidden_from_the_other_viewer_is_explained_V14_V20(client: Client, factory: Factory) -> None:
    """A partner reads its own port, and learns why its account doesn't."""
    partner = await factory.partner()
    account = await factory.managed_account(partner)
    port = await factory.port(partner)

    answer = await client(partner.admin, HOLDING, type="Port", id=port.id, field="name", **{"as": account.company.id})

    assert answer.data["explain"]["allowed"] is False
    assert ["port.company_id = viewer.company_id", "partner(viewer)", "operator(viewer)", None] == [
        each["failing"] for each in decisions(answer)
    ]


async def test_operator_reads_rules_for_itself_and_others_V21_A43(client: Client, factory: Factory) -> None:
    """A reviewer gets the rules that decide for itself. Support also gets those for any company that it views as."""
    support, direct = await factory.support(), await factory.company()
    reviewer = await factory.user(await factory.company(kind="OPERATOR"), "REVIEWER")
    port = await factory.port(direct)

    itself = await client(reviewer.email, HOLDING, type="Port", id=port.id)
    other = await client(support.email, HOLDING, type="Port", id=port.id, **{"as": direct.id})

    assert [False, False, True] == [each["holds"] for each in decisions(itself)]
    assert [True, False, False] == [each["holds"] for each in decisions(other)]


async def test_operator_staff_explains_for_others_without_viewing_as_them_A43(client: Client, factory: Factory) -> None:
    """A reviewer gets the rules for an account's viewers. Only support could view the market as them."""
    account = await factory.managed_account(await factory.partner())
    reviewer = await factory.user(await factory.company(kind="OPERATOR"), "REVIEWER")
    port = await factory.port(account.company)

    explained = [
        await client(reviewer.email, HOLDING, type="Port", id=port.id, field="monthlyRate", **{"as": named})
        for named in (account.company.id, account.company.user.id)
    ]
    seen = await client.send(reviewer.email, "{ viewer { roles } }", {}, **{"X-Crossgate-View-As": account.company.id})

    assert [False, False] == [answer.data["explain"]["allowed"] for answer in explained]
    assert all(decisions(answer) for answer in explained)
    assert ["VIEW_AS_REFUSED"] == seen.codes


async def test_visitor_reads_its_rights_without_rules_V22(client: Client, factory: Factory) -> None:
    """A visitor reads a public profile, and learns why the provider's contact details are hidden."""
    profile = await factory.profile(await factory.company())

    bio = await client(ANONYMOUS, WHY, type="MarketplaceProfile", id=profile.id, field="bio")
    phone = await client(ANONYMOUS, WHY, type="MarketplaceProfile", id=profile.id, field="phone")

    assert payload({"explain": {"allowed": True, "reason": None, "decisions": []}}) == response_of(bio)
    assert payload({"explain": {"allowed": False, "reason": "SIGN_IN_REQUIRED", "decisions": []}}) == response_of(phone)


@pytest.mark.parametrize(("role", "allowed"), [("NETWORK_ADMIN", True), ("FINANCE", False)])
async def test_actions_are_explained_too_A43(client: Client, factory: Factory, role: str, allowed: bool) -> None:
    """The explanation says whether the viewer may take an action on a record, in either spelling of the action."""
    company = await factory.company()
    user, port = await factory.user(company, role), await factory.port(company)

    answers = [await client(user.email, WHY, type="Port", id=port.id, action=action) for action in ("UPDATE", "update")]

    reason = None if allowed else "NOT_YOURS"
    assert [payload({"explain": {"allowed": allowed, "reason": reason, "decisions": []}})] * 2 == [*map(response_of, answers)]


async def test_explanation_does_not_reveal_drafts_V19(client: Client, factory: Factory) -> None:
    """The result of a rule that looks for offers is the same for a partner with and without a draft for its account."""
    partner, support = await factory.partner(), await factory.support()
    account, seller = await factory.managed_account(partner), await factory.company()
    await factory.product(seller, visibility="PUBLIC")
    question = {"type": "Company", "id": seller.id, "as": account.company.id}

    before = await client(partner.admin, HOLDING, **question)
    await factory.offer(seller, [account.company], status="DRAFT")
    after = await client(partner.admin, HOLDING, **question)
    by_support = await client(support.email, HOLDING, **question)

    parts = [
        {"text": "dealing in company.sales", "holds": True},
        {"text": "dealing.buyer_id = viewer.company_id", "holds": True},
        {"text": "extended(dealing.status)", "holds": False},
    ]
    bought = {"rule": BOUGHT, "holds": False, "failing": "extended(dealing.status)", "parts": parts}
    assert before.body == after.body
    assert BOUGHT not in [each["rule"] for each in decisions(after)]
    assert bought in decisions(by_support)


async def test_parts_decided_by_linked_rows_are_withheld_V19(client: Client, factory: Factory) -> None:
    """For a company hidden from its account, the partner learns that no rule holds, but not which linked row is missing."""
    partner = await factory.partner()
    account, other = await factory.managed_account(partner), await factory.managed_account(partner)
    await factory.offer(other.company, [account.company], status="DRAFT")

    answer = await client(partner.admin, HOLDING, type="Company", id=other.company.id, **{"as": account.company.id})

    (bought,) = [each for each in decisions(answer) if each["rule"] == BOUGHT]
    assert (False, None) == (bought["holds"], bought["failing"])
    assert [None, None, None] == [part["holds"] for part in bought["parts"]]


@pytest.mark.parametrize("caller", ["visitor", "managed", "direct", "other partner"])
async def test_other_viewers_explain_for_nobody_else_V14_A43(client: Client, factory: Factory, caller: str) -> None:
    """A requester that can't view as another viewer gets the same refusal as for a viewer that doesn't exist."""
    account = await factory.managed_account(await factory.partner())
    emails = {
        "visitor": ANONYMOUS,
        "managed": account.admin,
        "direct": (await factory.company()).admin,
        "other partner": (await factory.partner()).admin,
    }
    location = await factory.location()

    answers = [
        await client(emails[caller], RULES, type="Location", id=location.id, **{"as": named})
        for named in (account.company.id, account.company.user.id, location.id, "nobody")
    ]

    assert [({"explain": None}, ["VIEW_AS_REFUSED"])] * 4 == [(answer.data, answer.codes) for answer in answers]


@pytest.mark.parametrize(
    ("question", "code", "argument"),
    [
        ({"type": "Nothing"}, "INVALID_QUESTION", "typeName"),
        ({"type": "Dashboard"}, "INVALID_QUESTION", "typeName"),
        ({"type": "Company"}, "INVALID_ID", "id"),
        ({"id": "nobody"}, "INVALID_ID", "id"),
        ({"field": "nothing"}, "INVALID_QUESTION", "field"),
        ({"field": "monthly_rate"}, "INVALID_QUESTION", "field"),
        ({"action": "SELL"}, "INVALID_QUESTION", "action"),
        ({"action": ""}, "INVALID_QUESTION", "action"),
        ({"action": "UPDATE", "field": "name"}, "INVALID_QUESTION", "action"),
    ],
)
async def test_question_that_policy_does_not_decide_is_refused_V24(
    client: Client, factory: Factory, question: dict[str, str], code: str, argument: str
) -> None:
    """The error names the argument, before any lookup."""
    company = await factory.company()
    port = await factory.port(company)

    answer = await client(company.admin, WHY, **{"type": "Port", "id": port.id, **question})

    assert {"explain": None} == answer.data
    assert [(code, argument)] == [(error["extensions"]["code"], error["extensions"]["argument"]) for error in answer.errors]


@pytest.mark.executors
async def test_explanation_takes_four_statements_at_most_V14(client: Client, factory: Factory) -> None:
    """Besides loading the viewer: one for the viewed-as viewer, two for the access to record and rules, one for the results."""
    partner = await factory.partner()
    account = await factory.managed_account(partner)
    port = await factory.port(account.company)
    variables = {"type": "Port", "id": port.id, "field": "version", "as": account.company.id}

    with client.counting() as statements:
        answer = await client(partner.admin, RULES, **variables)

    assert [] == answer.errors
    assert 1 + 4 == len(statements)


async def test_names_are_also_enums_V14(client: Client, factory: Factory) -> None:
    """`explainAccess` and `canTake` answer like `explain` and `can`, and names that don't exist are invalid before anything runs."""
    partner = await factory.partner()
    account = await factory.managed_account(partner)
    port = await factory.port(account.company)
    document = """query ($id: ID!) {
        text: explain(typeName: "Port", id: $id, field: "monthlyRate") { allowed reason }
        enum: explainAccess(typeName: Port, id: $id, field: "monthlyRate") { allowed reason }
        textAction: explain(typeName: "Port", id: $id, action: "ALLOCATE") { allowed reason }
        enumAction: explainAccess(typeName: Port, id: $id, action: ALLOCATE) { allowed reason }
        viewer {
            textCan: can(action: "ORDER_PORT", typeName: "Company") enumCan: canTake(action: ORDER_PORT, typeName: Company)
            textCannot: can(action: "ALLOCATE", typeName: "Port") enumCannot: canTake(action: ALLOCATE, typeName: Port)
        }
    }"""
    data = (await client(account.admin, document, id=port.id)).data
    unknown = await client(account.admin, "{ viewer { canTake(action: DANCE, typeName: Port) } }")
    other = await client(account.admin, "{ viewer { canTake(action: ALLOCATE, typeName: Company) } }")

    assert ({"allowed": False, "reason": "HIDDEN_BY_PARTNER"}, False) == (data["enum"], data["enumAction"]["allowed"])
    assert (data["text"], data["textAction"]) == (data["enum"], data["enumAction"])
    assert {"textCan": True, "enumCan": True, "textCannot": False, "enumCannot": False} == data["viewer"]
    assert (["GRAPHQL_VALIDATION_FAILED"], ["UNKNOWN_ACTION"]) == (unknown.codes, other.codes)
