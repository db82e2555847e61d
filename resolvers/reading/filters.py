"""Sort orders and filters of connections: the columns behind each, and the policy field that guards it.

Every order ends with the key, which makes keysets unique, and has its indexes in models/. A viewer who can't see the field
behind an order or a filter is refused, because the result would reveal the field (A16).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql.elements import ColumnElement

Condition = Callable[[Any, str], ColumnElement[bool]]  # (columns of the rows, name of the parameter)


@dataclass(frozen=True, slots=True)
class SortOrder:
    """The columns that sort a connection, before the key, and the field that they reveal."""

    columns: tuple[str, ...] = ()
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Filter:
    """A condition on rows that takes one value from the caller, and the field that it reveals."""

    field: str
    condition: Condition
    id_of: str | None = None  # the value is a global id of this type


def equals(column: str, field: str | None = None, id_of: str | None = None) -> Filter:
    """Match rows whose column equals the value."""
    return Filter(field or column, lambda row, name: row[column] == sa.bindparam(name, type_=row[column].type), id_of)


def array_contains(column: str) -> Filter:
    """Match rows whose array contains the value."""

    def condition(row: Any, name: str) -> ColumnElement[bool]:
        kind = row[column].type
        items = postgresql.array([sa.bindparam(name, type_=kind.item_type)])
        contains: ColumnElement[bool] = row[column].contains(sa.cast(items, kind))  # the driver takes text for VARCHAR
        return contains

    return Filter(column, condition)


def at_least(column: str) -> Filter:
    """Match rows whose column is at least the value."""
    return Filter(column, lambda row, name: row[column] >= sa.bindparam(name, type_=row[column].type))


def at_most(column: str) -> Filter:
    """Match rows whose column is at most the value."""
    return Filter(column, lambda row, name: row[column] <= sa.bindparam(name, type_=row[column].type))


def is_null(column: str) -> Filter:
    """Match rows whose column is NULL. The value is always true."""
    return Filter(column, lambda row, _name: row[column].is_(None))


def full_text(column: str, field: str) -> Filter:
    """Match rows whose text has, for each word of the value, a word that starts with it or differs from it by a typo."""

    def condition(row: Any, name: str) -> ColumnElement[bool]:
        # A scalar subquery is evaluated once, not for each row.
        query = sa.select(sa.func.search_query(sa.bindparam(name, type_=sa.Text()))).scalar_subquery()
        matches: ColumnElement[bool] = row[column].op("@@", is_comparison=True)(query)
        return matches

    return Filter(field, condition)


BY_KEY: Final = "KEY"
NEWEST_FIRST: Final = frozenset({"AuditEvent", "Inquiry", "Notification"})  # types with a descending default order
ORDERS: Final[Mapping[str, Mapping[str, SortOrder]]] = {
    "Company": {"TRADING_NAME": SortOrder(("trading_name",), "trading_name")},
    "Invoice": {"PERIOD": SortOrder(("period_start",), "period_start")},
    "Port": {
        "CREATED_AT": SortOrder((), "created_at"),
        "NAME": SortOrder(("name",), "name"),
        "SPEED_MBPS": SortOrder(("speed_mbps",), "speed_mbps"),
        # Amounts are comparable within one currency only.
        "MONTHLY_RATE": SortOrder(("currency", "monthly_rate"), "monthly_rate"),
    },
}
FILTERS: Final[Mapping[str, Mapping[str, Filter]]] = {
    "AuditEvent": {"kind": equals("kind")},
    "Company": {"company_type": equals("company_type"), "account_kind": equals("account_kind")},
    "Invoice": {"period_from": at_least("period_start"), "period_to": at_most("period_start")},
    "Location": {
        "metro": equals("metro"),
        "country": equals("country"),
        "market": equals("market"),
        "status": equals("status"),
        "speed_mbps": array_contains("speeds_mbps"),
    },
    "ManagedAccount": {"account_name": equals("account_name"), "supported_by": equals("supported_by")},
    "MarketplacePort": {"location_id": equals("location_id", "location", "Location"), "speed_mbps": equals("speed_mbps")},
    "MarketplaceProfile": {
        "provider_type": array_contains("provider_types"),
        "service_type": array_contains("service_types"),
        "search": full_text("search", "company_name"),
    },
    "Notification": {"unread": is_null("read_at")},
    "Offer": {
        "status": equals("status"),
        "product_id": equals("product_id", "product", "Product"),
    },
    "OrderApproval": {"status": equals("status")},
    "Port": {
        "status": equals("status"),
        "visibility": equals("visibility"),
        "location_id": equals("location_id", "location", "Location"),
        "speed_mbps": equals("speed_mbps"),
        "currency": equals("currency", "monthly_rate"),
        "monthly_rate_at_least": at_least("monthly_rate"),
        "monthly_rate_at_most": at_most("monthly_rate"),
    },
    "Product": {"kind": equals("kind"), "visibility": equals("visibility"), "category": array_contains("categories")},
}
# Filters that come from an input field with another name: errors name the field that the caller wrote.
INPUT_NAME: Final[Mapping[str, str]] = dict.fromkeys(
    ("currency", "monthly_rate_at_least", "monthly_rate_at_most"), "monthly_rate"
)


def order_of(entity: str, name: str) -> SortOrder:
    """Return an order of a connection by its name. Every connection has BY_KEY."""
    return SortOrder() if name == BY_KEY else ORDERS[entity][name]
