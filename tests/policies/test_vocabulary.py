"""Literals that nothing can ever equal are rejected, with their location, the nearest word, and all known words."""

from __future__ import annotations

import ast
import shutil
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Final

import pytest

import server
from policies.analysis.check import check_texts
from policies.catalogue import ABILITIES, CATALOGUE, ROW_ACTIONS
from policies.errors import PolicyError
from policies.language.source import EXEMPT, Argument, Rule, Text
from policies.language.syntax import All, Any, Comparison, Constant, Goal, Listing, Negation
from policies.language.syntax import Path as Term
from policies.language.tokens import tokenize
from policies.language.vocabulary import LiteralChecker
from server import POLICIES

ROOT: Final = Path(__file__).parents[2]
MISSPELLINGS: Final[tuple[Callable[[str], str], ...]] = (
    lambda word: word + "x",
    lambda word: word[1:],
    lambda word: word[0] + word,
    lambda word: word[1] + word[0] + word[2:] if word[0] != word[1] else word + "s",
    lambda word: word.swapcase(),
    lambda word: f" {word}",
    lambda word: word[:0],
)


@pytest.fixture
def policies(tmp_path: Path) -> Path:
    """Copy the gateway's policy."""
    shutil.copytree(POLICIES, tmp_path / "policies", ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    return tmp_path / "policies"


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ('deny(viewer: Viewer, "raed", _port: Port) if managed(viewer);', 'action on Port "raed". Did you mean "read"?'),
        ('deny(viewer: Viewer, "READ", _port: Port) if managed(viewer);', 'action on Port "READ". Did you mean "read"?'),
        ('deny(viewer: Viewer, "order", _port: Port) if managed(viewer);', 'action on Port "order". Known: read, update, publish'),
        (
            '# @reason NOT_YOURS\ndeny_field(viewer: Viewer, "reed", _port: Port, "name") if managed(viewer);',
            'action on a field of Port "reed". Did you mean "read"? Known: read.',
        ),
        (
            '# @reason NOT_YOURS\ndeny_field(viewer: Viewer, "update", _port: Port, "name") if managed(viewer);',
            'action on a field of Port "update". Known: read.',
        ),
        (
            '# @reason NOT_YOURS\ndeny_field(viewer: Viewer, "read", _port: Port, "setup_fe") if managed(viewer);',
            'field of Port "setup_fe". Did you mean "setup_fee"?',
        ),
        (
            '# @reason NOT_YOURS\ndeny_ability(viewer: Viewer, "use_chatt") if managed(viewer);',
            'ability "use_chatt". Did you mean "use_chat"?',
        ),
        (
            'deny(viewer: Viewer, "read", _port: Port) if viewer.kind in ["MANAGD", "ANONYMOUS"];',
            'viewer.kind "MANAGD". Did you mean "MANAGED"? Known: ANONYMOUS, USER, DIRECT, PARTNER, MANAGED, OPERATOR.',
        ),
        (
            'deny(viewer: Viewer, "read", _port: Port) if role in ["FINANCES", "VIEWER"] and role in viewer.roles;',
            'viewer.roles "FINANCES". Did you mean "FINANCE"?',
        ),
        ('deny(viewer: Viewer, "read", _port: Port) if viewer.kind != "MANAGD";', 'viewer.kind "MANAGD"'),
        ('deny(viewer: Viewer, "read", _port: Port) if not viewer.kind = "MANAGD";', 'viewer.kind "MANAGD"'),
        ('deny(viewer: Viewer, "read", _port: Port) if "MANAGD" = viewer.kind;', 'viewer.kind "MANAGD"'),
        ('deny(viewer: Viewer, "read", _port: Port) if "MANAGD" in [viewer.kind];', 'viewer.kind "MANAGD"'),
        ('deny(viewer: Viewer, "read", _port: Port) if "SUPORT" in viewer.roles;', 'viewer.roles "SUPORT"'),
        ('deny(viewer: Viewer, "read", _port: Port) if viewer.supported_by = "PARTNERS";', 'viewer.supported_by "PARTNERS"'),
        ('deny(viewer: Viewer, "read", _port: Port) if viewer.pricing_shown = "false";', "viewer.pricing_shown"),
        ('deny(viewer: Viewer, "read", _port: Port) if viewer.pricing_shown = 1;', "viewer.pricing_shown is never 1"),
        ('deny(viewer: Viewer, "read", _port: Port) if viewer.kind = nil;', "viewer.kind is never nil"),
        ('deny(viewer: Viewer, "read", _port: Port) if viewer.company_id = "x";', "viewer.company_id is never"),
        ('deny(_viewer: Viewer, "read", port: Port) if port.visibility = "PUBLC";', '"PUBLC". Did you mean "PUBLIC"?'),
        ('deny(_viewer: Viewer, "read", port: Port) if port.speed_mbps = "fast";', "Port.speed_mbps is never"),
        ('deny(_viewer: Viewer, "read", port: Port) if port.id = "1";', "Port.id is never"),
        ('deny(_viewer: Viewer, "read", port: Port) if port.currency = "EURO";', "at most 3 characters"),
        ('deny(_viewer: Viewer, "read", location: Location) if location.status in ["ACTIV", "NEW"];', 'Location.status "ACTIV"'),
        (
            'deny(_viewer: Viewer, "read", offer: Offer) if state in ["DRAFTS"] and offer.status = state;',
            'Offer.status "DRAFTS". Did you mean "DRAFT"?',
        ),
        (
            'deny(_viewer: Viewer, "read", offer: Offer) if early(offer.status);\nearly(status) if status in ["DRAFTS"];',
            'Offer.status "DRAFTS"',
        ),
        ('deny(_viewer: Viewer, "read", offer: Offer) if early(offer.status);\nearly("DRAFTS");', 'Offer.status "DRAFTS"'),
        (
            'deny(viewer: Viewer, "read", _port: Port) if has(viewer, "SUPORT");\n'
            "has(viewer: Viewer, role) if role in viewer.roles;",
            'viewer.roles "SUPORT". Did you mean "SUPPORT"?',
        ),
        (
            'deny(viewer: Viewer, "read", _port: Port) if is(viewer, "MANAGD");\n'
            'is(viewer: Viewer, "MANAGED") if viewer.kind = "MANAGED";',
            'argument of is "MANAGD". Did you mean "MANAGED"?',
        ),
        (
            'deny(_viewer: Viewer, "read", company: Company) if dealing in company.sales and early(dealing);\n'
            'early(dealing) if dealing.status = "DRAFTS";',
            'sales.status "DRAFTS"',
        ),
        (
            'deny(_viewer: Viewer, "read", company: Company) if dealing in company.sales and early(dealing);\n'
            'early(dealing) if dealing.state = "DRAFT";',
            'attribute of sales "state". Did you mean "status"?',
        ),
        (
            'deny(_viewer: Viewer, "read", port: Port) if early(port.status);\nearly(port) if port.status = "REQUESTED";',
            "early is called with a single value",
        ),
        (
            "deny(viewer: Viewer, action, _port: Port) if managed(viewer) and writes(action);\n"
            'writes(action) if action in ["updaet", "cancel"];',
            'action on Port "updaet"',
        ),
        ('deny(viewer: Viewer, action, _port: Port) if managed(viewer) and action != "raed";', 'action on Port "raed"'),
        (
            "# @reason NOT_YOURS\n"
            'deny_field(viewer: Viewer, "read", _port: Port, field) if field in ["setup_fee"] and dear(field) and managed(viewer);\n'
            'dear(field) if field = "setup_fe";',
            'field of Port "setup_fe"',
        ),
        (
            'deny(viewer: Viewer, "read", port: Port) if port.visibility = viewer.kind;',
            "Port.visibility and viewer.kind share no value",
        ),
        (
            'deny(viewer: Viewer, "read", port: Port) if port.status in [viewer.kind, viewer.supported_by];',
            "Port.status and viewer.kind share no value",
        ),
        ('dney(viewer: Viewer, "read", _port: Port) if managed(viewer);', 'Unknown rule "dney". Did you mean "deny"?'),
        (
            '# @reason NOT_YOURS\ndeny_feild(viewer: Viewer, "read", _port: Port, "name") if managed(viewer);',
            'Unknown rule "deny_feild". Did you mean "deny_field"?',
        ),
        ('deny(viewer: Viewer, "read", _port: Port) if viewer.princing_shown;', 'princing_shown. Did you mean "pricing_shown"?'),
        ('deny(viewer: Viewer, "read", _port: Prot) if managed(viewer);', 'Did you mean "Port"?'),
        ('deny(viewer: Viewer, "read", _port: Port) if manged(viewer);', 'No rule manged takes 1 arguments. Did you mean "managed"?'),
        ('# @reson NOT_YOURS\ndeny(viewer: Viewer, "read", _port: Port) if managed(viewer);', 'annotation "@reson"'),
    ],
)  # fmt: skip
def test_denial_without_effect_is_rejected(policies: Path, rule: str, expected: str) -> None:
    """It's rejected with file and line at startup, on reload, and by `crossgate policy check`."""
    (policies / "zz.polar").write_text(rule, "utf-8")

    with pytest.raises(PolicyError) as refused:
        server.load_policy(policies)

    assert [True, True] == [str(refused.value).startswith("zz.polar:"), expected in str(refused.value)], refused.value
    assert str(refused.value) in [problem.message for problem in check_texts(policies, CATALOGUE)]


