"""Copied columns: columns that plans take to be equal are equal in every row."""

from __future__ import annotations

from typing import Any, Final

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from policies.catalogue import CATALOGUE
from policies.entity import Entity
from policies.predicates.predicate import TRUE, Compare, IfSet, Names, Parameter, conj
from resolvers.reading.relations import COPIED_COLUMNS, LINK_COPIES, facts_of_children, facts_of_referenced

EMPTY: Final = {"AuditEvent", "Document"}  # the sample market has none


def agree(own: Any, other: Any, named: Entity, theirs: str, ours: str | IfSet | Names) -> Any:
    """Return the condition that a column has the same value, if set, or that there is a linked row whose columns have."""
    if isinstance(ours, IfSet):
        return sa.or_(own.c[ours.column].is_(None), other.c[theirs] == own.c[ours.column])
    if isinstance(ours, str):
        return other.c[theirs].is_not_distinct_from(own.c[ours])
    link = named.link(theirs)
    assert link is not None
    linked = link.table.alias()
    equal = [agree(own, linked, named, each, column) for each, column in ours.items()]
    return sa.exists().where(linked.c[link.remote] == other.c[link.local], *equal)


@pytest.mark.parametrize(("entity", "column", "named"), COPIED_COLUMNS)
async def test_copied_columns_equal_their_originals(demo_engine: AsyncEngine, entity: str, column: str, named: str) -> None:
    """In the sample market no row disagrees with the row that it references."""
    own, other = CATALOGUE[entity].table.alias("own"), CATALOGUE[named].table.alias("other")
    equal = [
        agree(own, other, CATALOGUE[named], theirs, ours) for theirs, ours in COPIED_COLUMNS[entity, column, named].items()
    ]
    pairs = sa.select(sa.func.count()).select_from(own.join(other, other.c.id == own.c[column]))
    async with demo_engine.connect() as connection:
        agreeing = await connection.scalar(pairs.where(*equal))
        there = await connection.scalar(pairs)

    assert there == agreeing
    assert there or entity in EMPTY


def test_copies_that_plans_depend_on_are_declared() -> None:
    """Joins to a company need no second check of its visibility, because the row's own columns imply it."""
    profile = COPIED_COLUMNS["MarketplaceProfile", "company_id", "Company"]
    port = COPIED_COLUMNS["MarketplacePort", "company_id", "Company"]
    request = COPIED_COLUMNS["ConnectionRequest", "provider_id", "Company"]

    assert {"id": "company_id", "partner_id": "partner_id", "profile_visibility": "visibility"} == profile
    assert {"id": "company_id", "partner_id": "partner_id", "profile_visibility": IfSet("profile_visibility")} == port
    assert {"id": "provider_id", "partner_id": "provider_partner_id"} == request
    offer = {"seller_id": "company_id", "product_id": "product_id", "status": "status", "expiry_key": "expiry_key"}
    assert offer == LINK_COPIES["Offer", "offer_buyer"]
    assert {"seller_id": "company_id"} == LINK_COPIES["Product", "dealing"] == LINK_COPIES["Product", "product_test_account"]


def test_visible_parents_tell_what_is_true_of_the_rows_below_them() -> None:
    """A partner's accounts are companies that it manages, and so their offers and ports have it as their partner."""
    managed = Compare("=", "partner_id", Parameter("company_id"))
    supported = Compare("=", "supported_by", "PARTNER")
    companies = facts_of_referenced(conj((managed, supported)), "ManagedAccount", "company_id", "Company")

    assert managed == companies
    assert [managed] * 2 == [
        facts_of_children(companies, "Company", f"company.{field}", entity)
        for field, entity in (("offers", "Offer"), ("ports", "Port"))
    ]


def test_copy_that_may_be_missing_and_several_columns_tell_nothing() -> None:
    """A port without a copy isn't one of a company without a profile, and a dashboard's ports have either of two owners."""
    hidden = Compare("!=", "profile_visibility", "PUBLIC")
    own = Compare("=", "id", Parameter("company_id"))

    assert TRUE == facts_of_children(hidden, "Company", "company.ports", "Port")
    assert TRUE == facts_of_children(own, "Dashboard", "dashboard.ports", "Port")
