"""`crossgate policy coverage` tells which rules the tests have seen hold and fail, and fails where one is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

import server
from policies.analysis.coverage import Coverage, branches, countable_rules
from policies.evaluation.policy import Policy
from policies.language.source import Rule
from tests.commands.process import Done, crossgate, started

OWN = 'allow(viewer: Viewer, "read", port: Port) if port.company_id = viewer.company_id;'


@pytest.fixture(scope="module")
def policy() -> Policy:
    """The policy of the checkout."""
    return server.load_policy()


@pytest.fixture
def complete(policy: Policy) -> Coverage:
    """A record in which everything was seen."""
    return Coverage(policy.version, {rule.place: set(branches(rule)) for rule in policy.rules})


@pytest.fixture
def own(policy: Policy) -> Rule:
    """The rule that a company reads its own ports."""
    return next(rule for rule in policy.rules if rule.text == OWN)


def told(directory: Path, coverage: Coverage, *options: str) -> Done:
    """What the command says of a record."""
    coverage.save(directory / "record.json")
    return crossgate("policy", "coverage", "--record", str(directory / "record.json"), *options, data_dir=directory)


def test_where_all_rules_are_seen_the_table_is_all(tmp_path: Path, complete: Coverage, policy: Policy) -> None:
    """Each file has a line, and so has all of policy; the exit code is 0."""
    done = told(tmp_path, complete, "--missing")

    rules = countable_rules(policy.rules)
    every = sum(len(branches(rule)) for rule in rules)
    lines = done.stdout.splitlines()
    assert (0, "") == (done.returncode, done.stderr)
    assert f"policy{'':23}{len(rules)} of {len(rules)} rules held and failed; {every} of {every} branches" == lines[-1]
    assert [*dict.fromkeys(rule.file for rule in rules), "policy"] == [line.split()[0] for line in lines]


def test_a_rule_that_no_test_exercises_is_reported(tmp_path: Path, complete: Coverage, own: Rule) -> None:
    """It is named with its place and its text, and the exit code is 1."""
    del complete.seen[own.place]

    done = told(tmp_path, complete)

    assert (1, f"{own.place}: never held nor failed: {OWN}") == (done.returncode, done.stdout.splitlines()[-1])


@pytest.mark.parametrize(("seen", "never"), [(1, "failed"), (0, "held")])
def test_a_rule_that_went_one_way_is_reported(tmp_path: Path, complete: Coverage, own: Rule, seen: int, never: str) -> None:
    """A rule that only held, and one that only failed, are named with what they never did."""
    complete.seen[own.place] = {seen}

    done = told(tmp_path, complete)

    assert (1, f"{own.place}: never {never}: {OWN}") == (done.returncode, done.stdout.splitlines()[-1])


def test_branches_are_named_where_they_are_asked_for(tmp_path: Path, complete: Coverage, policy: Policy) -> None:
    """A branch that is missing does not fail the command; with --missing it is named."""
    rule = next(rule for rule in countable_rules(policy.rules) if len(branches(rule)) > 2)
    first, text = next(iter(branches(rule).items()))
    complete.seen[rule.place].remove(first)

    without, named = told(tmp_path, complete), told(tmp_path, complete, "--missing")

    assert [0, 0] == [without.returncode, named.returncode]
    assert [*without.stdout.splitlines(), f"{rule.place}: never the first to fail: {text}"] == named.stdout.splitlines()


def test_without_a_record_of_this_policy_nothing_is_told(tmp_path: Path) -> None:
    """The exit code is 2, and what to do is said."""
    nothing = started("policy", "coverage", "--record", str(tmp_path / "nowhere"), data_dir=tmp_path)
    other = told(tmp_path, Coverage("another"))

    advice = "run `make test`, or part of it (ARGS=tests/rules).\n"
    assert (2, "", f"crossgate: No test run is recorded: {advice}") == (nothing.returncode, nothing.stdout, nothing.stderr)
    different = f"crossgate: The recorded test run used a different policy: {advice}"
    assert (2, "", different) == (other.returncode, other.stdout, other.stderr)
