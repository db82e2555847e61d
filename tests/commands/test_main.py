"""The `crossgate` command has help everywhere and answers usage errors without a traceback."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from commands.__main__ import MODULES, app


def test_help_lists_all_subcommands() -> None:
    """The help names every subcommand."""
    done = CliRunner().invoke(app, ["--help"])

    assert (0, "") == (done.exit_code, done.stderr)
    assert list(MODULES) == [name for name in MODULES if f"│ {name} " in done.stdout]


@pytest.mark.parametrize("name", MODULES)
def test_each_subcommand_has_help(name: str) -> None:
    """`--help` works for every subcommand."""
    done = CliRunner().invoke(app, [name, "--help"], prog_name="crossgate")

    assert (0, "") == (done.exit_code, done.stderr)
    assert f"Usage: crossgate {name}" in done.stdout


def test_unknown_subcommand_suggests_the_nearest() -> None:
    """A misspelled subcommand gets a suggestion."""
    done = CliRunner().invoke(app, ["dmo"])

    assert (2, "") == (done.exit_code, done.stdout)
    assert "No such command 'dmo'. Did you mean 'demo'?" in done.stderr


def test_policy_is_valid() -> None:
    """`crossgate policy check` loads every rule and finds no problem."""
    done = CliRunner().invoke(app, ["policy", "check"])

    assert (0, "") == (done.exit_code, done.stderr)
    assert done.stdout.endswith("are valid; every field of the schema has a rule.\n")
