"""The values in the messages of user errors, for clients that word them in another language."""

from __future__ import annotations

from typing import Any

import pytest

from tests.client import Client
from tests.factory import Factory

RENAME = """mutation ($input: UpdatePortInput!) { updatePort(input: $input) { userErrors { code message params { name value } } } }"""
STEP = """mutation ($input: EnablePortInput!) { enablePort(input: $input) { userErrors { code message params { name value } } } }"""


def errors_of(answer: Any) -> list[tuple[str, dict[str, str]]]:
    """Return the code and the parameters of each user error, after checking that the message has their values."""
    (payload,) = answer.data.values()
    found = []
    for error in payload["userErrors"]:
        params = {param["name"]: param["value"] for param in error["params"]}
        assert [] == [text for value in params.values() for text in value.split(", ") if text not in error["message"]]
        found.append((error["code"], params))
    return found


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"name": "x" * 65}, ("TOO_LONG", {"limit": "64", "length": "65"})),
        ({"name": " "}, ("REQUIRED", {})),
        ({"version": 7}, ("CONFLICT", {"version": "1"})),
    ],
    ids=["too long", "blank", "another version"],
)
async def test_message_has_its_values_V7(
    client: Client, factory: Factory, changes: dict[str, Any], expected: tuple[str, dict[str, str]]
) -> None:
    """A limit, a length or a version, by name. A message without values has no parameters."""
    company = await factory.company()
    port = await factory.port(company)

    answer = await client(company.admin, RENAME, input={"id": port.id, "version": 1, **changes})

    assert [expected] == errors_of(answer)


async def test_illegal_step_names_the_states_A44(client: Client, factory: Factory) -> None:
    """The state, the one that was meant, and those that are possible."""
    company = await factory.company()
    port = await factory.port(company, status="ALLOCATED")

    ((code, params),) = errors_of(await client(company.admin, STEP, input={"id": port.id}))

    assert ("ILLEGAL_STEP", "ALLOCATED", "ACTIVE") == (code, params["state"], params["to"])
    assert "CANCELLED" in params["allowed"]
