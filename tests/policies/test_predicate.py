"""Predicates are simplified as far as possible, and simplification never changes their meaning."""

from __future__ import annotations

from itertools import product
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from policies.predicates.masks import compile_predicate
from policies.predicates.predicate import (
    FALSE,
    TRUE,
    And,
    Compare,
    Exists,
    IfSet,
    Not,
    OneOf,
    Or,
    OtherColumn,
    Parameter,
    Predicate,
    SetParameter,
    assume,
    conj,
    disj,
    disjuncts,
    exists,
    implies,
    narrow,
    negate,
    on_copies,
    own_columns,
    parameters,
    show,
    substitute_copies,
)
from policies.viewer import Viewer

OWNER = Compare("=", "company_id", Parameter("company_id"))
PARTNER = Compare("=", "partner_id", Parameter("company_id"))
PUBLIC = Compare("=", "visibility", "PUBLIC")


class Row:
    """A row with two columns and a link to rows with the same columns."""

    def __init__(self, a: object, b: object, link: tuple[Row, ...] = ()) -> None:
        self.a, self.b, self.link = a, b, link


VALUES = (None, 1, 2, 3)
LINKED = [Row(a, b) for a, b in ((None, 1), (1, 2), (2, 2))]
ROWS = [Row(a, b, link) for a, b in product(VALUES, VALUES) for link in ((), (LINKED[0],), (LINKED[1], LINKED[2]))]
VIEWERS = [Viewer(company_id=value, markets=frozenset(many)) for value in (None, 1, 2) for many in ((), (1, 3))]  # type: ignore[arg-type]

_operands = st.sampled_from([None, 1, 2, Parameter("company_id"), SetParameter("markets"), OtherColumn("b")])
_equalities = st.builds(Compare, st.sampled_from(["=", "!="]), st.sampled_from("ab"), _operands)
_orders = st.builds(
    Compare, st.sampled_from(["<", "<=", ">", ">="]), st.sampled_from("ab"), st.sampled_from([1, 2, OtherColumn("b")])
)
_lists = st.sampled_from([OneOf(name, values) for name in "ab" for values in ((1, 2), (2, 3), (1, 2, 3))])
_literals = _equalities | _orders | _lists


def _compound(children: st.SearchStrategy[Predicate]) -> st.SearchStrategy[Predicate]:
    items = st.lists(children, min_size=2, max_size=3).map(tuple)
    return st.builds(And, items) | st.builds(Or, items) | st.builds(Not, children)


_conditions = st.recursive(_literals, _compound, max_leaves=3)
predicates = st.recursive(_literals | st.builds(Exists, st.just("link"), _conditions), _compound, max_leaves=6)


def meaning(predicate: Predicate) -> list[bool]:
    """Evaluate a predicate on all rows for all viewers."""
    mask = compile_predicate(predicate)
    return [mask(row, viewer) for row, viewer in product(ROWS, VIEWERS)]


@settings(deadline=None)  # slow machines are fine
@given(st.lists(predicates, max_size=4))
def test_conjunction_matches_where_all_items_do(items: list[Predicate]) -> None:
    """Simplification by conj keeps the meaning."""
    expected = [all(verdicts) for verdicts in zip(*map(meaning, items), strict=True)] if items else meaning(TRUE)

    assert expected == meaning(conj(items))


@settings(deadline=None)  # slow machines are fine
@given(st.lists(predicates, max_size=4))
def test_disjunction_matches_where_any_item_does(items: list[Predicate]) -> None:
    """Simplification by disj keeps the meaning."""
    expected = [any(verdicts) for verdicts in zip(*map(meaning, items), strict=True)] if items else meaning(FALSE)

    assert expected == meaning(disj(items))


@settings(deadline=None)  # slow machines are fine
@given(predicates)
def test_negation_matches_where_its_item_does_not(predicate: Predicate) -> None:
    """Predicates are two-valued, so a negation is the exact opposite, even for NULL."""
    assert [not verdicts for verdicts in meaning(predicate)] == meaning(negate(predicate))


@settings(deadline=None)  # slow machines are fine
@given(predicates, predicates)
def test_assumption_keeps_the_meaning_where_it_holds(fact: Predicate, predicate: Predicate) -> None:
    """A predicate simplified under a fact gives the same verdict for every row that matches the fact."""
    cases = zip(meaning(fact), meaning(predicate), meaning(assume(fact, predicate)), strict=True)

    assert [] == [case for case in cases if case[0] and case[1] != case[2]]


