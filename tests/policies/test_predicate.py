"""Predicates are as simple as their parts allow, and simplification never changes what they mean."""

from __future__ import annotations

from itertools import product

from hypothesis import given, settings
from hypothesis import strategies as st

from policies.masks import compile_predicate
from policies.predicate import (
    FALSE,
    TRUE,
    And,
    Attribute,
    Compare,
    Exists,
    Not,
    OneOf,
    Or,
    Parameter,
    Predicate,
    SetParameter,
    assume,
    attributes,
    conj,
    disj,
    disjuncts,
    exists,
    implies,
    negate,
    parameters,
    show,
    substitute_copies,
)
from policies.viewer import Viewer

OWNER = Compare("=", "company_id", Parameter("company_id"))
PARTNER = Compare("=", "partner_id", Parameter("company_id"))
PUBLIC = Compare("=", "visibility", "PUBLIC")


class Row:
    """A row of two columns and a link whose rows have the same columns."""

    def __init__(self, a: object, b: object, link: tuple[Row, ...] = ()) -> None:
        self.a, self.b, self.link = a, b, link


VALUES = (None, 1, 2, 3)
LINKED = [Row(a, b) for a, b in ((None, 1), (1, 2), (2, 2))]
ROWS = [Row(a, b, link) for a, b in product(VALUES, VALUES) for link in ((), (LINKED[0],), (LINKED[1], LINKED[2]))]
VIEWERS = [Viewer(company_id=value, markets=frozenset(many)) for value in (None, 1, 2) for many in ((), (1, 3))]  # type: ignore[arg-type]

_operands = st.sampled_from([None, 1, 2, Parameter("company_id"), SetParameter("markets"), Attribute("b")])
_equalities = st.builds(Compare, st.sampled_from(["=", "!="]), st.sampled_from("ab"), _operands)
_orders = st.builds(
    Compare, st.sampled_from(["<", "<=", ">", ">="]), st.sampled_from("ab"), st.sampled_from([1, 2, Attribute("b")])
)
_lists = st.sampled_from([OneOf(name, values) for name in "ab" for values in ((1, 2), (2, 3), (1, 2, 3))])
_literals = _equalities | _orders | _lists


def _compound(children: st.SearchStrategy[Predicate]) -> st.SearchStrategy[Predicate]:
    items = st.lists(children, min_size=2, max_size=3).map(tuple)
    return st.builds(And, items) | st.builds(Or, items) | st.builds(Not, children)


_conditions = st.recursive(_literals, _compound, max_leaves=3)
predicates = st.recursive(_literals | st.builds(Exists, st.just("link"), _conditions), _compound, max_leaves=6)


def meaning(predicate: Predicate) -> list[bool]:
    """What a predicate says of all rows and viewers there are."""
    mask = compile_predicate(predicate)
    return [mask(row, viewer) for row, viewer in product(ROWS, VIEWERS)]


@settings(deadline=None)  # a loaded machine is no failure
@given(st.lists(predicates, max_size=4))
def test_a_conjunction_is_true_where_all_of_its_items_are(items: list[Predicate]) -> None:
    """Whatever conj simplifies, it means all of its items."""
    expected = [all(said) for said in zip(*map(meaning, items), strict=True)] if items else meaning(TRUE)

    assert expected == meaning(conj(items))


@settings(deadline=None)  # a loaded machine is no failure
@given(st.lists(predicates, max_size=4))
def test_a_disjunction_is_true_where_one_of_its_items_is(items: list[Predicate]) -> None:
    """Whatever disj simplifies, it means at least one of its items."""
    expected = [any(said) for said in zip(*map(meaning, items), strict=True)] if items else meaning(FALSE)

    assert expected == meaning(disj(items))


@settings(deadline=None)  # a loaded machine is no failure
@given(predicates)
def test_a_negation_is_true_where_its_item_is_not(predicate: Predicate) -> None:
    """Predicates are two-valued, so a negation is the exact opposite, of NULL too."""
    assert [not said for said in meaning(predicate)] == meaning(negate(predicate))


@settings(deadline=None)  # a loaded machine is no failure
@given(predicates, predicates)
def test_an_assumption_changes_nothing_where_it_holds(fact: Predicate, predicate: Predicate) -> None:
    """A predicate that is simplified under a fact says the same of every row of which the fact is true."""
    cases = zip(meaning(fact), meaning(predicate), meaning(assume(fact, predicate)), strict=True)

    assert [] == [case for case in cases if case[0] and case[1] != case[2]]


@settings(deadline=None)  # a loaded machine is no failure
@given(predicates, predicates)
def test_what_is_implied_is_true_wherever_the_fact_is(fact: Predicate, claim: Predicate) -> None:
    """An implication that is proven has no counterexample."""
    counterexamples = [case for case in zip(meaning(fact), meaning(claim), strict=True) if case == (True, False)]

    assert [] == (counterexamples if implies(fact, claim) else [])


@settings(deadline=None)  # a loaded machine is no failure
@given(predicates)
def test_the_branches_together_mean_the_predicate(predicate: Predicate) -> None:
    """A row satisfies a predicate if and only if it satisfies one of its disjuncts."""
    branches = [meaning(branch) for branch in disjuncts(predicate)]
    expected = meaning(predicate)

    assert expected == ([any(said) for said in zip(*branches, strict=True)] if branches else [False] * len(expected))


