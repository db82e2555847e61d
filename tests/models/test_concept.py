"""Concepts agree with their tables, with one another and with the triggers of the database."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from models import CONCEPTS, Base
from models.concept import (
    AllowedFrom,
    Concept,
    ConceptError,
    Filter,
    Link,
    Relation,
    SortOrder,
    check_concepts,
    equals,
    page_columns,
    page_indexes,
)

(PORT,) = (concept for concept in CONCEPTS if concept.name == "Port")
OTHERS = tuple(concept for concept in CONCEPTS if concept.name != "Port")
WRONG: dict[str, dict[str, Any]] = {
    "Two concepts have the name 'Company'.": {"name": "Company"},
    "Two concepts have the tag b'co'.": {"tag": b"co"},
    "Port: the tag b'port' must have 2 bytes.": {"tag": b"port"},
    "Two concepts have the relation 'company.offers'.": {"below": {"company.offers": Relation(("company_id",))}},
    "Port: it is part of Cable, which is not a concept.": {"part_of": "Cable"},
    "Port: a filter takes IDs of Place, which is not a concept.": {
        "filters": {"location_id": equals("location_id", id_of="Place")}
    },
    "Port: a filter sorts by LENGTH, which is not an order.": {"filters": {"status": equals("status", order="LENGTH")}},
    "Port: the table port has no column colour.": {"filters": {"colour": equals("colour")}},
    "Port: the table port has no column weight.": {
        "orders": {"WEIGHT": SortOrder(("weight",), "weight")},
        "filters": {},
    },
    "Port: the table port has no column due_at.": {"actions": {"cancel": AllowedFrom((), until="due_at")}},
    "Port: the table port has no column owner_id.": {"below": {"company.ports": Relation(("owner_id",))}},
    "Port: the table port has no column size.": {"shown_by": {"size": "length"}},
    "Port: there is no table cable.": {"links": (Link("cables", "cable", "id", "port_id"),)},
    "Port: the table dealing has no column port_id.": {"links": (Link("deals", "dealing", "id", "port_id"),)},
    "Port: the order SETUP_FEE has no index that ends with (setup_fee, id).": {
        "orders": {"SETUP_FEE": SortOrder(("setup_fee",), "setup_fee")},
        "filters": {},
    },
    "Port: the filter cost_centre has no index with the column cost_centre.": {
        "filters": {"cost_centre": equals("cost_centre")}
    },
}


@pytest.mark.parametrize("problem", WRONG)
def test_contradiction_is_found_when_the_process_starts(problem: str) -> None:
    """A concept that contradicts its table or another concept is an error that says where."""
    with pytest.raises(ConceptError) as found:
        check_concepts((*OTHERS, replace(PORT, **WRONG[problem])))

    assert problem == str(found.value)


def test_declared_concepts_are_consistent() -> None:
    """The concepts of the models have no problem."""
    check_concepts(CONCEPTS)


def test_tags_never_change() -> None:
    """Clients store global ids for years, so the tag of a type is forever."""
    tags = {concept.name: concept.tag for concept in CONCEPTS if concept.tag is not None}

    assert {
        "Agreement": b"ag",
        "ApiKey": b"ak",
        "AuditEvent": b"ae",
        "BillingMarket": b"bm",
        "ChangeRequest": b"ch",
        "Company": b"co",
        "ConnectionRequest": b"cr",
        "Document": b"do",
        "Export": b"ex",
        "Image": b"im",
        "Inquiry": b"iq",
        "Invitation": b"iv",
        "Invoice": b"in",
        "Lead": b"le",
        "Location": b"lo",
        "ManagedAccount": b"ma",
        "MarketplacePort": b"tp",
        "MarketplaceProfile": b"mp",
        "Membership": b"me",
        "Notification": b"no",
        "Offer": b"of",
        "OfferDimension": b"od",
        "OfferDocument": b"ot",
        "OrderApproval": b"oa",
        "Port": b"po",
        "Product": b"pr",
        "ProductDimension": b"pd",
        "ProductRevision": b"rv",
        "Session": b"se",
        "User": b"us",
        "WebhookDelivery": b"wd",
        "WebhookEndpoint": b"we",
    } == tags


def test_few_rows_need_no_index_of_a_filter() -> None:
    """A filter of a small table needs no index."""
    small = replace(PORT, filters={"cost_centre": equals("cost_centre")}, has_few_rows=True)

    check_concepts((*OTHERS, small))


def test_indexes_follow_from_orders_and_filters() -> None:
    """Each order has an index, and so does each filter that isn't the beginning of an order."""
    orders = {"CREATED_AT": SortOrder(), "NAME": SortOrder(("name",), "name")}
    filters: dict[str, Filter] = {"name": equals("name"), "status": equals("status")}
    columns = page_columns(orders, filters)
    indexes = page_indexes("port", columns, ["company_id"])

    assert [("id",), ("name", "id"), ("status", "id")] == columns
    assert ["port_company_id_id_page", "port_company_id_name_id_page", "port_company_id_status_id_page"] == [
        index.name for index in indexes
    ]


async def test_every_copied_column_has_its_trigger(engine: AsyncEngine) -> None:
    """The trigger that a copied column names exists."""
    triggers = await _triggers(engine)
    copied = [column for table in Base.metadata.tables.values() for column in table.c if "copies" in column.info]
    missing = [str(column) for column in copied if column.info["trigger"] not in triggers]

    assert copied
    assert [] == missing


async def test_every_owned_table_declares_its_copied_partner(engine: AsyncEngine) -> None:
    """The trigger `owned` sets the partner of exactly those tables whose column says so."""
    declared = {
        table.name for table in Base.metadata.tables.values() for column in table.c if column.info.get("trigger") == "owned"
    }

    assert declared == (await _triggers(engine))["owned"]


async def _triggers(engine: AsyncEngine) -> dict[str, set[str]]:
    """Return the tables of each trigger, by its name."""
    query = "SELECT tgname, tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal"
    async with engine.connect() as connection:
        rows = (await connection.execute(sa.text(query))).all()
    return {name: {table for each, table in rows if each == name} for name, _ in rows}


def test_concept_is_found_by_its_files() -> None:
    """A type over the table of another concept can be defined in the file of either."""
    files = {concept.name: concept.files for concept in CONCEPTS}

    assert ("port", "port") == files["Port"]
    assert ("marketplace_port", "port") == files["MarketplacePort"]
    assert isinstance(PORT, Concept)
