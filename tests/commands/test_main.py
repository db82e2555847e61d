"""The `crossgate` command has help everywhere and answers usage errors without a traceback."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest
from typer.testing import CliRunner

from commands.__main__ import MODULES, app, load
from commands.failure import INVALID_ADDRESS, KNOWN, explained


def test_help_lists_all_subcommands() -> None:
    """The help names every subcommand."""
    done = CliRunner().invoke(app, ["--help"])

    assert (0, "") == (done.exit_code, done.stderr)
    assert list(MODULES) == [name for name in MODULES if f"│ {name} " in done.stdout]


def test_help_says_what_each_subcommand_says_itself() -> None:
    """The list of subcommands is written down, so that showing it loads none of them."""
    assert {name: text for name, (_, text) in MODULES.items()} == {name: load(name).help for name in MODULES}


@pytest.mark.parametrize(("module", "name"), [*INVALID_ADDRESS, *KNOWN])
def test_each_known_failure_exists(module: str, name: str) -> None:
    """The failures that are printed without a traceback are named by module and class."""
    assert issubclass(getattr(import_module(module), name), Exception)


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


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["serve", "--port", "abc"], "Invalid value for '--port': must be a whole number"),
        (["serve", "--port", "70000"], "Invalid value for '--port': must be less than or equal to 65535"),
        (["serve", "--demo", "huge"], "Invalid value for '--demo': 'huge' is not one of 'small', 'large', 'none'."),
    ],
)
def test_invalid_value_of_an_option_is_explained_in_plain_words(arguments: list[str], problem: str) -> None:
    """The message has no words of the library that checks values."""
    done = CliRunner().invoke(app, arguments)

    assert (2, "") == (done.exit_code, done.stdout)
    assert f"│ {problem} " in done.stderr


def test_refusal_of_the_operating_system_names_the_file(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """A directory in place of a file is reported in one line, without a traceback or an error number."""
    with pytest.raises(SystemExit), explained():
        tmp_path.read_text()

    assert f"crossgate: {tmp_path}: is a directory\n" == capsys.readouterr().err


def test_policy_is_valid() -> None:
    """`crossgate policy check` loads every rule and finds no problem."""
    done = CliRunner().invoke(app, ["policy", "check"])

    assert (0, "") == (done.exit_code, done.stderr)
    assert done.stdout.endswith("are valid; every field of the schema has a rule.\n")
