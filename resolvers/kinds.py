"""Where resolvers use values of sensitive kinds: in filters, orders, files, and the parameters of emails."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, get_args, get_type_hints

import sqlalchemy as sa
from sqlalchemy.sql import visitors

from models.base import Base
from models.kinds import Kind, kinds_of, suggested_kinds
from policies.analysis.kinds import Narrowing, Site
from policies.catalogue import CATALOGUE
from resolvers.notifying import message_templates
from resolvers.reading.batching import BatchResolver, Computed
from resolvers.reading.field_sources import ComputedWithFallback
from resolvers.reading.filters import FILTERS, ORDERS
from resolvers.values.money import Money


def column_kinds(entity: str, *names: str) -> frozenset[Kind]:
    """Return the kinds of the named columns of a type, or of all its columns."""
    table = CATALOGUE[entity].table
    return frozenset(kind for name in names or tuple(table.c.keys()) if name in table.c for kind in kinds_of(table.c[name]))


def resolver_kinds(entity: str, resolver: BatchResolver) -> frozenset[Kind]:
    """Return the kinds of the parent columns that a batch resolver reads: all columns if it doesn't declare them."""
    if isinstance(resolver, Computed):
        return column_kinds(entity, *resolver.columns)
    if isinstance(resolver, ComputedWithFallback):
        related = (column_kinds(column.row.entity, column.column) for column in resolver.related)
        return column_kinds(entity, resolver.own).union(*related)
    if inspect.isfunction(resolver):
        return column_kinds(entity, *getattr(resolver, "needs", ()))
    return frozenset()  # it loads other rows, which have their own rules


def narrowings() -> Iterator[Narrowing]:
    """Yield each filter and order, with the kinds of the columns in its SQL."""
    for entity, filters in FILTERS.items():
        table = CATALOGUE[entity].table
        for name, filter_ in filters.items():
            used = visitors.iterate(filter_.condition(table.c, "value"))
            kinds = (kinds_of(column) for column in used if isinstance(column, sa.Column))
            yield Narrowing(entity, f"the filter {name}", filter_.field, frozenset().union(*kinds))
    for entity, orders in ORDERS.items():
        for name, order in orders.items():
            kinds_in_order = column_kinds(entity, *order.columns) if order.columns else frozenset()
            yield Narrowing(entity, f"the order {name}", order.field, kinds_in_order)


def mail_sites() -> Iterator[Site]:
    """Yield each parameter of a message template that may hold a sensitive value. Policy doesn't guard messages."""
    for name, function in vars(message_templates).items():
        if not inspect.isfunction(function) or name.startswith("_"):
            continue
        for parameter, hint in get_type_hints(function).items():
            if parameter != "return" and (kinds := _parameter_kinds(parameter, hint)):
                yield Site(f"Mail {name}", parameter, kinds)


def _parameter_kinds(name: str, hint: Any) -> frozenset[Kind]:
    """Return the kinds that a parameter's type or name suggests. Text may contain an amount too."""
    if hint in (Money, Decimal):
        return frozenset({Kind.PRICE})
    if isinstance(hint, type) and issubclass(hint, Base):
        return frozenset(kind for column in hint.__table__.c for kind in kinds_of(column))
    if dataclasses.is_dataclass(hint):
        hints = get_type_hints(hint)
        return frozenset().union(*(_parameter_kinds(field, inner) for field, inner in hints.items()))
    if arguments := get_args(hint):
        return frozenset().union(*(_parameter_kinds(name, argument) for argument in arguments))
    return suggested_kinds(name, is_number=True) | suggested_kinds(name, is_number=False)
