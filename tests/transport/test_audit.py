"""The audits of graphql-http: the specification of GraphQL over HTTP, asked of the running gateway."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TypedDict

import pytest

from tests.node import node_tool

AUDIT = Path(__file__).parent / "audit"


class Result(TypedDict):
    """The outcome of one audit."""

    id: str
    name: str
    status: str
    reason: str | None


@pytest.fixture(scope="module")
def results(address: str) -> list[Result]:
    if not (AUDIT / "node_modules" / "graphql-http").exists():
        subprocess.run([node_tool("npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=AUDIT, check=True)
    command = [node_tool("node"), "audit.mjs", f"{address}/graphql"]
    ran = subprocess.run(command, cwd=AUDIT, capture_output=True, check=True, timeout=60)
    found: list[Result] = json.loads(ran.stdout)
    return found


@pytest.mark.parametrize(("level", "count"), [("MUST", 13), ("SHOULD", 23), ("MAY", 25)])
def test_the_gateway_passes_every_audit(results: list[Result], level: str, count: int, subtests: pytest.Subtests) -> None:
    """The gateway passes every audit of GraphQL over HTTP: MUST, SHOULD and MAY."""
    asked = [result for result in results if result["name"].startswith(level)]

    assert count == len(asked)
    for result in asked:
        with subtests.test(f"{result['id']} {result['name']}"):
            assert (result["status"], result["reason"]) == ("ok", None)
