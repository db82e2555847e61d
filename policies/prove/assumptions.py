"""All that a proof takes for granted, in one place, each with what holds it. Whatever is not here may be otherwise.

Of columns, `columns.Unknown` takes from the table what PostgreSQL holds by itself: NOT NULL, the words of closed lists
(`models.base.word` makes a check of them) and the range of a number. Nothing is assumed of how rows hang together: that
`partner_id` of a row is the partner of its `company_id` is the trigger `owned` (migration 0002), and rules and invariants speak
of the row's own columns alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import z3

from models.company import AccountKind, Company
from policies.prove.columns import Cell, Unknown, Words
from policies.viewer import ANONYMOUS, PARAMETERS, Shape


def of_row(row: Unknown, words: Words) -> Iterator[Any]:
    """What checks of a table say of each of its rows."""
    if row.table is Company.__table__:
        kind, partner, key, products = (row.cell(name) for name in ("account_kind", "partner_id", "id", "public_products"))
        managed = kind.value == words.number(AccountKind.MANAGED.value)
        yield managed == z3.Not(partner.null)  # check managed_has_partner
        yield z3.Or(partner.null, partner.value != key.value)  # check not_its_own_partner
        yield products.value >= 0  # check public_products


def viewer_cells(shape: Shape) -> dict[str, Cell]:
    """The viewer's parameters: who of this shape has none of one (`resolvers.viewer.viewer_of`, and ANONYMOUS).

    Whoever is looked at as a company is no user (`resolvers.view_as`), and who is signed in is none that is looked at.
    """
    visitor = shape.kind == ANONYMOUS.shape.kind
    absent = {
        "user_id": z3.BoolVal(True) if visitor else z3.Bool("viewer.user_id.null"),
        "signed_in_id": z3.BoolVal(True) if visitor else z3.Bool("viewer.signed_in_id.null"),
        "company_id": z3.BoolVal(visitor),
        "partner_id": z3.BoolVal(shape.kind != AccountKind.MANAGED.value),  # check managed_has_partner
    }
    return {name: Cell(absent[name], z3.Int(f"viewer.{name}")) for name in PARAMETERS}


def of_viewer(shape: Shape, cells: dict[str, Cell]) -> Iterator[Any]:
    """What `viewer_of` guarantees of a viewer: keys are keys, who is signed in is the user, and nobody is its own partner."""
    yield from (z3.And(cell.value >= 1, cell.value < 2**128) for cell in cells.values())
    user, signed_in = cells["user_id"], cells["signed_in_id"]
    yield z3.Or(signed_in.null, z3.And(z3.Not(user.null), signed_in.value == user.value))
    if shape.kind == AccountKind.MANAGED.value:
        yield cells["company_id"].value != cells["partner_id"].value  # check not_its_own_partner


def has_sets(shape: Shape) -> bool:
    """Whether a viewer can have anything in its sets: a visitor has no market."""
    return shape.kind != ANONYMOUS.shape.kind
