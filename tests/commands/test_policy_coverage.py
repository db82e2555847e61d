"""`crossgate policy coverage` reports which rules the tests have seen hold and fail, and exits with 1 if any is missing."""

from __future__ import annotations

from pathlib import Path

import pytest

import server
from policies.analysis.coverage import Coverage, branches, countable_rules
from policies.evaluation.policy import Policy
from policies.language.source import Rule
from tests.commands.process import CompletedCommand, crossgate, run_subprocess

OWN = 'allow(viewer: Viewer, "read", port: Port) if port.company_id = viewer.company_id;'


@pytest.fixture(scope="module")
def policy() -> Policy:
    """The policy in this checkout."""
    return server.load_policy()


@pytest.fixture
def complete(policy: Policy) -> Coverage:
    """A record in which every branch of every rule was seen."""
    return Coverage(policy.version, {rule.place: set(branches(rule)) for rule in policy.rules})


@pytest.fixture
def own_rule(policy: Policy) -> Rule:
    """The rule that lets a company read its own ports."""
    return next(rule for rule in policy.rules if rule.text == OWN)


def report(directory: Path, coverage: Coverage, *options: str) -> CompletedCommand:
    """Run the command on a record."""
    coverage.save(directory / "record.json")
    return crossgate("policy", "coverage", "--record", str(directory / "record.json"), *options, data_dir=directory)


def test_complete_record_prints_only_the_table(tmp_path: Path, complete: Coverage, policy: Policy) -> None:
    """Each file and the whole policy have a line, and the exit code is 0."""
    done = report(tmp_path, complete, "--missing")

    rules = countable_rules(policy.rules)
    branch_count = sum(len(branches(rule)) for rule in rules)
    lines = done.stdout.splitlines()
    assert (0, "") == (done.returncode, done.stderr)
    assert (
        f"policy{'':23}{len(rules)} of {len(rules)} rules held and failed; {branch_count} of {branch_count} branches"
        == lines[-1]
    )
    assert [*dict.fromkeys(rule.file for rule in rules), "policy"] == [line.split()[0] for line in lines]


def test_rule_without_a_test_is_reported(tmp_path: Path, complete: Coverage, own_rule: Rule) -> None:
    """The rule is printed with its location and text, and the exit code is 1."""
    del complete.seen[own_rule.place]

    done = report(tmp_path, complete)

    assert (1, f"{own_rule.place}: never held nor failed: {OWN}") == (done.returncode, done.stdout.splitlines()[-1])


@pytest.mark.parametrize(("seen", "never"), [(1, "failed"), (0, "held")])
def test_rule_with_one_outcome_is_reported(tmp_path: Path, complete: Coverage, own_rule: Rule, seen: int, never: str) -> None:
    """A rule that only held, or only failed, is reported with the missing outcome."""
    complete.seen[own_rule.place] = {seen}

    done = report(tmp_path, complete)

    assert (1, f"{own_rule.place}: never {never}: {OWN}") == (done.returncode, done.stdout.splitlines()[-1])


def test_missing_branches_are_printed_on_request(tmp_path: Path, complete: Coverage, policy: Policy) -> None:
    """A missing branch doesn't fail the command. With --missing it is printed."""
    rule = next(rule for rule in countable_rules(policy.rules) if len(branches(rule)) > 2)
    first, text = next(iter(branches(rule).items()))
    complete.seen[rule.place].remove(first)

    without, named = report(tmp_path, complete), report(tmp_path, complete, "--missing")

    assert [0, 0] == [without.returncode, named.returncode]
    assert [*without.stdout.splitlines(), f"{rule.place}: never the first to fail: {text}"] == named.stdout.splitlines()


def test_record_of_this_policy_is_required(tmp_path: Path) -> None:
    """Without a record of this policy, the exit code is 2 and the message says what to do."""
    nothing = run_subprocess("policy", "coverage", "--record", str(tmp_path / "nowhere"), data_dir=tmp_path)
    other = report(tmp_path, Coverage("another"))

    advice = "run `make test`, or part of it (ARGS=tests/rules).\n"
    assert (2, "", f"crossgate: No test run is recorded: {advice}") == (nothing.returncode, nothing.stdout, nothing.stderr)
    different = f"crossgate: The recorded test run used a different policy: {advice}"
    assert (2, "", different) == (other.returncode, other.stdout, other.stderr)
