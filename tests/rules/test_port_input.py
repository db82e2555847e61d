"""Any input to a mutation of ports or orders is carried out or refused with a code. A refused input changes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import given as drawn
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncEngine

from models.port import PortStatus
from tests.client import Client
from tests.factory import Factory, Thing
from tests.rules.mutations import recorded_changes, stored_rows

DRAWN: Final = settings(
    max_examples=80,
    deadline=None,
    database=None,
    phases=[Phase.generate],  # each case stands on what the ones before have done
    suppress_health_check=list(HealthCheck),
)
TEXTS: Final = st.text(max_size=70) | st.sampled_from(("", " ", "\0", "x" * 65, "x" * 501, "😀", "';--", "null"))
NUMBERS: Final = st.sampled_from((1_000, 10_000, 12, 24, 13, 0, -1, 2**31 - 1, -(2**31), 2**31, 10**30, 1.5))
WORDS: Final = st.sampled_from(("PUBLIC", "PRIVATE", "RED", "BLUE", "GREEN", "red", ""))
VALUES: Final[st.SearchStrategy[Any]] = TEXTS | NUMBERS | WORDS | st.none() | st.just([]) | st.just({}) | st.booleans()
PLACE: Final = st.fixed_dictionaries(dict.fromkeys(("cage", "rack", "panel", "ports"), TEXTS))
STEPS: Final = ("activatePort", "disablePort", "enablePort", "cancelPort", "decommissionPort", "approveOrder", "withdrawOrder")


def often(usual: Any) -> st.SearchStrategy[Any]:
    """Draw a valid value or any other one."""
    return st.just(usual) | st.just(usual) | VALUES


def inputs(ids: list[str], place: str) -> st.SearchStrategy[tuple[str, dict[str, Any]]]:
    """Draw mutations with inputs, close enough to valid ones to reach every check."""
    which = {"id": st.sampled_from(ids) | TEXTS}
    shape = {"name": often("Core"), "termMonths": often(12), "costCentre": VALUES, "visibility": often("PRIVATE")}
    new = {"locationId": often(place), "name": often("Core"), "speedMbps": often(1_000), "termMonths": often(12)}
    more = {"costCentre": VALUES, "diversityZone": VALUES, "visibility": VALUES, "companyId": which["id"]}
    return st.one_of(
        st.tuples(st.just("orderPort"), st.fixed_dictionaries(new, optional=more)),
        st.tuples(st.just("updatePort"), st.fixed_dictionaries({**which, "version": often(1)}, optional=shape)),
        st.tuples(st.just("allocatePort"), st.fixed_dictionaries({**which, "demarcation": PLACE | VALUES})),
        st.tuples(st.just("rejectOrder"), st.fixed_dictionaries({**which, "comment": TEXTS})),
        *(st.tuples(st.just(name), st.fixed_dictionaries(which)) for name in STEPS),
    )


@dataclass(frozen=True)
class Market:
    """The viewer, the ids that inputs may use, and a location where ports can be ordered."""

    emails: list[str | None]
    ids: list[str]
    place: str


@pytest.fixture
async def market(factory: Factory) -> Market:
    """Create a partner, an account whose orders it approves, the operator, ports in all statuses and pending orders."""
    partner, operator = await factory.partner(verification_status="VERIFIED"), await factory.operator()
    verified = {"verification_status": "VERIFIED"}
    account = await factory.managed_account(partner, company=verified, order_approval=True)
    place = await factory.orderable(partner)
    things: list[Thing] = [partner, account.company, account, place, operator]
    things += [await factory.port(account.company, place, status=status) for status in PortStatus for _ in range(2)]
    things += [await factory.order_approval(account, place) for _ in range(6)]
    return Market([partner.admin, account.admin, operator.admin, None], [each.id for each in things], place.id)


@DRAWN
@drawn(data=st.data())
async def test_bad_input_changes_nothing_V7_A21(
    client: Client, market: Market, rules_engine: AsyncEngine, data: st.DataObject
) -> None:
    """Each input is carried out, or refused with a code and without a trace. None makes the gateway fail."""
    name, sent = data.draw(inputs(market.ids, market.place))
    email = data.draw(st.sampled_from(market.emails))
    query = f"mutation ($input: {name[0].upper()}{name[1:]}Input!) {{ {name}(input: $input) {{ userErrors {{ code }} }} }}"
    before, events = await stored_rows(rules_engine), len(await recorded_changes(rules_engine))

    answer = await client(email, query, input=sent)

    payload = (answer.data or {}).get(name) or {}
    codes = [*answer.codes, *(problem["code"] for problem in payload.get("userErrors", []))]
    assert codes or payload
    assert "INTERNAL" not in codes
    assert not codes or before == await stored_rows(rules_engine)
    assert not codes or events == len(await recorded_changes(rules_engine))
