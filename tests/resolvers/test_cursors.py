"""Cursors: valid in the connection and order that they come from, and an error of their argument anywhere else."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any, Final
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from resolvers.reading.cursors import Cursors, InvalidCursor
from tests.client import ANONYMOUS, DIRECT, HIDDEN, OPERATOR, PARTNER, Client

CURSORS: Final = Cursors(b"a secret of the tests")
KEY: Final = UUID("01890000-0000-7000-8000-000000000001")
PORTS: Final = "query ($cursor: String) { ports(%s: $cursor%s) { nodes { id } } }"
GARBAGE: Final = {
    "nothing": "",
    "one letter": "a",
    "words": "not a cursor",
    "other letters": "Ελληνικά",
    "an emoji": "🦆",
    "NUL": "\0",
    "padding": "====",
    "JSON": '["x"]',
    "a global id": "Y28BfjhLf3h37K9hfqNZFmln",
    "zeros": "A" * 64,
    "ten thousand letters": "A" * 10_000,
    "long text of other letters": "ü" * 10_000,
}


async def cursor_of(client: Client, viewer: str | None, arguments: str = "", connection: str = "ports") -> str:
    """Return the cursor of the second row of a list."""
    answer = await client(viewer, f"{{ {connection}(first: 2{arguments}) {{ pageInfo {{ endCursor }} }} }}")
    return str(answer.data[connection]["pageInfo"]["endCursor"])


def flipped(cursor: str, byte: int) -> str:
    """Return a cursor with one bit changed."""
    raw = bytearray(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    raw[byte] ^= 1
    return urlsafe_b64encode(bytes(raw)).decode().rstrip("=")


def invalid(end: str) -> list[dict[str, Any]]:
    """Return the expected error."""
    message = f"Argument '{end}' is not a valid cursor for this connection and order."
    return [{"message": message, "extensions": {"code": "INVALID_CURSOR", "argument": end}}]


def shown(errors: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return errors without their locations."""
    return [{"message": error["message"], "extensions": error["extensions"]} for error in errors]


@pytest.mark.parametrize("end", ["after", "before"])
@pytest.mark.parametrize("garbage", GARBAGE.values(), ids=GARBAGE)
async def test_garbage_is_not_a_cursor(demo_client: Client, end: str, garbage: str) -> None:
    """An invalid cursor is an error that names the argument, for any list, visible or hidden."""
    answers = [await demo_client(viewer, PORTS % (end, ""), cursor=garbage) for viewer in (DIRECT, ANONYMOUS)]

    assert [invalid(end)] * 2 == [shown(answer.errors) for answer in answers]


@pytest.mark.parametrize("end", ["after", "before"])
@pytest.mark.parametrize("byte", [0, 11, 12, -1])
async def test_cursor_with_one_bit_changed_is_refused(demo_client: Client, end: str, byte: int) -> None:
    """Neither the seal nor the sealed keyset can be changed."""
    cursor = flipped(await cursor_of(demo_client, DIRECT), byte)

    answer = await demo_client(DIRECT, PORTS % (end, ""), cursor=cursor)

    assert invalid(end) == shown(answer.errors)


async def test_truncated_cursor_is_refused(demo_client: Client) -> None:
    """No prefix of a cursor is a cursor."""
    cursor = await cursor_of(demo_client, DIRECT)
    answers = [await demo_client(DIRECT, PORTS % ("after", ""), cursor=cursor[:size]) for size in range(0, len(cursor), 4)]

    assert [invalid("after")] * len(answers) == [shown(answer.errors) for answer in answers]


async def test_forged_cursor_is_refused(demo_client: Client) -> None:
    """A made-up keyset isn't accepted without the secret, nor is one sealed by another gateway."""
    forged = [
        urlsafe_b64encode(b"\0" * 14 + KEY.bytes).decode(),
        *CURSORS.seal("Port KEY ASC", [([], KEY)]),
    ]
    answers = [await demo_client(DIRECT, PORTS % ("after", ""), cursor=cursor) for cursor in forged]

    assert [invalid("after")] * 2 == [shown(answer.errors) for answer in answers]


