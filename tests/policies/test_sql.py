"""Conditions are plain SQL: inlined literals, the viewer's values as parameters, links as semi-joins, and correct NULL handling."""

from __future__ import annotations

from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from policies.predicates.predicate import (
    FALSE,
    TRUE,
    And,
    Compare,
    Exists,
    Not,
    OneOf,
    Or,
    OtherColumn,
    Parameter,
    Predicate,
    SetParameter,
)
from policies.predicates.sql import driving_link, to_column, to_sql, viewer_parameters
from policies.viewer import Viewer
from tests.policies.samples import ENTITY

OWNER = Compare("=", "company_id", Parameter("company_id"))
BUYER = Compare("=", "buyer_id", Parameter("company_id"))
PUBLIC = Compare("=", "visibility", "PUBLIC")


def sql(predicate: Predicate) -> str:
    """Return the condition on the table with the alias `p`, on one line."""
    table = ENTITY.table.alias("p")
    statement = sa.select(table.c.id).where(to_sql(predicate, ENTITY, table))
    text = str(statement.compile(dialect=postgresql.dialect(paramstyle="named")))  # type: ignore[no-untyped-call]
    return " ".join(text.split()).removeprefix("SELECT p.id FROM sample_port AS p WHERE ")


@pytest.mark.parametrize(
    ("predicate", "expected"),
    [
        (OWNER, "p.company_id = :viewer_company_id::UUID"),
        (Compare("!=", "company_id", Parameter("company_id")), "(p.company_id = :viewer_company_id::UUID) IS NOT true"),
        (Compare("=", "market", SetParameter("markets")), "p.market = ANY (:viewer_markets::TEXT[])"),
        (PUBLIC, "p.visibility = 'PUBLIC'"),
        (Compare("!=", "visibility", "PUBLIC"), "p.visibility != 'PUBLIC'"),
        (Compare("!=", "market", "EU"), "p.market IS DISTINCT FROM 'EU'"),
        (Compare("=", "name", "it's :not %s a bind"), "p.name = 'it''s :not %s a bind'"),
        (Compare("=", "partner_id", None), "p.partner_id IS NULL"),
        (Compare("!=", "partner_id", None), "p.partner_id IS NOT NULL"),
        (Compare("=", "active", True), "p.active = true"),
        (Compare("!=", "active", True), "p.active IS DISTINCT FROM true"),
        (Compare("<=", "speed", 3), "p.speed <= 3"),
        (Compare("<", "speed", OtherColumn("floor")), "p.speed < p.floor"),
        (Compare("!=", "speed", OtherColumn("floor")), "(p.speed = p.floor) IS NOT true"),
        (OneOf("market", ("EU", "US")), "p.market IN ('EU', 'US')"),
        (Not(OneOf("market", ("EU", "US"))), "(p.market IN ('EU', 'US')) IS NOT true"),
        (And((OWNER, Or((PUBLIC, FALSE)))), "p.company_id = :viewer_company_id::UUID AND p.visibility = 'PUBLIC'"),
        (TRUE, "true"),
        (
            Exists("dealings", BUYER),
            "p.id IN (SELECT sample_dealing_1.port_id FROM sample_dealing AS sample_dealing_1 "
            "WHERE sample_dealing_1.buyer_id = :viewer_company_id::UUID)",
        ),
        (
            Not(Exists("dealings", Compare("=", "amount", 1))),
            "(EXISTS (SELECT * FROM sample_dealing AS sample_dealing_1 WHERE sample_dealing_1.port_id = p.id "
            "AND sample_dealing_1.amount = 1)) IS NOT true",
        ),
    ],
)
def test_predicate_is_one_plain_condition(predicate: Predicate, expected: str) -> None:
    """It has no joins and no casts of columns, so indexes can serve it."""
    assert expected == sql(predicate)


def test_result_column_is_never_null() -> None:
    """A mask is true or false, even if values are NULL."""
    column = to_column(PUBLIC, ENTITY, ENTITY.table.alias("p"))

    assert "(p.visibility = 'PUBLIC') IS true" == str(column)


def test_viewer_provides_all_parameters() -> None:
    """One statement serves every viewer. Sets are arrays."""
    viewer = Viewer(user_id=UUID(int=1), company_id=UUID(int=2), markets=frozenset(("US", "EU")))

    assert {
        "viewer_user_id": UUID(int=1),
        "viewer_signed_in_id": None,
        "viewer_company_id": UUID(int=2),
        "viewer_partner_id": None,
        "viewer_api_key_id": None,
        "viewer_invitation_id": None,
        "viewer_markets": ["EU", "US"],
    } == viewer_parameters(viewer)


@pytest.mark.parametrize(
    ("branch", "expected"),
    [
        (Exists("dealings", BUYER), ("dealings", BUYER, TRUE)),
        (And((PUBLIC, Exists("dealings", BUYER))), ("dealings", BUYER, PUBLIC)),
        (And((OWNER, Exists("dealings", BUYER))), None),
        (Exists("dealings", Compare("=", "amount", 1)), None),
        (Not(Exists("dealings", BUYER)), None),
        (PUBLIC, None),
    ],
)
def test_branch_is_driven_by_the_selective_link(branch: Predicate, expected: tuple[str, Predicate, Predicate] | None) -> None:
    """A link drives a branch if the viewer's values select the link's rows but not the row's own columns."""
    assert expected == driving_link(branch)
