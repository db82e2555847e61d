"""Commands start fast: help and usage errors load nothing of the gateway."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Final

from commands.__main__ import MODULES
from tests.commands.process import ROOT

# Typer itself imports pydantic, to read the values of options.
SLOW: Final = {
    "alembic",
    "asyncpg",
    "graphql",
    "opentelemetry",
    "oso",
    "prometheus_client",
    "psycopg",
    "pydantic_settings",
    "server",
    "sqlalchemy",
    "strawberry",
}
HELP: Final = """
import contextlib, io, json, sys
from commands.__main__ import MODULES, app, load

def paths(command, path):
    yield path
    for name, inner in getattr(command, "commands", {}).items():
        yield from paths(inner, [*path, name])

helps = {}
for path in [[], *(path for name in MODULES for path in paths(load(name), [name]))]:
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        app([*path, "--help"], prog_name="crossgate", standalone_mode=False)
    helps[" ".join(path)] = printed.getvalue()
json.dump({"helps": helps, "loaded": sorted({name.partition(".")[0] for name in sys.modules})}, sys.stdout)
"""
WRONG: Final = """
import json, sys
from commands.__main__ import app

codes = []
for arguments in (["token"], ["user", "create", "--role", "KING"], ["policy", "show"], ["invoices", "issue", "May"]):
    try:
        app(arguments, prog_name="crossgate")
    except SystemExit as end:
        codes.append(end.code)
json.dump({"codes": codes, "loaded": sorted({name.partition(".")[0] for name in sys.modules})}, sys.stdout)
"""


def test_help_of_every_command_loads_nothing_of_the_gateway() -> None:
    """The help of each command and subcommand appears before the gateway's libraries are imported."""
    script = subprocess.run([sys.executable, "-c", HELP], cwd=ROOT, capture_output=True, text=True, check=True)
    found = json.loads(script.stdout)
    helps, loaded = found["helps"], set(found["loaded"])

    assert {"", *MODULES, "policy explain", "user create"} <= helps.keys()
    assert [] == [path for path, text in helps.items() if f"Usage: {' '.join(['crossgate', *path.split()])}" not in text]
    assert "typer" in loaded
    assert set() == loaded & SLOW


def test_usage_errors_load_nothing_of_the_gateway() -> None:
    """A missing option, an unknown value and an invalid month are reported before the gateway's libraries are imported."""
    script = subprocess.run([sys.executable, "-c", WRONG], cwd=ROOT, capture_output=True, text=True, check=True)
    found = json.loads(script.stdout)

    assert [2, 2, 2, 2] == found["codes"]
    assert set() == set(found["loaded"]) & SLOW