@pytest.mark.parametrize(
    "rule",
    [
        'deny(viewer: Viewer, action, _port: Port) if managed(viewer) and action in ["update", "cancel"];',
        'deny(viewer: Viewer, _action, port: Port) if managed(viewer) and port.name = "anything";',
        'deny(viewer: Viewer, "read", port: Port) if viewer.supported_by = nil and port.activated_at = nil;',
        'deny(_viewer: Viewer, "read", port: Port) if word in ["ACTIVE", "DISABLED"] and port.status = word;',
        'deny(_viewer: Viewer, "read", port: Port) if word in ["anything"] and (port.status = word or port.name = word);',
        'deny(_viewer: Viewer, "read", port: Port) if named(port.status) or named(port.name);\nnamed(word) if word = "anything";',
        'deny(_viewer: Viewer, "read", port: Port) if "EUR" in [port.currency, port.status];',
        'deny(viewer: Viewer, "read", details: SupportDetails) if details.supported_by = viewer.kind;',
    ],
    ids=range(8),
)
def test_possible_literal_is_accepted(policies: Path, rule: str) -> None:
    """Free text can equal anything. Of several alternatives, one is enough."""
    (policies / "zz.polar").write_text(rule, "utf-8")

    assert [] == check_texts(policies, CATALOGUE)


