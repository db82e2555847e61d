"""Rules, policies and tests know each other by numbers: none is made up, and none that the product holds is without a proof."""

from __future__ import annotations

import re
from typing import Final

from tests.rules.proofs import LISTED, NUMBER, ROOT, cases, numbered, proofs

TEXT: Final = (ROOT / "docs" / "policy" / "rules.md").read_text("utf-8")
PROOFS: Final = proofs()
# The rules of the product as far as it goes: all that can be read, and what partners, providers and their customers do.
HELD: Final = (
    {"V1", "V2", "V9", "X1", "X4", "X6", "X7", "R264"}
    | numbered("R", 1, 34)
    | numbered("R", 101, 125)
    | numbered("R", 218, 219)
    | numbered("R", 253, 254)
    | numbered("R", 429, 435)
    | numbered("A", 1, 21)
    | numbered("A", 44, 45)
    | numbered("V", 12, 16)
    | numbered("V", 18, 25)
)


def test_each_rule_is_listed_once() -> None:
    """A number means one rule."""
    numbers = re.findall(r"^- \*\*(\w+)\*\* \S", TEXT, re.MULTILINE)

    assert sorted(set(numbers)) == sorted(numbers)
    assert [] == [number for number in numbers if not NUMBER.fullmatch(number)]


def test_no_test_has_a_number_that_is_no_rule() -> None:
    """Each number in the name of a test, anywhere, is that of a rule."""
    assert [] == [case.name for case in cases(ROOT / "tests") if not case.numbers <= set(LISTED)]


def test_no_policy_has_a_number_that_is_no_rule() -> None:
    """Each number in a comment of a policy is that of a rule."""
    texts = {path.name: path.read_text("utf-8") for path in (ROOT / "policies").rglob("*.polar")}
    named = {(name, number) for name, text in texts.items() for number in re.findall(rf"\b({NUMBER.pattern})\b", text)}

    assert set() == {(name, number) for name, number in named if number not in LISTED}


def test_each_proof_asks_the_gateway_and_says_what_it_proves() -> None:
    """Each test of a rule goes through the endpoint and has a number in its name."""
    assert [] == [case.name for case in PROOFS if "ask" not in case.arguments or not case.numbers]


def test_each_rule_that_holds_has_a_proof() -> None:
    """Whatever the product has to hold is proved through the endpoint."""
    proved = {number for case in PROOFS for number in case.numbers}

    assert set() == HELD - proved


def test_each_number_in_a_policy_has_a_proof() -> None:
    """A line of policy that names a rule is proved by a test with that rule's number."""
    proved = {number for case in PROOFS for number in case.numbers}
    texts = [path.read_text("utf-8") for path in (ROOT / "policies").rglob("*.polar")]
    named = {number for text in texts for number in re.findall(rf"\b({NUMBER.pattern})\b", text)}

    assert set() == named - proved