def test_a_conjunction_is_flat_and_says_nothing_twice() -> None:
    """Nested conjunctions, TRUE and repetitions disappear."""
    assert And((OWNER, PUBLIC)) == conj([OWNER, TRUE, And((PUBLIC, OWNER))])


def test_a_disjunction_absorbs_what_another_item_covers() -> None:
    """A or (A and B) is A."""
    assert OWNER == disj([OWNER, conj([OWNER, PUBLIC]), FALSE])


def test_contradictions_of_literals_are_false() -> None:
    """No row has two values in one column."""
    private = Compare("=", "visibility", "PRIVATE")

    assert [FALSE, FALSE, FALSE, FALSE] == [
        conj([PUBLIC, private]),
        conj([PUBLIC, Compare("!=", "visibility", "PUBLIC")]),
        conj([PUBLIC, Compare("=", "visibility", None)]),
        conj([OneOf("status", ("A", "B")), Compare("=", "status", "C")]),
    ]


def test_disjuncts_that_differ_in_one_literal_become_a_list() -> None:
    """Oso answers `in [...]` with one result for each literal: they are one condition again, also below a link."""
    mine = Compare("=", "buyer_id", Parameter("company_id"))
    results = [Exists("dealings", conj([mine, Compare("=", "status", status)])) for status in ("B", "A", "C")]

    assert Exists("dealings", And((mine, OneOf("status", ("A", "B", "C"))))) == disj(results)


def test_conditions_on_different_columns_of_a_link_stay_apart() -> None:
    """Each of them becomes a branch that is driven from an index of its own."""
    buyer = Exists("dealings", Compare("=", "buyer_id", Parameter("company_id")))
    partner = Exists("dealings", Compare("=", "partner_id", Parameter("company_id")))

    assert (buyer, partner) == disjuncts(disj([buyer, partner]))


def test_a_link_without_a_possible_row_is_false() -> None:
    """No row satisfies FALSE."""
    assert FALSE == exists("dealings", FALSE)


def test_a_denial_that_cannot_touch_a_branch_disappears_from_it() -> None:
    """What is denied to everybody but the owner leaves the owner's branch as it is."""
    denied = conj([Compare("=", "suspended", True), negate(OWNER)])
    shown = Compare("!=", "suspended", True)

    assert (OWNER, And((PARTNER, shown))) == disjuncts(conj([disj([OWNER, PARTNER]), negate(denied)]))


def test_an_or_that_no_index_serves_stays_a_condition() -> None:
    """Only alternatives that the viewer's own values pick out become branches."""
    either = Or((PUBLIC, Compare("=", "active", True)))

    assert (And((OWNER, either)),) == disjuncts(conj([OWNER, either]))


def test_a_fact_makes_what_follows_from_it_superfluous() -> None:
    """Rows are filtered already when fields are asked."""
    assert [TRUE, FALSE, PARTNER] == [
        assume(conj([OWNER, PUBLIC]), disj([OWNER, PARTNER])),
        assume(PUBLIC, Compare("=", "visibility", "PRIVATE")),
        assume(OWNER, conj([OWNER, PARTNER])),
    ]


def test_a_predicate_knows_what_it_reads() -> None:
    """Columns of the row and values of the viewer; columns of linked rows are the link's."""
    predicate = conj([OWNER, Exists("dealings", PARTNER), Compare("<", "speed", Attribute("floor"))])

    assert [{"company_id", "speed", "floor"}, {"company_id"}] == [set(attributes(predicate)), set(parameters(predicate))]


def test_a_predicate_reads_as_a_sentence() -> None:
    """What `explain` and error messages show."""
    predicate = disj([conj([OWNER, Compare("!=", "name", None)]), Exists("dealings", OneOf("status", ("A", "B")))])

    assert '(company_id = viewer.company_id and name != nil) or some dealings (status in ["A", "B"])' == show(predicate)


@settings(deadline=None)  # a loaded machine is no failure
@given(predicates, st.sampled_from([{}, {"a": "b"}, {"b": "a"}, {"a": "b", "b": "a"}]))
def test_what_another_row_tells_is_true(predicate: Predicate, names: dict[str, str]) -> None:
    """Where a row with the same values under other names tells of a predicate, the predicate is true, whatever is not known."""
    tells = compile_predicate(substitute_copies(predicate, names))
    mask = compile_predicate(predicate)
    pairs = [
        (row, other)
        for row, other in product(ROWS, ROWS)
        if all(getattr(row, a) == getattr(other, b) for a, b in names.items())
    ]

    assert [] == [(row, other) for row, other in pairs for viewer in VIEWERS if tells(other, viewer) and not mask(row, viewer)]


def test_another_row_tells_what_it_knows() -> None:
    """The disjunct whose columns are known is told under their names; one that follows a link is not."""
    either = disj((OWNER, exists("sales", PARTNER)))

    assert Compare("=", "seller_id", Parameter("company_id")) == substitute_copies(either, {"company_id": "seller_id"})