def literals(goal: Goal | None) -> Iterator[tuple[Constant, Callable[[Constant], Goal]]]:
    """Yield each string of a body, with a function that replaces it in the body."""
    match goal:
        case All(goals) | Any(goals):
            for place, item in enumerate(goals):
                for literal, rebuild in literals(item):
                    yield (
                        literal,
                        lambda new, place=place, rebuild=rebuild: replace(
                            goal, goals=(*goals[:place], rebuild(new), *goals[place + 1 :])
                        ),  # type: ignore[misc]  # bound by its defaults
                    )
        case Negation(_, item):
            for literal, rebuild in literals(item):
                yield literal, lambda new, rebuild=rebuild: replace(goal, goal=rebuild(new))  # type: ignore[misc]
        case Comparison(_, _, left, Listing(_, items) as listing):
            for place, term in enumerate(items):
                if isinstance(term, Constant):
                    yield (
                        term,
                        lambda new, place=place: replace(  # type: ignore[misc]
                            goal, right=replace(listing, items=(*items[:place], new, *items[place + 1 :]))
                        ),
                    )
            if isinstance(left, Constant):
                yield left, lambda new: replace(goal, left=new)
        case Comparison(_, _, Constant() as left, Term()):
            yield left, lambda new: replace(goal, left=new)
        case Comparison(_, _, Term(), Constant() as right):
            yield right, lambda new: replace(goal, right=new)


def misspelt(rule: Rule, misspell: Callable[[str], str]) -> Iterator[tuple[str, Rule]]:
    """Yield copies of a rule, each with a different string misspelt, and the place of that string."""
    for place, argument in enumerate(rule.arguments):
        if argument.literal is not None:
            heads = (*rule.arguments[:place], Argument(literal=misspell(argument.literal)), *rule.arguments[place + 1 :])
            yield rule.place, replace(rule, arguments=heads)
    for literal, rebuild in literals(rule.body):
        if isinstance(literal.value, str):
            yield literal.place, replace(rule, body=rebuild(replace(literal, value=misspell(literal.value))))


