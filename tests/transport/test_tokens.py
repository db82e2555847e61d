"""Tokens: only what this gateway's key signed, for this gateway, and not long ago, is believed."""

from __future__ import annotations

import base64
import json
import os
import stat
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Barrier
from typing import Any
from uuid import uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from hypothesis import HealthCheck, given
from hypothesis import settings as configured
from hypothesis import strategies as st

from settings import Settings
from tests.transport.gateway import ADA, MEMBERSHIP
from transport.authentication.keys import UnusableKey, rotate
from transport.authentication.tokens import InvalidToken, TokenFault, Tokens

NESTED = base64.urlsafe_b64encode(b"[" * 90_000).decode() + ".e30."
NO_MOMENTS: list[Any] = [10**18, -(10**18), float("nan"), float("inf"), "1", True, [], {}, None]
CLAIMS = {"iss": "crossgate", "aud": "crossgate", "sub": str(ADA), "exp": datetime(2100, 1, 1, tzinfo=UTC)}


def encoded(part: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part, default=lambda day: int(day.timestamp())).encode()).rstrip(b"=").decode()


@pytest.fixture(scope="module")
def key(settings: Settings, tokens: Tokens) -> Ed25519PrivateKey:
    loaded = load_pem_private_key(settings.signing_key_file.read_bytes(), None)
    assert isinstance(loaded, Ed25519PrivateKey)
    assert tokens.kid
    return loaded


def fault(tokens: Tokens, token: str) -> TokenFault:
    with pytest.raises(InvalidToken) as raised:
        tokens.verify(token)
    return raised.value.code


def test_a_token_says_who(tokens: Tokens) -> None:
    """A token that was just issued is believed, and says user, membership and expiry."""
    claims = tokens.verify(tokens.issue(ADA, MEMBERSHIP, 60))

    assert (claims.user_id, claims.membership_id) == (ADA, MEMBERSHIP)
    assert timedelta(seconds=55) < claims.expires_at - datetime.now(UTC) <= timedelta(seconds=60)


def test_a_token_without_a_membership(tokens: Tokens) -> None:
    """A user of no company has a token too."""
    assert tokens.verify(tokens.issue(ADA, None, 60)).membership_id is None


def test_an_expired_token(tokens: Tokens) -> None:
    """A token is not believed after its time."""
    assert fault(tokens, tokens.issue(ADA, MEMBERSHIP, -1)) == TokenFault.EXPIRED


def test_a_tampered_token(tokens: Tokens) -> None:
    """A token whose claims were changed after it was signed is not believed."""
    header, _, signature = tokens.issue(ADA, MEMBERSHIP, 60).split(".")

    assert fault(tokens, f"{header}.{encoded(CLAIMS | {'sub': str(uuid4())})}.{signature}") == TokenFault.SIGNATURE


def test_a_token_of_another_key(tokens: Tokens, tmp_path: Path) -> None:
    """A token that another gateway signed is not believed."""
    other = Tokens.load(tmp_path / "other.pem")

    assert fault(tokens, other.issue(ADA, MEMBERSHIP, 60)) == TokenFault.SIGNATURE


