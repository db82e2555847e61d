"""Everything that a proof takes for granted, each with what guarantees it. Anything not listed here can vary freely.

`columns.UnknownRow` adds what PostgreSQL guarantees for columns: NOT NULL, closed lists of values (`models.base.enum_column`
turns them into check constraints) and number ranges. No relation between rows is assumed. The trigger `owned` (migration 0002)
guarantees that a row's `partner_id` is the partner of its `company_id`, but rules and invariants use only the row's own columns.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import z3

from models.company import AccountKind, Company
from policies.prove.columns import Cell, LiteralNumbers, UnknownRow
from policies.viewer import ANONYMOUS, COMPANYLESS, PARAMETERS, Shape


def of_row(row: UnknownRow, words: LiteralNumbers) -> Iterator[Any]:
    """Yield what the table's check constraints guarantee for each of its rows."""
    if row.table is Company.__table__:
        kind, partner, key, products = (row.cell(name) for name in ("account_kind", "partner_id", "id", "public_products"))
        managed = kind.value == words.number(AccountKind.MANAGED.value)
        yield managed == z3.Not(partner.null)  # check managed_has_partner
        yield z3.Or(partner.null, partner.value != key.value)  # check not_its_own_partner
        yield products.value >= 0  # check public_products


def viewer_cells(shape: Shape) -> dict[str, Cell]:
    """Return the viewer's parameters and when each is absent for this shape (see `viewer_of`, and ANONYMOUS).

    A viewer that views as a company has no user (`resolvers.tools.view_as`), and one that views as a user has no `signed_in_id`.
    """
    visitor = shape.kind == ANONYMOUS.shape.kind
    absent = {
        "user_id": z3.BoolVal(True) if visitor else z3.Bool("viewer.user_id.null"),
        "signed_in_id": z3.BoolVal(True) if visitor else z3.Bool("viewer.signed_in_id.null"),
        "company_id": z3.BoolVal(shape.kind in COMPANYLESS),
        "api_key_id": z3.BoolVal(True) if shape.kind in COMPANYLESS else z3.Bool("viewer.api_key_id.null"),
        "invitation_id": z3.Bool("viewer.invitation_id.null") if visitor else z3.BoolVal(True),
        "partner_id": z3.BoolVal(shape.kind != AccountKind.MANAGED.value),  # check managed_has_partner
    }
    return {name: Cell(absent[name], z3.Int(f"viewer.{name}")) for name in PARAMETERS}


def of_viewer(shape: Shape, cells: dict[str, Cell]) -> Iterator[Any]:
    """Yield what `viewer_of` guarantees: keys are in range, `signed_in_id` is the user, and no company is its own partner."""
    yield from (z3.And(cell.value >= 1, cell.value < 2**128) for cell in cells.values())
    user, signed_in = cells["user_id"], cells["signed_in_id"]
    yield z3.Or(signed_in.null, z3.And(z3.Not(user.null), signed_in.value == user.value))
    if shape.kind == AccountKind.MANAGED.value:
        yield cells["company_id"].value != cells["partner_id"].value  # check not_its_own_partner


def can_have_set_elements(shape: Shape) -> bool:
    """Return True if a viewer's sets can have elements. A viewer without a company has no markets."""
    return shape.kind not in COMPANYLESS