@pytest.mark.parametrize("misspell", MISSPELLINGS, ids=range(len(MISSPELLINGS)))
def test_any_misspelt_policy_literal_is_rejected(misspell: Callable[[str], str]) -> None:
    """For each string of the policy, a copy of its rule has that string misspelt. test_kinds.py covers the exemptions."""
    rules = server.load_policy().rules
    copies = [copy for rule in rules if rule.name != EXEMPT for copy in misspelt(rule, misspell)]
    exemptions = [rule for rule in rules if rule.name == EXEMPT]

    refused = LiteralChecker((*rules, *(copy for _, copy in copies)), CATALOGUE).problems()

    assert _strings() == len(copies) + sum(len(rule.arguments) for rule in exemptions)
    assert [place for place, _ in copies] == [":".join(str(problem).split(":")[:2]) for problem in refused]


def _strings() -> int:
    """Count the strings in the policy."""
    texts = [Text(path.name, path.read_text("utf-8")) for path in POLICIES.glob("*.polar")]
    return sum(token.kind == "string" for text in texts for token in tokenize(text.content, text.file))


def test_allowed_field_with_a_misspelt_name_is_rejected(policies: Path) -> None:
    """A rule that allows an unknown field is rejected with the nearest field of the schema."""
    (policies / "zz.polar").write_text('allow_field(_viewer: Viewer, "read", _port: Port, "setup_fe");', "utf-8")

    with pytest.raises(PolicyError, match=r'zz\.polar:1: Port has no field setup_fe\. Did you mean "setup_fee"\?'):
        server.load_policy(policies)


@pytest.mark.parametrize(
    "name",
    [
        "more/port.polar",
        "more/below/port.POLAR",
        "Port.POLAR",
        "port.polar ",
        ".port.polar",
        "zz.polar/rules.txt",
        "invariants/more/port.polar",
        "invariants/.prices.polar",
        ".hidden/port.polar",
    ],
)
def test_misplaced_file_is_rejected(policies: Path, name: str) -> None:
    """A denial in it would silently have no effect."""
    (policies / name).parent.mkdir(parents=True, exist_ok=True)
    (policies / name).write_text('deny(_viewer: Viewer, "read", _port: Port);', "utf-8")

    with pytest.raises(PolicyError) as refused:
        server.load_policy(policies)

    assert str(refused.value).startswith(f"{name.removesuffix('/rules.txt')}: This file isn't read. ")
    assert str(refused.value) in [problem.message for problem in check_texts(policies, CATALOGUE)]


def test_backups_and_links_to_policy_files_are_ignored(policies: Path) -> None:
    """Editors' backup files are ignored, and a symbolic link to a policy file is read once."""
    (policies / "port.polar~").write_text("no policy", "utf-8")
    (policies / ".port.polar.swp").write_text("no policy", "utf-8")
    (policies / ".#port.polar").symlink_to("somebody@somewhere.1234")
    (policies / ".mounted").mkdir()
    (policies / "port.polar").rename(policies / ".mounted" / "port.polar")
    (policies / "port.polar").symlink_to(policies / ".mounted" / "port.polar")

    assert server.load_policy().version == server.load_policy(policies).version


def test_binary_file_is_rejected(policies: Path) -> None:
    """The error names the file, like those for invalid rules."""
    (policies / "zz.polar").write_bytes(b"\xff\xfe")

    with pytest.raises(PolicyError, match=r"zz\.polar: byte 0 isn't valid UTF-8"):
        server.load_policy(policies)


def test_declared_actions_and_abilities_are_allowed_and_used() -> None:
    """An action or ability that no rule allows, or that no code asks for, would be declared in vain."""
    rules = server.load_policy().rules
    allowed = {(rule.entity, rule.arguments[1].literal) for rule in rules if rule.name == "allow"}
    abilities = {rule.arguments[1].literal for rule in rules if rule.name == "ability"}
    used = {
        node.value
        for folder in ("resolvers", "schema")
        for path in (ROOT / folder).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }

    assert {(name, action) for name, actions in ROW_ACTIONS.items() for action in actions} == {
        each for each in allowed if each[1] != "read"
    }
    assert set(ABILITIES) == abilities
    assert set() == {*ABILITIES, *(action for actions in ROW_ACTIONS.values() for action in actions)} - used
