"""Relations: how rows of one type belong to rows of another, and which columns a link table copies from its row.

A relation is read for all parents of a level with one statement. Copies are equalities that database triggers maintain. A
condition on the row can then be checked on the link, whose own index finds the rows; and what policy has found true of a row
may already imply that a row which it references is visible too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa

from models import CONCEPTS, Base
from models.concept import Relation
from policies.predicates.predicate import IfSet, Names, Predicate, conj, conjuncts, on_copies

RELATIONS: Final[Mapping[str, Relation]] = {name: each for concept in CONCEPTS for name, each in concept.below.items()}


@dataclass(frozen=True, slots=True)
class Copies:
    """The columns of a table that are copied from the row which its column `reference` names: (copied column, column of that row)."""

    table: sa.Table
    reference: str
    columns: tuple[tuple[sa.Column[Any], str], ...]

    @property
    def referenced(self) -> Iterator[str]:
        """The types whose rows the foreign key references."""
        (key,) = (each for each in self.table.c[self.reference].foreign_keys if len(each.constraint.columns) == 1)  # type: ignore[union-attr]
        return (concept.name for concept in CONCEPTS if concept.table is key.column.table)


def _copies(table: sa.Table) -> Iterator[Copies]:
    copied = [(*column.info["copies"], column) for column in table.c if "copies" in column.info]
    for reference in dict.fromkeys(of for of, _, _ in copied):
        yield Copies(table, reference, tuple((column, source) for of, source, column in copied if of == reference))


def _copied_columns() -> Iterator[tuple[tuple[str, str, str], Names]]:
    for concept in CONCEPTS:
        for copies in _copies(concept.table):
            names: Names = {"id": copies.reference} | {source: _name(column) for column, source in copies.columns}
            yield from (((concept.name, copies.reference, other), names) for other in copies.referenced)


def _name(column: sa.Column[Any]) -> str | IfSet:
    return IfSet(column.name) if column.info["if_set"] else column.name


# A buyer with an offer has a dealing with its seller: the triggers of `dealing` ensure it.
DEALING_OF_BUYER: Final[Names] = {
    "product_id": "product_id",
    "buyer_id": "company_id",
    "buyer_partner_id": "partner_id",
    "seller_id": "seller_id",
    "seller_partner_id": "seller_partner_id",
}
# (entity, column that references a row, type of that row) to {column of that row: column of the entity with the same value}
COPIED_COLUMNS: Final[Mapping[tuple[str, str, str], Names]] = {
    key: {**names, "purchases": DEALING_OF_BUYER} if key == ("OfferBuyer", "company_id", "Company") else names
    for key, names in _copied_columns()
}


def _link_copies() -> Iterator[tuple[tuple[str, str], Mapping[str, str]]]:
    for link in Base.metadata.tables.values():
        for copies in _copies(link):
            columns = {column.name: source for column, source in copies.columns if not column.nullable}
            yield from (((entity, link.name), columns) for entity in copies.referenced if columns)


# (entity, link table) to {column of the link: column of the row}. Only columns that are never NULL, because NULL equals nothing.
LINK_COPIES: Final[Mapping[tuple[str, str], Mapping[str, str]]] = dict(_link_copies())


def facts_of_referenced(facts: Predicate, entity: str, column: str, referenced: str) -> Predicate:
    """Return what is true of a row of `referenced` because the row of `entity` whose column `column` references it meets `facts`."""
    names = _equal_columns(entity, column, referenced)
    return _renamed(facts, {own: theirs for theirs, own in names.items()})


def facts_of_children(facts: Predicate, parent: str, relation: str, entity: str) -> Predicate:
    """Return what is true of the rows of `entity` that a relation lists below a row of `parent` that meets `facts`."""
    columns = RELATIONS[relation].columns
    return _renamed(facts, _equal_columns(entity, columns[0], parent) if len(columns) == 1 else {})


def _equal_columns(entity: str, column: str, referenced: str) -> dict[str, str]:
    names = COPIED_COLUMNS.get((entity, column, referenced), {})
    return {theirs: own for theirs, own in names.items() if isinstance(own, str)}


def _renamed(facts: Predicate, names: Mapping[str, str]) -> Predicate:
    """Return the facts that columns with the same values express, by the names of these columns."""
    expressed = (on_copies(fact, names) for fact in conjuncts(facts))
    return conj(fact for fact in expressed if fact is not None)
