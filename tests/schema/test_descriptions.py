"""Visibility sentences: each description that needs one ends with it, and it says what policy does."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest
from graphql import GraphQLObjectType

import server
from policies.analysis.matrix import reading
from policies.analysis.sentences import clause
from policies.catalogue import CATALOGUE
from policies.evaluation.policy import Policy
from policies.predicates.predicate import FALSE, TRUE, And, Compare, Exists, Not, OneOf, Or, Parameter, Predicate, SetParameter
from resolvers.values.text import camel
from schema.introspection.descriptions import append_permission_text
from schema.schema import described, guarded_fields
from tests.schema.outline import object_type

OTHERS: Final = "other users of the operator"
ROLES: Final = "without the ACCOUNT_ADMIN, FINANCE or VIEWER role"
OPERATORS_USERS: Final = "users of the operator without the ACCOUNT_ADMIN, FINANCE, VIEWER, REVIEWER or SUPPORT role"
PRICES: Final = (
    "Hidden from managed accounts while prices are hidden (HIDDEN_BY_PARTNER) and from users of direct companies, partners and "
    f"managed accounts {ROLES} and from {OPERATORS_USERS} (ROLE_REQUIRED)."
)
SENTENCE: Final = re.compile(r"(^|[.:?!\"] )(Visible to|Hidden from|Available to) [^\n]+\.$")
FIELDS: Final = {
    "Port.name": "",
    "Port.monthlyRate": PRICES,
    "Company.billingMarkets": "Visible to the operator's staff; to direct companies and to "
    f"{OTHERS} if the company is the viewer's company; to partners if the company or its partner is the viewer's company; "
    "otherwise hidden (NOT_YOURS). Always hidden from managed accounts (NOT_FOR_MANAGED_ACCOUNTS).",
    "Offer.buyers": "",
    "OrderApproval.setupFee": PRICES,
    "Viewer.dashboard": "Hidden from anonymous visitors and users without a company (SIGN_IN_REQUIRED) and from managed accounts "
    "while the dashboard is off (HIDDEN_BY_PARTNER).",
    "Port.id": "",
    "Port.viewerCan": "",
    "Money.amount": "",
    "Query.ports": "",
    "Mutation.createManagedAccount": "Available to users of partners with the ACCOUNT_ADMIN role.",
    "Mutation.sendInquiry": "Available to everyone.",
    "Mutation.allocatePort": "Available to the operator's staff.",
    "Viewer.partnerDocumentation": "Visible to partners; hidden from everyone else (NOT_YOURS).",
    "Query.quote": "Hidden from anonymous visitors and users without a company (SIGN_IN_REQUIRED), from managed accounts "
    f"(NOT_FOR_MANAGED_ACCOUNTS) and from users of direct companies and partners {ROLES} and from {OPERATORS_USERS} (ROLE_REQUIRED).",
}
TYPES: Final = {
    "Location": "Visible to everyone.",
    "Instalment": "Visible to everyone who can read the offer.",
    "PartnerDefaults": "Visible to the operator's staff; to partners if its partner is the viewer's company.",
    "Port": f"Visible to the operator's staff; to direct companies and managed accounts and to {OTHERS} if its company is the "
    "viewer's company; to partners if its company or its partner is the viewer's company.",
}


@pytest.mark.parametrize("field", FIELDS)
def test_field_ends_with_its_visibility_sentence(field: str) -> None:
    """The sentence states the combined effect of the field's rules. A field that's visible with its object has none."""
    type_name, name = field.split(".")
    description = object_type(type_name).fields[name].description or ""

    assert (
        FIELDS[field] == description[description.find(FIELDS[field]) :] if FIELDS[field] else not SENTENCE.search(description)
    )


@pytest.mark.parametrize("name", TYPES)
def test_type_ends_with_its_visibility_sentence(name: str) -> None:
    """A type says who can read its objects, if that's short."""
    description = object_type(name).description or ""

    assert TYPES[name] == description[-len(TYPES[name]) :]


def test_exactly_the_fields_with_rules_of_their_own_say_who_sees_them() -> None:
    """A guarded field has a sentence if and only if some viewers who can read the row can't see it."""
    policy, guarded = server.load_policy(), guarded_fields()
    wrong = [
        f"{entity.name}.{name}"
        for entity in CATALOGUE
        for name, cells in reading(policy, entity).items()
        if name in guarded.get(entity.name, ())
        and any(cell is not None and cell.where != TRUE for cell in cells.values())
        is not bool(SENTENCE.search(object_type(entity.name).fields[camel(name)].description or ""))
    ]

    assert [] == wrong


def test_every_mutation_says_who_can_use_it() -> None:
    """Mutations aren't open to everyone by default, so each has a sentence."""
    assert [] == [
        name for name, field in object_type("Mutation").fields.items() if not SENTENCE.search(field.description or "")
    ]


def test_another_policy_replaces_the_sentences(tmp_path: Path) -> None:
    """After policy changes, a description ends with the new sentence and doesn't keep the old one."""
    for path in server.POLICIES.glob("*.polar"):
        text = path.read_text("utf-8")
        (tmp_path / path.name).write_text(text.replace('["contact_email", "phone"]', '["contact_email"]'), "utf-8")
    schema = described(server.load_policy())._schema
    before = schema.type_map["MarketplaceProfile"]

    append_permission_text(schema, Policy.load(tmp_path, CATALOGUE))

    assert isinstance(before, GraphQLObjectType)
    assert not SENTENCE.search(str(before.fields["phone"].description))
    assert 1 == str(before.fields["contactEmail"].description).count("Hidden from")


@pytest.mark.parametrize(
    ("predicate", "expected"),
    [
        (Compare("=", "id", Parameter("user_id")), "the row is the viewer"),
        (Compare("!=", "seller_id", Parameter("company_id")), "its seller isn't the viewer's company"),
        (Compare("=", "market", SetParameter("markets")), "its market is one of the viewer's markets"),
        (Compare(">", "public_products", 0), "its public products is more than 0"),
        (Compare("!=", "partner_id", None), "its partner is set"),
        (OneOf("status", ("A", "B")), "its status is A or B"),
        (
            Exists("buyers", Compare("=", "company_id", Parameter("company_id"))),
            "for one of its buyers, its company is the viewer's company",
        ),
        (Not(Exists("buyers", TRUE)), "not for one of its buyers, TRUE"),
        (
            And((Compare("=", "active", True), Or((OneOf("a", (1, 2)), FALSE)))),
            "its active is true and (its a is 1 or 2 or FALSE)",
        ),
    ],
    ids=str,
)
def test_conditions_are_clauses(predicate: Predicate, expected: str) -> None:
    """Each form of predicate has its clause."""
    assert expected == clause(predicate, "the row")
