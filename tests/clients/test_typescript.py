"""The TypeScript client and its adapters against a real gateway, with the libraries that web apps use. `make test` compiles it."""

from __future__ import annotations

import gzip
from hashlib import sha256
from pathlib import Path
from typing import Final

import pytest

from tests.clients.conftest import PACKAGE, TRUSTED
from tests.node import run

MAX_BYTES: Final = 5 * 1024  # of the core, compressed


@pytest.mark.parametrize("file", ["client", "streams", "adapters"])
def test_client_works_with_the_gateway(own_gateway: str, relay_artifacts: Path, file: str) -> None:
    """Each file in the package's `test` folder is a list of behaviours, by name. Node runs it and says what failed."""
    trusted = sha256(TRUSTED.encode()).hexdigest()

    run(PACKAGE, "node", "--test", f"test/{file}.test.mjs", GATEWAY=own_gateway, TRUSTED=trusted, RELAY=str(relay_artifacts))


def test_facts_of_the_schema_are_current() -> None:
    """Caches learn from the package which fields are connections and which types have no ID."""
    run(PACKAGE, "node", "scripts/schema-facts.mjs", "--check")


def test_core_is_small(tmp_path: Path) -> None:
    """The core is below 5 kB, minified and compressed, and needs no other package."""
    bundle = tmp_path / "core.js"
    run(PACKAGE, "node", "node_modules/.bin/rolldown", "dist/index.js", "--minify", "--format", "es", "--file", str(bundle))
    content = bundle.read_bytes()

    assert b"import" not in content.replace(b"import.meta", b"")
    assert len(gzip.compress(content, 9)) < MAX_BYTES
