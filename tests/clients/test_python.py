"""Generators of Python clients against a running gateway: they read a viewer's schema, and what they generate runs queries."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from tests.conftest import Gateway
from tests.schema.test_clients import token

HERE: Final = Path(__file__).parent / "python"
BIN: Final = Path(sys.executable).parents[1] / "python-clients" / "bin"
SHOWN: Final = "shown@managed.example"
HIDDEN: Final = "hidden@managed.example"
QUERIES: Final = (
    "query Ports($first: Int!) { ports(first: $first) { nodes { id name status monthlyRate { amount currency } } } }"
)
CONFIG: Final = """
[tool.ariadne-codegen]
remote_schema_url = "{url}/graphql"
remote_schema_headers = {{Authorization = "Bearer {token}"}}
queries_path = "queries.graphql"
target_package_name = "generated_client"
"""


def run(folder: Path, tool: str, *arguments: str) -> str:
    """Run a tool of the clients' environment in a folder and return what it prints."""
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    done = subprocess.run([str(BIN / tool), *arguments], cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


async def asked(gateway: Gateway, folder: Path, script: str, viewer: str) -> Any:
    """Run a script as a user, and return the ports that it prints."""
    return json.loads(run(folder, "python", str(HERE / script), f"{gateway.url}/graphql", await token(gateway, viewer)))


@pytest.fixture
async def ariadne(gateway: Gateway, tmp_path: Path) -> Path:
    """A folder with a client of ariadne-codegen."""
    (tmp_path / "queries.graphql").write_text(QUERIES, "utf-8")
    (tmp_path / "pyproject.toml").write_text(CONFIG.format(url=gateway.url, token=await token(gateway, SHOWN)), "utf-8")
    run(tmp_path, "ariadne-codegen")
    return tmp_path


@pytest.fixture
async def sgqlc(gateway: Gateway, tmp_path: Path) -> Path:
    """A folder with the types that sgqlc has generated."""
    (tmp_path / "generated_schema").mkdir()
    authorization = f"Authorization: Bearer {await token(gateway, SHOWN)}"
    run(tmp_path, "python", "-m", "sgqlc.introspection", "-H", authorization, f"{gateway.url}/graphql", "schema.json")
    run(tmp_path, "sgqlc-codegen", "schema", "schema.json", "generated_schema/generated_schema.py")
    return tmp_path


async def test_ariadne_codegen_generates_a_client(gateway: Gateway, ariadne: Path) -> None:
    """Hidden prices are None, and amounts are exact texts."""
    hidden, shown = [await asked(gateway, ariadne, "generated.py", viewer) for viewer in (HIDDEN, SHOWN)]

    assert [None, None] == [price for _, price in hidden]
    assert [True, True] == [isinstance(price, str) for _, price in shown]


async def test_sgqlc_generates_types(gateway: Gateway, sgqlc: Path) -> None:
    """Queries are written in Python, and answers have its types."""
    hidden, shown = [await asked(gateway, sgqlc, "selected.py", viewer) for viewer in (HIDDEN, SHOWN)]

    assert [None, None] == [price for _, price in hidden]
    assert [True, True] == [bool(price) for _, price in shown]