@pytest.mark.parametrize(
    "order",
    ["NAME, direction: ASC", "NAME, direction: DESC", "SPEED_MBPS", "MONTHLY_RATE", "CREATED_AT, direction: DESC"],
)
async def test_cursor_is_refused_in_another_order(demo_client: Client, order: str) -> None:
    """A cursor is valid in its own order and direction, and refused in every other."""
    arguments = f", orderBy: {{field: {order}}}"
    ordered = await cursor_of(demo_client, PARTNER, arguments)
    plain = await cursor_of(demo_client, PARTNER)

    answers = [
        await demo_client(PARTNER, PORTS % ("after", ""), cursor=ordered),
        await demo_client(PARTNER, PORTS % ("after", arguments), cursor=plain),
    ]
    kept = await demo_client(PARTNER, PORTS % ("after", arguments), cursor=ordered)

    assert [invalid("after")] * 2 == [shown(answer.errors) for answer in answers]
    assert [] == kept.errors


async def test_cursor_is_refused_in_another_connection(demo_client: Client) -> None:
    """A cursor of another type's list, or of the same type's list below a company, is refused."""
    below = await demo_client(PARTNER, "{ viewer { company { ports(first: 1) { pageInfo { endCursor } } } } }")
    cursors = [
        await cursor_of(demo_client, PARTNER, connection="offers"),
        await cursor_of(demo_client, PARTNER, connection="marketplacePorts"),
        below.data["viewer"]["company"]["ports"]["pageInfo"]["endCursor"],
    ]
    answers = [await demo_client(PARTNER, PORTS % ("after", ""), cursor=cursor) for cursor in cursors]

    assert [invalid("after")] * 3 == [shown(answer.errors) for answer in answers]


async def test_cursor_of_another_viewer_shows_nothing_more(demo_client: Client) -> None:
    """A cursor is only a position: another viewer with it reads its own rows beyond it, and no others."""
    cursor = await cursor_of(demo_client, OPERATOR)
    own = await demo_client(HIDDEN, "{ ports(first: 1000) { nodes { id } } }")

    beyond = await demo_client(HIDDEN, PORTS % ("after", ", first: 1000"), cursor=cursor)

    assert own.data == beyond.data


async def test_cursor_by_price_does_not_bypass_policy(demo_client: Client) -> None:
    """An order that a viewer can't use stays refused with a cursor from a viewer who can."""
    order = ", orderBy: {field: MONTHLY_RATE}"
    cursor = await cursor_of(demo_client, PARTNER, order)

    answer = await demo_client(HIDDEN, PORTS % ("after", order), cursor=cursor)

    assert ["FORBIDDEN_ORDER"] == answer.codes


KEYSETS = st.lists(st.one_of(st.none(), st.integers(-(2**53), 2**53), st.text(st.characters(exclude_categories=["Cs"]))))


@given(scope=st.text(), keyset=KEYSETS)
def test_sealed_keyset_is_opened_again(scope: str, keyset: list[Any]) -> None:
    """A cursor returns the keyset that it was built from."""
    (sealed,) = CURSORS.seal(scope, [(keyset, KEY)])

    assert [*keyset, KEY] == CURSORS.open(scope, sealed, "after")


@given(scopes=st.lists(st.text(max_size=20), min_size=2, max_size=2, unique=True))
def test_seal_is_valid_only_in_its_scope(scopes: list[str]) -> None:
    """No other scope opens a cursor."""
    (sealed,) = CURSORS.seal(scopes[0], [([], KEY)])

    with pytest.raises(InvalidCursor, match="Argument 'before'"):
        CURSORS.open(scopes[1], sealed, "before")


@given(text=st.text())
def test_any_text_is_refused_with_a_clear_error(text: str) -> None:
    """Any text, with surrogates too, is refused as an invalid cursor and breaks nothing."""
    with pytest.raises(InvalidCursor, match="Argument 'after'"):
        CURSORS.open("Port KEY ASC", text, "after")
