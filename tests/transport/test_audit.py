"""The running gateway passes the graphql-http audits of the GraphQL over HTTP specification."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import TypedDict

import pytest

from tests.node import node_tool

AUDIT = Path(__file__).parent / "audit"


class Result(TypedDict):
    """The result of one audit."""

    id: str
    name: str
    status: str
    reason: str | None


@pytest.fixture(scope="module")
def results(address: str) -> list[Result]:
    if not (AUDIT / "node_modules" / "graphql-http").exists():
        subprocess.run([node_tool("npm"), "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=AUDIT, check=True)
    command = [node_tool("node"), "audit.mjs", f"{address}/graphql"]
    completed = subprocess.run(command, cwd=AUDIT, capture_output=True, check=True, timeout=60)
    results: list[Result] = json.loads(completed.stdout)
    return results


@pytest.mark.parametrize(("level", "count"), [("MUST", 13), ("SHOULD", 23), ("MAY", 25)])
def test_gateway_passes_every_audit(results: list[Result], level: str, count: int, subtests: pytest.Subtests) -> None:
    """The gateway passes all 61 audits of GraphQL over HTTP: 13 MUST, 23 SHOULD and 25 MAY."""
    audits = [result for result in results if result["name"].startswith(level)]

    assert count == len(audits)
    for result in audits:
        with subtests.test(f"{result['id']} {result['name']}"):
            assert (result["status"], result["reason"]) == ("ok", None)