@settings(deadline=None)  # slow machines are fine
@given(predicates, predicates)
def test_implied_claim_holds_wherever_the_fact_does(fact: Predicate, claim: Predicate) -> None:
    """A proven implication has no counterexample."""
    counterexamples = [case for case in zip(meaning(fact), meaning(claim), strict=True) if case == (True, False)]

    assert [] == (counterexamples if implies(fact, claim) else [])


@settings(deadline=None)  # slow machines are fine
@given(predicates)
def test_branches_together_equal_the_predicate(predicate: Predicate) -> None:
    """A row matches a predicate if and only if it matches one of its disjuncts."""
    branches = [meaning(branch) for branch in disjuncts(predicate)]
    expected = meaning(predicate)

    assert expected == ([any(verdicts) for verdicts in zip(*branches, strict=True)] if branches else [False] * len(expected))


def test_conjunction_is_flat_without_duplicates() -> None:
    """Nested conjunctions, TRUE and duplicates disappear."""
    assert And((OWNER, PUBLIC)) == conj([OWNER, TRUE, And((PUBLIC, OWNER))])


def test_disjunction_absorbs_covered_items() -> None:
    """`A or (A and B)` becomes `A`."""
    assert OWNER == disj([OWNER, conj([OWNER, PUBLIC]), FALSE])


def test_simplified_predicates_keep_the_type_of_their_literals() -> None:
    """Simplified predicates are remembered, and Python takes 1 for True. PostgreSQL doesn't."""
    number, truth = Compare("=", "floor", 1), Compare("=", "floor", True)
    simplified = [conj((each, Compare("=", "name", "a"))) for each in (number, truth)]

    assert [True, True] == [each.items[0].value is value for each, value in zip(simplified, (1, True), strict=True)]  # type: ignore[union-attr]
    assert OneOf("floor", (1, 2)) != OneOf("floor", (True, 2))


def test_contradicting_literals_are_false() -> None:
    """No row has two values in one column."""
    private = Compare("=", "visibility", "PRIVATE")

    assert [FALSE, FALSE, FALSE, FALSE] == [
        conj([PUBLIC, private]),
        conj([PUBLIC, Compare("!=", "visibility", "PUBLIC")]),
        conj([PUBLIC, Compare("=", "visibility", None)]),
        conj([OneOf("status", ("A", "B")), Compare("=", "status", "C")]),
    ]


def test_disjuncts_that_differ_in_one_literal_become_a_list() -> None:
    """Oso returns one result for each literal of `in [...]`. They're merged into one condition again, even under a link."""
    mine = Compare("=", "buyer_id", Parameter("company_id"))
    results = [Exists("dealings", conj([mine, Compare("=", "status", status)])) for status in ("B", "A", "C")]

    assert Exists("dealings", And((mine, OneOf("status", ("A", "B", "C"))))) == disj(results)


def test_conditions_on_different_link_columns_stay_separate() -> None:
    """Each becomes a branch with its own index."""
    buyer = Exists("dealings", Compare("=", "buyer_id", Parameter("company_id")))
    partner = Exists("dealings", Compare("=", "partner_id", Parameter("company_id")))

    assert (buyer, partner) == disjuncts(disj([buyer, partner]))


def test_link_without_possible_rows_is_false() -> None:
    """No row matches FALSE."""
    assert FALSE == exists("dealings", FALSE)


def test_irrelevant_denial_disappears_from_a_branch() -> None:
    """A denial for everyone except the owner leaves the owner's branch unchanged."""
    denied = conj([Compare("=", "suspended", True), negate(OWNER)])
    shown = Compare("!=", "suspended", True)

    assert (OWNER, And((PARTNER, shown))) == disjuncts(conj([disj([OWNER, PARTNER]), negate(denied)]))


def test_or_without_an_index_stays_a_condition() -> None:
    """Only alternatives that the viewer's own values select become branches."""
    either = Or((PUBLIC, Compare("=", "active", True)))

    assert (And((OWNER, either)),) == disjuncts(conj([OWNER, either]))


def test_fact_removes_what_it_implies() -> None:
    """Fields are checked only on rows that are already filtered."""
    assert [TRUE, FALSE, PARTNER] == [
        assume(conj([OWNER, PUBLIC]), disj([OWNER, PARTNER])),
        assume(PUBLIC, Compare("=", "visibility", "PRIVATE")),
        assume(OWNER, conj([OWNER, PARTNER])),
    ]


def test_predicate_lists_what_it_reads() -> None:
    """It lists the row's columns and the viewer's parameters, but not the columns of linked rows."""
    predicate = conj([OWNER, Exists("dealings", PARTNER), Compare("<", "speed", OtherColumn("floor"))])

    assert [{"company_id", "speed", "floor"}, {"company_id"}] == [set(own_columns(predicate)), set(parameters(predicate))]


