"""The audit log page: its statements remove old events and keep the others protected."""

from __future__ import annotations

from pathlib import Path

import pytest
from asyncpg import RaiseError

from tests.client import HIDDEN, open_client
from tests.docs.pages import ROOT, blocks

OLD = "INSERT INTO audit_event (id, at, kind) VALUES (gen_random_uuid(), now() - interval '401 days', 'DENIAL')"


async def test_log_is_pruned_as_the_page_says(demo_copy_url: str, tmp_path: Path) -> None:
    """An old event is removed, a new one stays, and afterwards no event can be removed."""
    (statements,) = (block.code for block in blocks(ROOT / "docs" / "operate" / "audit-log.md") if block.language == "sql")

    async with open_client(demo_copy_url, tmp_path) as client:
        await client(HIDDEN, "{ ports(first: 2) { nodes { monthlyRate { amount } } } }")
        await client.app.state.services.audit.flush()
        async with client.app.state.services.reader.connection() as connection:
            await connection.driver.execute(OLD)
            await connection.driver.execute(statements)
            left = await connection.driver.fetchval("SELECT count(*) FROM audit_event")
            with pytest.raises(RaiseError, match="never altered"):
                await connection.driver.execute("DELETE FROM audit_event")

    assert 1 == left
