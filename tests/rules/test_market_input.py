"""Any input to a Marketplace mutation is carried out or refused with a code. A refused input changes nothing."""

from __future__ import annotations

import json
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import given as drawn
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncEngine

from resolvers.writing.user_errors import ErrorCode
from tests.client import Client
from tests.factory import Factory
from tests.rules.mutations import send, stored_rows

NASTY: Final = st.sampled_from(
    ["", " ", "\0", "a\0b", "x" * 20_000, "🏴‍☠️" * 300, "‮", "'; DROP TABLE port; --", "%_\\", "a@b", "http://[", "+", "-1"]
)
TEXT: Final = st.one_of(st.text(max_size=30), NASTY, st.sampled_from(["CLOUD", "DE", "a@sample.example", "https://a.example/"]))
NUMBER: Final = st.one_of(st.integers(-(2**31), 2**31 - 1), st.sampled_from([0, 1, 2, 500, 1000]))
WORD: Final = st.sampled_from(["PUBLIC", "PRIVATE"])


def made_of(
    required: dict[str, st.SearchStrategy[Any]], **optional: st.SearchStrategy[Any]
) -> st.SearchStrategy[dict[str, Any]]:
    """Draw inputs of these fields. Optional ones can be absent or null."""
    return st.fixed_dictionaries(required, optional={name: st.one_of(st.none(), each) for name, each in optional.items()})


KNOWN: Final = st.one_of(st.sampled_from(["<company>", "<profile>", "<port>", "<target>", "<request>", "<image>"]), TEXT)
PLACE: Final = made_of({}, street=TEXT, city=TEXT, postalCode=TEXT, country=TEXT)
LINKS: Final = st.lists(made_of({"network": TEXT, "url": TEXT}), max_size=3)
PORTS: Final = st.lists(made_of({"portId": KNOWN}, name=TEXT, description=TEXT), max_size=3)
CODES: Final = st.lists(TEXT, max_size=4)
INPUTS: Final = {
    "saveMarketplaceProfile": made_of(
        {},
        **dict.fromkeys(("companyName", "bio", "contactEmail", "website", "phone"), TEXT),
        **dict.fromkeys(("providerTypes", "serviceTypes"), CODES),
        **dict.fromkeys(("companyId", "logoId"), KNOWN),
        headquarters=PLACE,
        socialLinks=LINKS,
        ports=PORTS,
        visibility=WORD,
        version=NUMBER,
    ),
    "sendInquiry": made_of({"name": TEXT, "email": TEXT, "message": TEXT}, company=TEXT, profileId=KNOWN, slug=TEXT),
    "requestConnection": made_of({"portId": KNOWN, "targetPortId": KNOWN, "name": TEXT, "rateLimitMbps": NUMBER}),
    "acceptConnection": made_of({"id": KNOWN}),
    "denyConnection": made_of({"id": KNOWN}, reason=TEXT),
    "withdrawConnection": made_of({"id": KNOWN}),
}


@pytest.fixture
async def market(factory: Factory) -> dict[str, str]:
    """Return the ids that the names above stand for, and `viewer`: a partner that is on both sides of a request."""
    partner = await factory.partner(verification_status="VERIFIED")
    company = (await factory.managed_account(partner, company={"verification_status": "VERIFIED"})).company
    profile, image = await factory.profile(company), await factory.image(company)
    port, target = await factory.port(partner), await factory.port(company, visibility="PUBLIC")
    request = await factory.connection_request(port, target)
    things = {"company": company, "profile": profile, "port": port, "target": target.on_marketplace, "request": request}
    ids = {f"<{name}>": thing.id for name, thing in things.items()}
    return {"viewer": partner.admin, "<image>": image.id, **ids}


@pytest.mark.parametrize("mutation", INPUTS)
@settings(max_examples=25, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@drawn(data=st.data())
async def test_bad_input_is_refused_and_changes_nothing_R026_V16_A21(
    client: Client, market: dict[str, str], rules_engine: AsyncEngine, mutation: str, data: st.DataObject
) -> None:
    """No input makes the gateway fail. It is carried out or refused with documented codes."""
    text = json.dumps(data.draw(INPUTS[mutation]))
    for name, key in market.items():
        text = text.replace(f'"{name}"', f'"{key}"')
    before = await stored_rows(rules_engine)

    payload = await send(client, market["viewer"], mutation, "__typename", **json.loads(text))

    codes = {problem["code"] for problem in payload["userErrors"]}
    assert codes <= {code.value for code in ErrorCode}
    assert not codes or before == await stored_rows(rules_engine)