@pytest.mark.parametrize("algorithm", ["none", "None", "HS256", "ES256", "RS256"])
def test_a_token_of_another_algorithm(tokens: Tokens, algorithm: str) -> None:
    """A token that is unsigned, or signed in another way, is not believed."""
    token = f"{encoded({'alg': algorithm, 'typ': 'JWT'})}.{encoded(CLAIMS)}."

    assert fault(tokens, token) == TokenFault.ALGORITHM


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"iss": "elsewhere"}, TokenFault.ISSUER),
        ({"aud": "elsewhere"}, TokenFault.AUDIENCE),
        ({"sub": "ada"}, TokenFault.MALFORMED),
        ({"sub": 7}, TokenFault.MALFORMED),
        ({"membership": "none"}, TokenFault.MALFORMED),
        ({"membership": 7}, TokenFault.MALFORMED),
        ({"exp": "soon"}, TokenFault.MALFORMED),
        ({"exp": 10**30}, TokenFault.MALFORMED),
        ({"exp": 10**18}, TokenFault.MALFORMED),
        ({"exp": 1e18}, TokenFault.MALFORMED),
        ({"exp": float("nan")}, TokenFault.MALFORMED),
        ({"exp": float("inf")}, TokenFault.MALFORMED),
        ({"exp": 253_402_300_800}, TokenFault.MALFORMED),  # the year 10000
        ({"exp": True}, TokenFault.EXPIRED),
        ({"exp": -1}, TokenFault.EXPIRED),
        ({"exp": -(10**18)}, TokenFault.EXPIRED),
        ({"exp": "4102444800"}, TokenFault.MALFORMED),
        ({"exp": None}, TokenFault.MALFORMED),
        ({"nbf": datetime(2100, 1, 1, tzinfo=UTC)}, TokenFault.MALFORMED),
        *(({name: value}, TokenFault.MALFORMED) for name in ("nbf", "iat") for value in NO_MOMENTS),
        ({"jti": 7}, TokenFault.MALFORMED),
        ({"aud": {}}, TokenFault.MALFORMED),
        ({"iss": None}, TokenFault.MALFORMED),
    ],
)
def test_claims_that_are_not_ours(
    tokens: Tokens, key: Ed25519PrivateKey, changed: dict[str, Any], expected: TokenFault
) -> None:
    """A token with our signature is believed only if every claim is of its kind."""
    token = f"{encoded({'alg': 'EdDSA', 'typ': 'JWT'})}.{encoded(CLAIMS | changed)}"
    signature = base64.urlsafe_b64encode(key.sign(token.encode())).rstrip(b"=").decode()

    assert expected == fault(tokens, f"{token}.{signature}")


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(str(ADA)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


patient = configured(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a loaded machine is no failure


@patient
@given(st.dictionaries(st.sampled_from(["iss", "aud", "sub", "exp", "nbf", "iat", "jti", "membership", "x"]), JSON_VALUES))
def test_no_claims_break_anything(tokens: Tokens, key: Ed25519PrivateKey, changed: dict[str, Any]) -> None:
    """Whatever a token with our signature says, it is believed or it is not."""
    token = f"{encoded({'alg': 'EdDSA', 'typ': 'JWT'})}.{encoded(CLAIMS | changed)}"
    signature = base64.urlsafe_b64encode(key.sign(token.encode())).rstrip(b"=").decode()

    with suppress(InvalidToken):
        assert tokens.verify(f"{token}.{signature}").expires_at > datetime.now(UTC)


@patient
@given(st.dictionaries(st.sampled_from(["alg", "typ", "kid", "crit", "b64", "jwk", "zip"]), JSON_VALUES), st.binary())
def test_no_header_breaks_anything(tokens: Tokens, header: dict[str, Any], payload: bytes) -> None:
    """A token that is not signed by us is not believed, whatever its parts are."""
    claims = base64.urlsafe_b64encode(payload).rstrip(b"=").decode()

    with pytest.raises(InvalidToken):
        tokens.verify(f"{encoded(header)}.{claims}.AAAA")


@pytest.mark.parametrize("missing", ["exp", "sub", "iss", "aud"])
def test_a_token_without_a_claim(tokens: Tokens, key: Ed25519PrivateKey, missing: str) -> None:
    """A token that leaves a claim out, its expiry for one, is not believed."""
    claims = {name: value for name, value in CLAIMS.items() if name != missing}

    assert fault(tokens, jwt.encode(claims, key, algorithm="EdDSA")) == TokenFault.MALFORMED


@pytest.mark.parametrize("token", ["", ".", "..", "a.b.c", "é.é.é", "\x00", "a" * 100_000, "W10.W10.W10", NESTED])
def test_what_is_no_token(tokens: Tokens, token: str) -> None:
    """Anything else is not believed either, and breaks nothing."""
    assert fault(tokens, token) == TokenFault.MALFORMED


def test_a_believed_token_is_checked_once(tokens: Tokens, monkeypatch: pytest.MonkeyPatch) -> None:
    """The signature of a token is looked at once; what it said is remembered, and the token itself is not kept."""
    token = tokens.issue(ADA, MEMBERSHIP, 60)
    first = tokens.verify(token)
    monkeypatch.setattr("jwt.decode", None)

    assert first == tokens.verify(token)
    assert token not in str(vars(tokens))
    assert token.encode() not in vars(tokens)["_cached_claims"]


def test_a_remembered_token_expires(tokens: Tokens) -> None:
    """A token that was believed is not believed after its time, neither the first time nor later."""
    token = tokens.issue(ADA, MEMBERSHIP, 1)
    assert tokens.verify(token).user_id == ADA
    time.sleep(1.1)

    assert [TokenFault.EXPIRED, TokenFault.EXPIRED] == [fault(tokens, token), fault(tokens, token)]


def test_a_token_that_is_not_believed_is_not_remembered(key_file: Path) -> None:
    """Bad tokens take no place in memory, and good ones no more than a bounded one."""
    tokens = Tokens.load(key_file)
    for bad in ("", "a.b.c", tokens.issue(ADA, None, -1), Tokens.load(key_file.with_name("other.pem")).issue(ADA, None, 60)):
        fault(tokens, bad)

    assert len(vars(tokens)["_cached_claims"]) == 0


def test_memory_of_tokens_is_bounded(key_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of too many tokens the one remembered for longest is forgotten, and checked again when it comes back."""
    monkeypatch.setattr("transport.authentication.tokens.CACHE_SIZE", 2)
    tokens = Tokens.load(key_file)
    issued = [tokens.issue(ADA, None, 60) for _ in range(3)]
    for token in issued:
        tokens.verify(token)

    assert len(vars(tokens)["_cached_claims"]) == 2
    assert tokens.verify(issued[0]).user_id == ADA


def test_the_key_is_kept(key_file: Path) -> None:
    """The key is made once, in a file that its owner alone can read, and read again at the next start."""
    first, second = Tokens.load(key_file), Tokens.load(key_file)

    assert second.verify(first.issue(ADA, None, 60)).user_id == ADA
    assert first.kid == second.kid == jwt.get_unverified_header(first.issue(ADA, None, 60))["kid"]
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert [key_file] == list(key_file.parent.iterdir())


def test_gateways_that_start_at_once_agree(key_file: Path) -> None:
    """Gateways that start at the same time, on an empty disk, agree on one key."""
    gateways = 16
    together = Barrier(gateways)

    def start(_: int) -> str:
        together.wait()
        return Tokens.load(key_file).kid

    with ThreadPoolExecutor(gateways) as pool:
        kids = set(pool.map(start, range(gateways)))

    assert kids == {Tokens.load(key_file).kid}
    assert list(key_file.parent.iterdir()) == [key_file]


@pytest.mark.parametrize("content", [b"", b"swordfish", b"-----BEGIN PRIVATE KEY-----\nMA==\n-----END PRIVATE KEY-----\n"])
def test_a_file_that_holds_no_key(tmp_path: Path, content: bytes) -> None:
    """A file that holds something else is named, never replaced."""
    path = tmp_path / "signing-key.pem"
    path.write_bytes(content)

    with pytest.raises(UnusableKey, match=r"signing-key\.pem does not contain an Ed25519 private key") as raised:
        Tokens.load(path)

    assert content == path.read_bytes()
    assert "swordfish" not in str(raised.value)


def test_secrets(key_file: Path, tmp_path: Path) -> None:
    """Every process with the key derives the same secret for a purpose, another for another purpose or key."""
    tokens, other = Tokens.load(key_file), Tokens.load(tmp_path / "other.pem")

    assert tokens.secrets(b"cursors") == Tokens.load(key_file).secrets(b"cursors")
    assert len({*tokens.secrets(b"cursors"), *tokens.secrets(b"files"), *other.secrets(b"cursors")}) == 3
    assert [32] == [len(secret) for secret in tokens.secrets(b"cursors")]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o610, 0o601])
def test_a_key_that_others_can_read_stops_the_start(key_file: Path, mode: int) -> None:
    """Whoever can read it can be anybody; the message says how to mend it."""
    Tokens.load(key_file)
    key_file.chmod(mode)

    with pytest.raises(UnusableKey) as refused:
        Tokens.load(key_file)
    key_file.chmod(0o400)

    assert f"{key_file} is accessible to users other than its owner (mode {mode:04o}). Run `chmod 600 {key_file}`." in str(
        refused.value
    )
    assert Tokens.load(key_file).kid


def as_folder(path: Path) -> None:
    """A folder in the place of the key."""
    path.mkdir(mode=0o700)


def as_pipe(path: Path) -> None:
    """A pipe in the place of the key, which nobody writes to."""
    os.mkfifo(path, 0o600)


def as_broken_link(path: Path) -> None:
    """A link to nothing."""
    path.symlink_to(path.with_name("nothing.pem"))


def as_circle(path: Path) -> None:
    """A link to itself."""
    path.symlink_to(path)


def as_link_to_an_open_file(path: Path) -> None:
    """A link to a key that others can read."""
    Tokens.load(path.with_name("other.pem"))
    path.with_name("other.pem").chmod(0o644)
    path.symlink_to(path.with_name("other.pem"))


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (as_folder, "is not a regular file"),
        (as_pipe, "is not a regular file"),
        (as_broken_link, "cannot be read or created"),
        (as_circle, "cannot be read or created"),
        (as_link_to_an_open_file, "is accessible to users other than its owner"),
    ],
)
def test_what_stands_in_the_place_of_a_key_is_named(tmp_path: Path, make: Callable[[Path], None], problem: str) -> None:
    """Whatever is there instead of a file that only its owner reads stops the start with plain words."""
    make(tmp_path / "key.pem")

    with pytest.raises(UnusableKey, match=f"key.pem {problem}"):
        Tokens.load(tmp_path / "key.pem")


def test_a_link_to_a_key_is_followed(key_file: Path, tmp_path: Path) -> None:
    """Secrets are often mounted as links."""
    known = Tokens.load(key_file)
    (tmp_path / "link.pem").symlink_to(key_file)

    assert known.kid == Tokens.load(tmp_path / "link.pem").kid


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at the file each time."""
    monkeypatch.setattr("transport.authentication.tokens.REFRESH_INTERVAL", 0.0)


@pytest.mark.usefixtures("at_once")
def test_a_new_key_signs_and_the_one_before_verifies(key_file: Path) -> None:
    """A gateway that runs, and one that starts, believe the tokens of both keys, and sign with the new one."""
    running = Tokens.load(key_file)
    old, secret = running.issue(ADA, MEMBERSHIP, 60), running.secrets(b"cursors")
    before = running.kid
    new, retired = rotate(key_file, keep=60)
    starting = Tokens.load(key_file)
    issued = starting.issue(ADA, MEMBERSHIP, 60)

    assert [before, new.kid] == [retired.kid, starting.kid]
    assert [ADA] * 4 == [tokens.verify(token).user_id for tokens in (running, starting) for token in (old, issued)]
    assert [new.kid] * 2 == [jwt.get_unverified_header(each)["kid"] for each in (issued, running.issue(ADA, None, 60))]
    assert secret == running.secrets(b"cursors")[1:] == starting.secrets(b"cursors")[1:]
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert [key_file] == list(key_file.parent.iterdir())


@pytest.mark.usefixtures("at_once")
def test_a_retired_key_verifies_no_longer_than_its_time(key_file: Path) -> None:
    """A token that is good for longer ends with its key, also where it was believed before."""
    tokens = Tokens.load(key_file)
    token = tokens.issue(ADA, None, 1000)
    rotate(key_file, keep=2)
    ends = tokens.verify(token).expires_at
    time.sleep(2.1)

    assert ends - datetime.now(UTC) < timedelta()
    assert [TokenFault.EXPIRED] * 2 == [fault(tokens, token), fault(Tokens.load(key_file), token)]
    assert 1 == len(tokens.secrets(b"cursors"))
    assert 2 == len(rotate(key_file, keep=60))  # what has ended is left out


@pytest.mark.usefixtures("at_once")
def test_revocation_ends_all_tokens_at_once(key_file: Path) -> None:
    """Nothing that was signed before is believed, in a gateway that runs and remembers it either."""
    tokens = Tokens.load(key_file)
    token = tokens.issue(ADA, None, 60)
    tokens.verify(token)
    told: list[str] = []
    tokens.follow(lambda: told.append(tokens.kid))

    (new,) = rotate(key_file, keep=0)

    assert TokenFault.SIGNATURE == fault(tokens, token)
    assert [new.kid] == told


@pytest.mark.usefixtures("at_once")
def test_a_file_that_cannot_be_read_changes_nothing_while_the_gateway_runs(key_file: Path) -> None:
    """Its keys go on; the next start is refused."""
    tokens = Tokens.load(key_file)
    token = tokens.issue(ADA, None, 60)
    key_file.write_text("nothing")
    believed = tokens.verify(token)
    key_file.unlink()

    assert [ADA, ADA] == [believed.user_id, tokens.verify(token).user_id]


@pytest.mark.parametrize("kid", ["unknown", "", 1, None, ["a"]])
def test_a_token_of_an_unknown_key(tokens: Tokens, key: Ed25519PrivateKey, kid: Any) -> None:
    """A name that no key has is never tried on another key."""
    token = f"{encoded({'alg': 'EdDSA', 'typ': 'JWT', 'kid': kid})}.{encoded(CLAIMS)}"
    signature = base64.urlsafe_b64encode(key.sign(token.encode())).rstrip(b"=").decode()

    assert fault(tokens, f"{token}.{signature}") in (TokenFault.SIGNATURE, TokenFault.MALFORMED)


def test_retired_keys_alone_are_no_key(key_file: Path) -> None:
    """The first key of the file has to sign."""
    Tokens.load(key_file)
    key_file.write_text("Verifies-Until: 2100-01-01T00:00:00+00:00\n" + key_file.read_text())

    with pytest.raises(UnusableKey, match="does not contain an Ed25519 private key"):
        Tokens.load(key_file)
