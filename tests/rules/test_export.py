"""Exports: files with all rows of a connection, as their asker can read each page when it's written, for the asker alone."""

from __future__ import annotations

from typing import Any, Final

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.client import Client
from tests.exports import PORTS, lines, queried, start, written
from tests.factory import Factory

FIELDS: Final = "id name speedMbps monthlyRate { amount currency } location { metro } viewerCan"


@pytest.fixture(autouse=True)
def _small_pages(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let exports have pages of two rows."""
    monkeypatch.setattr("transport.export_pages.MAX_PAGE_SIZE", 2)


async def test_export_has_what_queries_get_V2_V14(client: Client, factory: Factory) -> None:
    """A partner, an account with hidden prices and the operator each get their own rows, values and reasons."""
    partner, operator = await factory.partner(), await factory.operator()
    hidden, shown = await factory.managed_account(partner), await factory.managed_account(partner)
    await factory.setting(shown, pricing=True)
    for number in range(5):
        await factory.port(hidden.company, name=f"Hidden {number}")
    await factory.port(shown.company)
    await factory.port(partner)

    for viewer, number in ((partner.admin, 7), (hidden.admin, 5), (shown.admin, 1), (operator.admin, 7)):
        exported = await lines(client, viewer)
        assert number == len(exported)
        assert await queried(client, viewer, FIELDS) == exported
    assert {"HIDDEN_BY_PARTNER"} == {row["__hidden"]["monthlyRate"] for row in await lines(client, hidden.admin)}
