"""Masks are generated Python with exactly the meaning of the predicate."""

from __future__ import annotations

from uuid import UUID

import pytest

from policies.predicates.masks import compile_predicate, expression, is_local
from policies.predicates.predicate import Compare, Exists, Not, OneOf, OtherColumn, Parameter, Predicate, SetParameter
from policies.viewer import Viewer
from tests.policies.samples import DEALINGS, ENTITY

MINE = UUID(int=1)
OWNER = Compare("=", "company_id", Parameter("company_id"))
NOBODY = Viewer()
VIEWER = Viewer(company_id=MINE, markets=frozenset(("EU",)))
ROW = ENTITY.resource(company_id=MINE, market="EU", speed=3, dealings=[DEALINGS.resource(buyer_id=MINE)])
EMPTY = ENTITY.resource()


@pytest.mark.parametrize(
    ("predicate", "expected"),
    [
        (OWNER, (True, False, False, False)),
        (Compare("!=", "company_id", Parameter("company_id")), (False, True, True, True)),
        (Compare("=", "market", SetParameter("markets")), (True, False, False, False)),
        (Compare("!=", "market", "EU"), (False, True, False, True)),
        (Compare("=", "floor", None), (True, True, True, True)),
        (Compare(">", "speed", 2), (True, False, True, False)),
        (Compare("=", "partner_id", OtherColumn("id")), (False, False, False, False)),
        (Compare("!=", "partner_id", OtherColumn("id")), (True, True, True, True)),
        (Compare("<", "speed", OtherColumn("floor")), (False, False, False, False)),
        (Not(OneOf("market", ("EU", "US"))), (False, True, False, True)),
        (Exists("dealings", Compare("=", "buyer_id", Parameter("company_id"))), (True, False, False, False)),
    ],
)
def test_nothing_equals_null(predicate: Predicate, expected: tuple[bool, ...]) -> None:
    """Covers a row with values and an empty one, for a viewer with a company and one without."""
    mask = compile_predicate(predicate)

    assert expected == (mask(ROW, VIEWER), mask(EMPTY, VIEWER), mask(ROW, NOBODY), mask(EMPTY, NOBODY))


def test_caller_chooses_how_columns_are_read() -> None:
    """A row can be a tuple: `get` returns the code that reads a column."""
    mask = compile_predicate(OWNER, lambda name: {"company_id": "row[0]"}[name])

    assert [True, False] == [mask((MINE,), VIEWER), mask((MINE,), NOBODY)]


def test_strings_are_never_code() -> None:
    """Policy literals are quoted."""
    assert """(row.name == "') or True or ('")""" == expression(Compare("=", "name", "') or True or ('"))


def test_predicate_is_local_unless_it_follows_a_link() -> None:
    """Linked rows are checked in SQL."""
    assert [True, False] == [is_local(OWNER), is_local(Not(Exists("dealings", OWNER)))]
