"""Tests call gateways of this machine by `tests.plain_http`."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Final

TESTS: Final = Path(__file__).parent
MAKERS: Final = {"AsyncClient", "Client", "delete", "get", "post", "put", "request", "stream"}
CHEAP: Final = {"transport", "verify"}


def expensive_calls(path: Path) -> list[str]:
    """Return the calls of httpx in a file that read all certificate authorities."""
    return [
        f"{path.relative_to(TESTS)}:{node.lineno}"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and (ast.unparse(node.func.value), node.func.attr in MAKERS) == ("httpx", True)
        and not CHEAP & {keyword.arg for keyword in node.keywords}
    ]


def test_no_test_reads_certificate_authorities() -> None:
    """It would take more CPU time than the request."""
    files = [path for path in TESTS.rglob("*.py") if "node_modules" not in path.parts]

    assert [] == [call for path in files for call in expensive_calls(path)]
