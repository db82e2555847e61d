"""Masks: what all rows hide is decided once, rows decide with their own columns, and SQL computes what links decide."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, Final
from uuid import UUID

import pytest
from sqlalchemy.dialects import postgresql

from policies.evaluation.decision import Decision, FieldRule
from policies.predicates.predicate import FALSE, TRUE, Compare, Exists, Not, Or, Parameter, Predicate
from policies.reason import Reason
from policies.viewer import Viewer
from resolvers.reading import statements
from resolvers.reading.masks import Mask, mask_of
from resolvers.reading.statements import Source
from tests.client import DIRECT, HIDDEN, OPERATOR, PARTNER, POLICY, SHOWN, Client, Redaction
from tests.rules.answers import response_of

OWN: Final = Compare("=", "id", Parameter("company_id"))
ENTERPRISE: Final = Compare("=", "company_type", "ENTERPRISE")
SELLS: Final = Exists("sales", Compare("=", "status", "PUBLISHED"))
ME, OTHER = UUID(int=1), UUID(int=2)
VIEWER: Final = Viewer(company_id=ME)


def shown(otherwise: Reason = Reason.NOT_YOURS, *, visible: Predicate = TRUE, **denials: Predicate) -> FieldRule:
    """Return a field's rule."""
    return FieldRule(visible, tuple((denials[reason], Reason[reason]) for reason in denials), otherwise)


def mask(**fields: FieldRule) -> Mask:
    """Return a mask of companies."""
    return Mask(Decision("Company", "read", TRUE, fields))


def company(key: UUID, kind: str = "CLOUD", **computed: bool) -> Any:
    """Return a row as the database returns it."""
    return SimpleNamespace(id=key, company_type=kind, **computed)


def hidden(masked: Mask, *rows: Any) -> list[dict[str, Reason]]:
    """Return what each row hides."""
    return [dict(record.hidden) for record in masked.records(rows, VIEWER)]


def test_visible_field_is_not_masked() -> None:
    """A field that every row shows needs no computed column."""
    masked = mask(trading_name=shown())

    assert ([{}, {}], ()) == (hidden(masked, company(ME), company(OTHER)), masked.computed)


def test_field_that_every_row_hides_is_decided_once() -> None:
    """All rows share one mapping of what they hide; no row is evaluated."""
    masked = mask(
        partner=shown(visible=FALSE, HIDDEN_BY_PARTNER=FALSE, ROLE_REQUIRED=TRUE),
        members=shown(Reason.SIGN_IN_REQUIRED, visible=FALSE),
    )
    first, second = masked.records([object(), object()], VIEWER)

    assert {"partner": Reason.ROLE_REQUIRED, "members": Reason.SIGN_IN_REQUIRED} == first.hidden
    assert first.hidden is second.hidden


def test_row_decides_with_its_own_columns() -> None:
    """The row's own columns and the viewer's facts decide whether it hides the field."""
    masked = mask(members=shown(visible=OWN), trading_name=shown())

    assert [{}, {"members": Reason.NOT_YOURS}] == hidden(masked, company(ME), company(OTHER))


def test_first_matching_denial_gives_the_reason() -> None:
    """Reasons are tried in the order of the rules. If no denial matches, no rule allows the field."""
    masked = mask(
        members=shown(visible=FALSE, HIDDEN_BY_PARTNER=ENTERPRISE, ROLE_REQUIRED=OWN),
    )
    rows = [company(ME, "ENTERPRISE"), company(ME), company(OTHER)]

    reasons = [Reason.HIDDEN_BY_PARTNER, Reason.ROLE_REQUIRED, Reason.NOT_YOURS]
    assert [{"members": reason} for reason in reasons] == hidden(masked, *rows)


def test_constant_and_row_dependent_fields_are_combined() -> None:
    """A row hides what all rows hide, and what it hides itself."""
    masked = mask(members=shown(visible=OWN), partner=shown(visible=FALSE))

    both = {"partner": Reason.NOT_YOURS, "members": Reason.NOT_YOURS}
    assert [{"partner": Reason.NOT_YOURS}, both] == hidden(masked, company(ME), company(OTHER))


def test_conditions_on_links_are_computed_by_the_database() -> None:
    """A predicate over linked rows is one extra column of the row, however many fields need it."""
    masked = mask(
        members=shown(visible=Or((OWN, SELLS))), offers=shown(visible=Or((OWN, SELLS))), partner=shown(visible=Not(SELLS))
    )
    source = Source("Company", TRUE, TRUE, masked.computed)
    text = str(statements.select_rows_by(source, "id").compile(dialect=postgresql.dialect()))  # type: ignore[no-untyped-call]
    rows = [company(OTHER, mask_0=True, mask_1=False), company(OTHER, mask_0=False, mask_1=True)]

    assert (("mask_0", Or((OWN, SELLS))), ("mask_1", Not(SELLS))) == masked.computed
    assert (2, True, True) == (text.count("EXISTS"), "AS mask_0" in text, "AS mask_1" in text)
    offers = {"members": Reason.NOT_YOURS, "offers": Reason.NOT_YOURS}
    assert [{"partner": Reason.NOT_YOURS}, offers] == hidden(masked, *rows)


def test_mask_is_built_once() -> None:
    """The mask of a decision is cached with it; an equal decision of another policy has its own mask."""
    first, second = (Decision("Company", "read", TRUE, {"members": shown(visible=OWN)}) for _ in range(2))

    assert mask_of(first) is mask_of(first)
    assert mask_of(first) is not mask_of(second)


@pytest.mark.parametrize(
    ("viewer", "kinds"),
    [(PARTNER, {"PARTNER", "MANAGED"}), (HIDDEN, {"MANAGED"}), (SHOWN, {"MANAGED"}), (DIRECT, {"DIRECT"})],
)
async def test_field_is_hidden_row_by_row(demo_client: Client, viewer: str, kinds: set[str]) -> None:
    """On one page some companies show their account kind, and each of the others is a separate redaction (V18)."""
    answer = await demo_client(viewer, "{ companies(first: 1000) { nodes { accountKind } } }")
    nodes = answer.data["companies"]["nodes"]

    assert kinds == {node["accountKind"] for node in nodes} - {None}
    assert [
        Redaction(["companies", "nodes", index, "accountKind"], "NOT_YOURS")
        for index, node in enumerate(nodes)
        if node["accountKind"] is None
    ] == answer.redactions


@pytest.mark.executors
async def test_hidden_relation_is_not_loaded(demo_client: Client) -> None:
    """No resolver runs for what every row hides, so it costs no statement."""
    with demo_client.counting() as plain:
        await demo_client(HIDDEN, "{ viewer { company { id } } }")
    with demo_client.counting() as statements:
        answer = await demo_client(HIDDEN, "{ viewer { company { id marketplaceProfile { id } billingMarkets { id } } } }")

    assert ({"marketplaceProfile": None, "billingMarkets": None}, len(plain)) == (
        {name: answer.data["viewer"]["company"][name] for name in ("marketplaceProfile", "billingMarkets")},
        len(statements),
    )


async def test_nothing_is_hidden_from_the_operator(demo_client: Client) -> None:
    """A shape from which nothing is hidden gets no redactions at all."""
    answer = await demo_client(
        OPERATOR, "{ companies(first: 50) { nodes { accountKind members { nodes { user { email } } } } } }"
    )

    assert {"policy": POLICY} == response_of(answer)["extensions"]
