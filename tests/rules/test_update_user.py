"""Users change their own names and job titles, at any time, and nobody else's."""

from __future__ import annotations

from typing import Any, Final

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.client import ANONYMOUS, Client
from tests.factory import Factory
from tests.rules.answers import payload, redaction_at, response_of
from tests.rules.mutations import send, stored_rows, user_error

USER: Final = "user { name jobTitle version }"


async def update(client: Client, viewer: str | None, **values: Any) -> dict[str, Any]:
    """Change the viewer's own details."""
    return await send(client, viewer, "updateUser", USER, **values)


@pytest.mark.parametrize("kind", ["DIRECT", "PARTNER", "MANAGED", "OPERATOR"])
async def test_user_changes_its_own_details_R408_V45(client: Client, factory: Factory, kind: str) -> None:
    """Whatever its company, a user changes its name and job title. Omitted fields stay."""
    email = await factory.admin_of_kind(kind)

    named = await update(client, email, version=1, name="  Ada   King ", jobTitle="Countess")
    titled = await update(client, email, version=2, jobTitle="Analyst")

    assert {"user": {"name": "Ada King", "jobTitle": "Countess", "version": 2}, "userErrors": []} == named
    assert {"user": {"name": "Ada King", "jobTitle": "Analyst", "version": 3}, "userErrors": []} == titled


@pytest.mark.parametrize(
    ("values", "code", "field"),
    [
        ({"name": " "}, "REQUIRED", "name"),
        ({"name": None}, "REQUIRED", "name"),
        ({"jobTitle": "x" * 201}, "TOO_LONG", "jobTitle"),
        ({"name": "A\u202eB"}, "INVALID_TEXT", "name"),
        ({"version": 7}, "CONFLICT", "version"),
    ],
)
async def test_invalid_details_are_refused_R408(
    client: Client, factory: Factory, rules_engine: AsyncEngine, values: dict[str, Any], code: str, field: str
) -> None:
    """An invalid value or an outdated version changes nothing."""
    company = await factory.company()
    before = await stored_rows(rules_engine)

    refused = await update(client, company.admin, **{"version": 1, **values})

    assert {"user": None, "userErrors": [user_error(code, field)]} == refused
    assert before == await stored_rows(rules_engine)


async def test_visitor_changes_nobody_R408(client: Client, factory: Factory) -> None:
    """Without a user there is nothing to change."""
    await factory.company()

    assert {"user": None, "userErrors": [user_error("FORBIDDEN")]} == await update(client, ANONYMOUS, version=1, name="Eve")


async def test_version_is_for_the_user_alone_R408(client: Client, factory: Factory) -> None:
    """An administrator reads the details of its colleague, and not how often they were edited."""
    company = await factory.company()
    user = await factory.user(company, "VIEWER")
    by_id = "query ($id: ID!) { node(id: $id) { ... on User { name version viewerCan } } }"

    own, admins = await client(user.email, by_id, id=user.id), await client(company.admin, by_id, id=user.id)

    can = ["READ", "UPDATE_USER", "CHANGE_PASSWORD", "UPLOAD"]
    assert payload({"node": {"name": "Sam Sample", "version": 1, "viewerCan": can}}) == response_of(own)
    shown = {"node": {"name": "Sam Sample", "version": None, "viewerCan": ["READ"]}}
    assert payload(shown, redaction_at("node.version", "NOT_YOURS")) == response_of(admins)