def test_predicate_has_a_readable_form() -> None:
    """`explain` and error messages show it."""
    predicate = disj([conj([OWNER, Compare("!=", "name", None)]), Exists("dealings", OneOf("status", ("A", "B")))])

    assert '(company_id = viewer.company_id and name != nil) or some dealings (status in ["A", "B"])' == show(predicate)


@settings(deadline=None)  # slow machines are fine
@given(predicates, st.sampled_from([{}, {"a": "b"}, {"b": "a"}, {"a": "b", "b": "a"}, {"a": IfSet("b")}, {"a": IfSet("a")}]))
def test_condition_on_copies_implies_the_predicate(predicate: Predicate, names: dict[str, str | IfSet]) -> None:
    """If a row with copies of the values matches the rewritten predicate, the original row matches, whatever is unknown."""
    rewritten = compile_predicate(substitute_copies(predicate, names))
    mask = compile_predicate(predicate)
    pairs = [
        (row, other) for row, other in product(ROWS, ROWS) if all(_is_copy(getattr(row, a), other, b) for a, b in names.items())
    ]

    assert [] == [
        (row, other) for row, other in pairs for viewer in VIEWERS if rewritten(other, viewer) and not mask(row, viewer)
    ]


def _is_copy(value: Any, other: Any, column: str | IfSet) -> bool:
    if isinstance(column, IfSet):
        return getattr(other, column.column) in (None, value)
    return bool(getattr(other, column) == value)


def test_copy_that_may_be_missing_expresses_only_what_a_missing_one_contradicts() -> None:
    """Equality with a value is kept. A condition that NULL meets isn't, because NULL says nothing about the original."""
    kept = {"visibility": IfSet("copy")}
    conditions: list[Predicate] = [
        Compare("=", "visibility", "PUBLIC"),
        OneOf("visibility", ("PRIVATE", "PUBLIC")),
        Compare("!=", "visibility", "PUBLIC"),
        Compare("=", "visibility", None),
    ]

    assert [Compare("=", "copy", "PUBLIC"), OneOf("copy", ("PRIVATE", "PUBLIC")), FALSE, FALSE] == [
        substitute_copies(condition, kept) for condition in conditions
    ]


@settings(deadline=None)
@given(predicates, predicates, st.booleans())
def test_narrowed_predicate_matches_the_same_rows_where_the_fact_is_true(
    predicate: Predicate, other: Predicate, related: bool
) -> None:
    """Among rows that match the fact, none is lost. Among all rows, the result matches none that the predicate doesn't match."""
    fact = conj([other, disjuncts(predicate)[0]]) if related else other
    wide, narrowed, true = meaning(predicate), meaning(narrow(fact, predicate)), meaning(fact)

    assert [] == [
        each for each in zip(wide, narrowed, true, strict=True) if each[1] > each[0] or (each[2] and each[1] != each[0])
    ]


def test_implied_alternative_replaces_the_others() -> None:
    """An alternative without linked rows that the fact implies is kept, and otherwise all of them."""
    either = disj((OWNER, PARTNER, exists("sales", OWNER)))

    assert [PARTNER, either, either] == [
        narrow(fact, either) for fact in (conj([PUBLIC, PARTNER]), PUBLIC, exists("sales", OWNER))
    ]


@settings(deadline=None)
@given(predicates, st.sampled_from([{"a": "b"}, {"b": "a"}, {"a": "b", "b": "a"}]))
def test_condition_on_equal_columns_has_the_same_meaning(predicate: Predicate, names: dict[str, str]) -> None:
    """Rows with the same values in these columns match both conditions or neither."""
    renamed = on_copies(predicate, names)
    if renamed is None:
        return
    mask, other_mask = compile_predicate(predicate), compile_predicate(renamed)
    pairs = [
        (row, other) for row, other in product(ROWS, ROWS) if all(_is_copy(getattr(row, a), other, b) for a, b in names.items())
    ]

    assert [] == [pair for pair in pairs for viewer in VIEWERS if mask(pair[0], viewer) != other_mask(pair[1], viewer)]


def test_condition_on_copies_keeps_known_columns() -> None:
    """A disjunct with known columns is kept under their other names. One that follows a link is dropped."""
    either = disj((OWNER, exists("sales", PARTNER)))

    assert Compare("=", "seller_id", Parameter("company_id")) == substitute_copies(either, {"company_id": "seller_id"})
