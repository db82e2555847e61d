"""Each description of what policy guards ends with who may see it, as policy says it, and no description says it otherwise."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest
from graphql import GraphQLObjectType, is_introspection_type

import server
from policies.catalogue import CATALOGUE
from policies.policy import Policy
from policies.predicate import FALSE, TRUE, And, Compare, Exists, Not, OneOf, Or, Parameter, Predicate, SetParameter
from policies.sentences import clause
from schema.introspection.descriptions import append_permission_text
from schema.schema import described
from tests.schema.outline import SCHEMA, object_type

OTHERS: Final = "other users of the operator"
OWN: Final = "where it is the viewer's company"
MANAGED: Final = "or its partner is the viewer's company"
ROLES: Final = "without ACCOUNT_ADMIN, FINANCE or VIEWER"
ENDS: Final = re.compile(r"(^|[.:?!\"] )(Visible (to|where|with)|Hidden from|Read (by|with|where)|Open to) [^\n]+\.$")
TOLD: Final = {
    "Port.name": "Visible to whoever may read the port.",
    "Port.monthlyRate": "Visible to whoever may read the port, but hidden from managed accounts while prices are hidden "
    f"(HIDDEN_BY_PARTNER) and from users of direct companies, partners and managed accounts {ROLES} and from {OTHERS} {ROLES} "
    "(ROLE_REQUIRED).",
    "Company.billingMarkets": f"Visible to the operator's staff; {OWN}, to direct companies and to {OTHERS}; where it {MANAGED}, to "
    "partners; otherwise hidden (NOT_YOURS), and always from managed accounts (NOT_FOR_MANAGED_ACCOUNTS).",
    "Offer.buyers": "Visible to whoever may read the offer.",
    "Instalment.amount": "Visible to whoever may read the offer, but hidden from managed accounts while prices are hidden "
    f"(HIDDEN_BY_PARTNER) and from users of direct companies, partners and managed accounts {ROLES} and from {OTHERS} {ROLES} "
    "(ROLE_REQUIRED).",
    "Viewer.dashboard": "Hidden from anonymous visitors (SIGN_IN_REQUIRED) and from managed accounts while the dashboard is off "
    "(HIDDEN_BY_PARTNER).",
    "Port.id": "Visible to whoever may read the port.",
    "Port.viewerCan": "Visible to whoever may read the port.",
    "Money.amount": "Visible with what it belongs to.",
    "Query.ports": "Open to everybody, who finds what it may read.",
    "Mutation.createManagedAccount": "Open to users of partners with ACCOUNT_ADMIN.",
    "Mutation.sendInquiry": "by mail, at an address that the sender does not learn. Open to everybody.",
    "Mutation.allocatePort": "Open to the operator's staff.",
    "Viewer.partnerDocumentation": "Visible to partners, and hidden from everybody else (NOT_YOURS).",
    "Query.quote": "Hidden from anonymous visitors (SIGN_IN_REQUIRED), from managed accounts (NOT_FOR_MANAGED_ACCOUNTS) and from "
    f"users of direct companies and partners {ROLES} and from {OTHERS} {ROLES} (ROLE_REQUIRED).",
}
READ: Final = {
    "Location": "Read by everybody.",
    "Instalment": "Read with its offer.",
    "PartnerDefaults": "Read by the operator's staff; where its partner is the viewer's company, by partners.",
    "Port": "Read by the operator's staff; where its company is the viewer's company, by direct companies and managed accounts "
    f"and by {OTHERS}; where its company or its partner is the viewer's company, by partners.",
}


@pytest.mark.parametrize("place", TOLD)
def test_a_field_tells_who_sees_it(place: str) -> None:
    """The sentence is what the rules of the field come to."""
    kind, name = place.split(".")
    description = object_type(kind).fields[name].description or ""

    assert TOLD[place] == description[-len(TOLD[place]) :]


@pytest.mark.parametrize("kind", READ)
def test_a_type_tells_who_reads_it(kind: str) -> None:
    """Where it is short, a type says who reads its rows."""
    description = object_type(kind).description or ""

    assert READ[kind] == description[-len(READ[kind]) :]


def test_every_field_tells_who_sees_it() -> None:
    """No field of the schema is without its sentence."""
    untold = [
        f"{kind.name}.{name}"
        for kind in SCHEMA.type_map.values()
        if isinstance(kind, GraphQLObjectType) and not is_introspection_type(kind)
        for name, field in kind.fields.items()
        if not ENDS.search(field.description or "")
    ]

    assert [] == untold


def test_another_policy_is_told_in_its_place(tmp_path: Path) -> None:
    """Told again, after policy has changed, a description ends with the new sentence, and keeps no old one."""
    for path in server.POLICIES.glob("*.polar"):
        text = path.read_text("utf-8")
        (tmp_path / path.name).write_text(text.replace('["contact_email", "phone"]', '["contact_email"]'), "utf-8")
    schema = described(server.load_policy())._schema
    before = schema.type_map["MarketplaceProfile"]

    append_permission_text(schema, Policy.load(tmp_path, CATALOGUE))

    assert isinstance(before, GraphQLObjectType)
    assert "Where to call. Visible" not in str(before.fields["phone"].description)
    assert 1 == str(before.fields["contactEmail"].description).count("Visible to")


@pytest.mark.parametrize(
    ("predicate", "expected"),
    [
        (Compare("=", "id", Parameter("user_id")), "it is the viewer"),
        (Compare("!=", "seller_id", Parameter("company_id")), "its seller is not the viewer's company"),
        (Compare("=", "market", SetParameter("markets")), "its market is among the viewer's markets"),
        (Compare(">", "public_products", 0), "its public products is more than 0"),
        (Compare("!=", "partner_id", None), "its partner is given"),
        (OneOf("status", ("A", "B")), "its status is A or B"),
        (
            Exists("buyers", Compare("=", "company_id", Parameter("company_id"))),
            "for one of its buyers its company is the viewer's company",
        ),
        (Not(Exists("buyers", TRUE)), "not for one of its buyers TRUE"),
        (
            And((Compare("=", "active", True), Or((OneOf("a", (1, 2)), FALSE)))),
            "its active is true and (its a is 1 or 2 or FALSE)",
        ),
    ],
    ids=str,
)
def test_conditions_are_said_in_words(predicate: Predicate, expected: str) -> None:
    """Each form of a predicate has its words."""
    assert expected == clause(predicate)
