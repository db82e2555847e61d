"""The `crossgate` command helps, and answers a wrong use without a traceback."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from commands.__main__ import MODULES, app


def test_help_lists_all_subcommands() -> None:
    """Each subcommand is named in the help."""
    done = CliRunner().invoke(app, ["--help"])

    assert (0, "") == (done.exit_code, done.stderr)
    assert list(MODULES) == [name for name in MODULES if f"│ {name} " in done.stdout]


@pytest.mark.parametrize("name", MODULES)
def test_each_subcommand_helps(name: str) -> None:
    """`--help` answers everywhere."""
    done = CliRunner().invoke(app, [name, "--help"], prog_name="crossgate")

    assert (0, "") == (done.exit_code, done.stderr)
    assert f"Usage: crossgate {name}" in done.stdout


def test_an_unknown_subcommand_is_answered_with_the_nearest() -> None:
    """A slip of the finger is told what was probably meant."""
    done = CliRunner().invoke(app, ["dmo"])

    assert (2, "") == (done.exit_code, done.stdout)
    assert "No such command 'dmo'. Did you mean 'demo'?" in done.stderr


def test_the_policy_can_be_trusted() -> None:
    """`crossgate policy check` loads every rule and finds nothing to refuse."""
    done = CliRunner().invoke(app, ["policy", "check"])

    assert (0, "") == (done.exit_code, done.stderr)
    assert done.stdout.endswith("are valid; every field of the schema has a rule.\n")
