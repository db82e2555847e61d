"""The formats of the tokens of identity: codes in emails, and refresh tokens."""

from __future__ import annotations

from typing import Final
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from resolvers.identity.email_tokens import ALPHABET, hash_of, new_token, parse_token
from resolvers.identity.refresh_tokens import RefreshToken, verify

TYPED: Final = st.text(ALPHABET, min_size=20, max_size=20)
SECRETS: Final = (b"new" * 11, b"old" * 11)
TOKENS: Final = st.builds(RefreshToken, st.uuids(), st.integers(0, 2**63))


@given(TYPED)
def test_written_codes_are_read_again_V42(token: str) -> None:
    """Any code survives being typed in groups, in lower case, and with letters that look like its digits."""
    typed = "-".join(token[start : start + 4] for start in range(0, 20, 4)).lower().replace("0", "o").replace("1", "l")

    assert token == parse_token(typed)
    assert hash_of(token) == hash_of(typed)


@given(st.text())
def test_other_texts_are_no_codes_V42(text: str) -> None:
    """Whatever is typed is a code of twenty characters of the alphabet, or none."""
    token = parse_token(text)

    assert token is None or (len(token) == 20 and {*token} <= {*ALPHABET})


def test_codes_have_100_random_bits_V42() -> None:
    """Each is another one."""
    codes = {new_token() for _ in range(100)}

    assert (100, {24}) == (len(codes), {len(code) for code in codes})


@given(TOKENS)
def test_refresh_tokens_are_read_again_V44(token: RefreshToken) -> None:
    """Any usable key verifies a token. A key that isn't usable any more doesn't."""
    assert token == verify(token.sign(SECRETS), SECRETS) == verify(token.sign(SECRETS[1:]), SECRETS)
    assert verify(token.sign(SECRETS[1:]), SECRETS[:1]) is None


@given(st.text())
def test_other_texts_are_no_refresh_tokens_V44(text: str) -> None:
    """Whatever is sent is refused, without an exception."""
    assert verify(text, SECRETS) is None
    assert verify(f"cgr_{text}", SECRETS) is None


@given(TOKENS, st.data())
def test_changed_refresh_tokens_are_refused_V44(token: RefreshToken, data: st.DataObject) -> None:
    """Each bit of the session, the counter and the MAC counts."""
    signed = token.sign(SECRETS)
    place = data.draw(st.integers(4, len(signed) - 1))
    other = data.draw(st.sampled_from("ABCDEFGHabcdefgh0123456789-_").filter(lambda letter: letter != signed[place]))

    assert verify(signed[:place] + other + signed[place + 1 :], SECRETS) is None


def test_refresh_tokens_are_recognizable_V44() -> None:
    """Scanners of repositories find a leaked one by its beginning."""
    assert RefreshToken(UUID(int=1), 0).sign(SECRETS).startswith("cgr_")
