"""Rule ids link rules, policies and tests: none is unknown, and every rule that the product enforces has a test."""

from __future__ import annotations

import re
from typing import Final

from tests.rules.proofs import LISTED, NUMBER, ROOT, cases, numbered, proofs

TEXT: Final = (ROOT / "docs" / "policy" / "rules.md").read_text("utf-8")
PROOFS: Final = proofs()
# The rules of the product as far as it goes: all that can be read, and what partners, providers and their customers do.
HELD: Final = (
    {"V1", "V2", "V9", "X1", "X4", "X6", "X7", "R264", "R401", "R402", "R405", "R406", "V10", "V49", "V50", "V57", "V59", "V66"}
    | numbered("R", 1, 34)
    | numbered("R", 101, 125)
    | numbered("R", 218, 219)
    | numbered("R", 253, 254)
    | numbered("R", 427, 428)
    | numbered("R", 429, 435)
    | numbered("A", 1, 21)
    | numbered("A", 44, 45)
    | numbered("V", 12, 16)
    | numbered("V", 18, 25)
    | numbered("V", 42, 45)
    | numbered("R", 206, 209)
    | {"R204", "R205"}
    | numbered("R", 221, 224)
    | numbered("R", 226, 246)
    | numbered("A", 23, 29)
    | numbered("V", 32, 41)
    | {"V4", "V5", "V6", "V7", "V11", "V17", "V54", "V55", "V56", "V58", "V61", "V62", "V68", "V69", "V72", "V73"}
    | {"V53", "V75", "V76", "A22", "V31", "V74", "R320"}
)


def test_each_rule_is_listed_once() -> None:
    """An id stands for one rule."""
    numbers = re.findall(r"^- \*\*(\w+)\*\* \S", TEXT, re.MULTILINE)

    assert sorted(set(numbers)) == sorted(numbers)
    assert [] == [number for number in numbers if not NUMBER.fullmatch(number)]


def test_test_names_use_known_rule_ids_only() -> None:
    """Each rule id in the name of a test, in any folder, is that of a listed rule."""
    assert [] == [case.name for case in cases(ROOT / "tests") if not case.numbers <= set(LISTED)]


def test_policies_use_known_rule_ids_only() -> None:
    """Each rule id in a comment of a policy is that of a listed rule."""
    texts = {path.name: path.read_text("utf-8") for path in (ROOT / "policies").rglob("*.polar")}
    named = {(name, number) for name, text in texts.items() for number in re.findall(rf"\b({NUMBER.pattern})\b", text)}

    assert set() == {(name, number) for name, number in named if number not in LISTED}


def test_each_proof_queries_the_gateway_and_names_its_rules() -> None:
    """Each test of a rule goes through the endpoint and has a rule id in its name."""
    through = [any(name.endswith("client") for name in case.arguments) for case in PROOFS]

    assert [] == [case.name for case, is_through in zip(PROOFS, through, strict=True) if not is_through or not case.numbers]


def test_each_enforced_rule_has_a_proof() -> None:
    """Every rule that the product has to enforce is tested through the endpoint."""
    proved = {number for case in PROOFS for number in case.numbers}

    assert set() == HELD - proved


def test_each_rule_id_in_a_policy_has_a_proof() -> None:
    """A policy line that names a rule is covered by a test with that rule's id."""
    proved = {number for case in PROOFS for number in case.numbers}
    texts = [path.read_text("utf-8") for path in (ROOT / "policies").rglob("*.polar")]
    named = {number for text in texts for number in re.findall(rf"\b({NUMBER.pattern})\b", text)}

    assert set() == named - proved
