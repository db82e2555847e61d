"""Tokens: only unexpired tokens signed by this gateway's key, for this gateway, are accepted."""

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
from transport.authentication.keys import UnusableKey, load, rotate
from transport.authentication.tokens import InvalidToken, TokenFault, Tokens

NESTED = base64.urlsafe_b64encode(b"[" * 90_000).decode() + ".e30."
INVALID_TIMES: list[Any] = [10**18, -(10**18), float("nan"), float("inf"), "1", True, [], {}, None]
CLAIMS = {"iss": "crossgate", "aud": "crossgate", "sub": str(ADA), "exp": datetime(2100, 1, 1, tzinfo=UTC)}


def encoded(part: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part, default=lambda day: int(day.timestamp())).encode()).rstrip(b"=").decode()


@pytest.fixture(scope="module")
def key(settings: Settings, tokens: Tokens) -> Ed25519PrivateKey:
    loaded = load_pem_private_key(settings.signing_key_file.read_bytes(), None)
    assert isinstance(loaded, Ed25519PrivateKey)
    assert tokens.kid
    return loaded


def fault_of(tokens: Tokens, token: str) -> TokenFault:
    with pytest.raises(InvalidToken) as raised:
        tokens.verify(token)
    return raised.value.code


def test_token_names_user_membership_and_expiry(tokens: Tokens) -> None:
    """A token that was just issued is accepted, with its user, membership and expiry."""
    claims = tokens.verify(tokens.issue(ADA, MEMBERSHIP, 60))

    assert (claims.user_id, claims.membership_id) == (ADA, MEMBERSHIP)
    assert timedelta(seconds=55) < claims.expires_at - datetime.now(UTC) <= timedelta(seconds=60)


def test_token_without_a_membership_is_valid(tokens: Tokens) -> None:
    """A user without a company can have a token."""
    assert tokens.verify(tokens.issue(ADA, None, 60)).membership_id is None


def test_expired_token_is_refused(tokens: Tokens) -> None:
    """A token is refused after its expiry."""
    assert fault_of(tokens, tokens.issue(ADA, MEMBERSHIP, -1)) == TokenFault.EXPIRED


def test_tampered_token_is_refused(tokens: Tokens) -> None:
    """A token whose claims were changed after signing is refused."""
    header, _, signature = tokens.issue(ADA, MEMBERSHIP, 60).split(".")

    assert fault_of(tokens, f"{header}.{encoded(CLAIMS | {'sub': str(uuid4())})}.{signature}") == TokenFault.SIGNATURE


def test_token_of_another_key_is_refused(tokens: Tokens, tmp_path: Path) -> None:
    """A token signed by another gateway is refused."""
    other = Tokens.load(tmp_path / "other.pem")

    assert fault_of(tokens, other.issue(ADA, MEMBERSHIP, 60)) == TokenFault.SIGNATURE


@pytest.mark.parametrize("algorithm", ["none", "None", "HS256", "ES256", "RS256"])
def test_token_of_another_algorithm_is_refused(tokens: Tokens, algorithm: str) -> None:
    """A token that is unsigned, or signed with another algorithm, is refused."""
    token = f"{encoded({'alg': algorithm, 'typ': 'JWT'})}.{encoded(CLAIMS)}."

    assert fault_of(tokens, token) == TokenFault.ALGORITHM


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
        *(({name: value}, TokenFault.MALFORMED) for name in ("nbf", "iat") for value in INVALID_TIMES),
        ({"jti": 7}, TokenFault.MALFORMED),
        ({"aud": {}}, TokenFault.MALFORMED),
        ({"iss": None}, TokenFault.MALFORMED),
    ],
)
def test_every_claim_is_validated(
    tokens: Tokens, key: Ed25519PrivateKey, changed: dict[str, Any], expected: TokenFault
) -> None:
    """A token with our signature is accepted only if every claim is valid."""
    token = f"{encoded({'alg': 'EdDSA', 'typ': 'JWT'})}.{encoded(CLAIMS | changed)}"
    signature = base64.urlsafe_b64encode(key.sign(token.encode())).rstrip(b"=").decode()

    assert expected == fault_of(tokens, f"{token}.{signature}")


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just(str(ADA)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


lenient = configured(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # a busy machine mustn't fail the test


@lenient
@given(st.dictionaries(st.sampled_from(["iss", "aud", "sub", "exp", "nbf", "iat", "jti", "membership", "x"]), JSON_VALUES))
def test_no_claims_make_verification_fail(tokens: Tokens, key: Ed25519PrivateKey, changed: dict[str, Any]) -> None:
    """Any claims with our signature are either accepted or refused."""
    token = f"{encoded({'alg': 'EdDSA', 'typ': 'JWT'})}.{encoded(CLAIMS | changed)}"
    signature = base64.urlsafe_b64encode(key.sign(token.encode())).rstrip(b"=").decode()

    with suppress(InvalidToken):
        assert tokens.verify(f"{token}.{signature}").expires_at > datetime.now(UTC)


@lenient
@given(st.dictionaries(st.sampled_from(["alg", "typ", "kid", "crit", "b64", "jwk", "zip"]), JSON_VALUES), st.binary())
def test_no_header_makes_verification_fail(tokens: Tokens, header: dict[str, Any], payload: bytes) -> None:
    """A token that we haven't signed is refused, whatever its parts are."""
    claims = base64.urlsafe_b64encode(payload).rstrip(b"=").decode()

    with pytest.raises(InvalidToken):
        tokens.verify(f"{encoded(header)}.{claims}.AAAA")


@pytest.mark.parametrize("missing", ["exp", "sub", "iss", "aud"])
def test_token_without_a_required_claim_is_refused(tokens: Tokens, key: Ed25519PrivateKey, missing: str) -> None:
    """A token without a required claim, such as its expiry, is refused."""
    claims = {name: value for name, value in CLAIMS.items() if name != missing}

    assert fault_of(tokens, jwt.encode(claims, key, algorithm="EdDSA")) == TokenFault.MALFORMED


@pytest.mark.parametrize("token", ["", ".", "..", "a.b.c", "é.é.é", "\x00", "a" * 100_000, "W10.W10.W10", NESTED])
def test_malformed_token_is_refused(tokens: Tokens, token: str) -> None:
    """Any other text is refused without failing."""
    assert fault_of(tokens, token) == TokenFault.MALFORMED


def test_valid_token_is_verified_once(tokens: Tokens, monkeypatch: pytest.MonkeyPatch) -> None:
    """A token's signature is verified once. Its claims are cached, but not the token itself."""
    token = tokens.issue(ADA, MEMBERSHIP, 60)
    first = tokens.verify(token)
    monkeypatch.setattr("jwt.decode", None)

    assert first == tokens.verify(token)
    assert token not in str(vars(tokens))
    assert token.encode() not in vars(tokens)["_cached_claims"]


def test_cached_token_expires(tokens: Tokens) -> None:
    """A cached token is refused after its expiry, each time."""
    token = tokens.issue(ADA, MEMBERSHIP, 1)
    assert tokens.verify(token).user_id == ADA
    time.sleep(1.1)

    assert [TokenFault.EXPIRED, TokenFault.EXPIRED] == [fault_of(tokens, token), fault_of(tokens, token)]


def test_refused_token_is_not_cached(key_file: Path) -> None:
    """Refused tokens take no place in the cache."""
    tokens = Tokens.load(key_file)
    for invalid in (
        "",
        "a.b.c",
        tokens.issue(ADA, None, -1),
        Tokens.load(key_file.with_name("other.pem")).issue(ADA, None, 60),
    ):
        fault_of(tokens, invalid)

    assert len(vars(tokens)["_cached_claims"]) == 0


def test_token_cache_is_limited(key_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the cache is full, its oldest token is dropped and verified again when it returns."""
    monkeypatch.setattr("transport.authentication.tokens.CACHE_SIZE", 2)
    tokens = Tokens.load(key_file)
    issued = [tokens.issue(ADA, None, 60) for _ in range(3)]
    for token in issued:
        tokens.verify(token)

    assert len(vars(tokens)["_cached_claims"]) == 2
    assert tokens.verify(issued[0]).user_id == ADA


def test_key_is_created_once_and_private(key_file: Path) -> None:
    """The key is created once, in a file that only its owner can read, and loaded at the next start."""
    first, second = Tokens.load(key_file), Tokens.load(key_file)

    assert second.verify(first.issue(ADA, None, 60)).user_id == ADA
    assert first.kid == second.kid == jwt.get_unverified_header(first.issue(ADA, None, 60))["kid"]
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert [key_file] == list(key_file.parent.iterdir())


def test_gateways_that_start_together_share_one_key(key_file: Path) -> None:
    """Gateways that start at the same time on an empty disk agree on one key."""
    gateways = 16
    barrier = Barrier(gateways)

    def start(_: int) -> str:
        barrier.wait()
        return Tokens.load(key_file).kid

    with ThreadPoolExecutor(gateways) as pool:
        kids = set(pool.map(start, range(gateways)))

    assert kids == {Tokens.load(key_file).kid}
    assert list(key_file.parent.iterdir()) == [key_file]


@pytest.mark.parametrize("content", [b"", b"swordfish", b"-----BEGIN PRIVATE KEY-----\nMA==\n-----END PRIVATE KEY-----\n"])
def test_file_without_a_key_is_named(tmp_path: Path, content: bytes) -> None:
    """A file with something else is named in the error and never replaced."""
    path = tmp_path / "signing-key.pem"
    path.write_bytes(content)

    with pytest.raises(UnusableKey, match=r"signing-key\.pem does not contain an Ed25519 private key") as raised:
        Tokens.load(path)

    assert content == path.read_bytes()
    assert "swordfish" not in str(raised.value)


def test_derived_secrets_depend_on_purpose_and_key(key_file: Path, tmp_path: Path) -> None:
    """Every process with the key derives the same secret for a purpose. Other purposes and keys give other secrets."""
    tokens, other = Tokens.load(key_file), Tokens.load(tmp_path / "other.pem")

    assert tokens.secrets(b"cursors") == Tokens.load(key_file).secrets(b"cursors")
    assert len({*tokens.secrets(b"cursors"), *tokens.secrets(b"files"), *other.secrets(b"cursors")}) == 3
    assert [32] == [len(secret) for secret in tokens.secrets(b"cursors")]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o644, 0o610, 0o601])
def test_key_readable_by_others_stops_the_start(key_file: Path, mode: int) -> None:
    """Anyone who can read the key can sign in as anyone. The message says how to fix it."""
    Tokens.load(key_file)
    key_file.chmod(mode)

    with pytest.raises(UnusableKey) as refused:
        Tokens.load(key_file)
    key_file.chmod(0o400)

    assert f"{key_file} is accessible to users other than its owner (mode {mode:04o}). Run `chmod 600 {key_file}`." in str(
        refused.value
    )
    assert Tokens.load(key_file).kid


def create_directory(path: Path) -> None:
    """Create a directory in place of the key."""
    path.mkdir(mode=0o700)


def create_pipe(path: Path) -> None:
    """Create a pipe that nobody writes to in place of the key."""
    os.mkfifo(path, 0o600)


def create_broken_link(path: Path) -> None:
    """Create a link to a missing file."""
    path.symlink_to(path.with_name("nothing.pem"))


def create_circular_link(path: Path) -> None:
    """Create a link to itself."""
    path.symlink_to(path)


def create_link_to_a_readable_key(path: Path) -> None:
    """Create a link to a key that others can read."""
    Tokens.load(path.with_name("other.pem"))
    path.with_name("other.pem").chmod(0o644)
    path.symlink_to(path.with_name("other.pem"))


@pytest.mark.parametrize(
    ("create", "problem"),
    [
        (create_directory, "is not a regular file"),
        (create_pipe, "is not a regular file"),
        (create_broken_link, "cannot be read or created"),
        (create_circular_link, "cannot be read or created"),
        (create_link_to_a_readable_key, "is accessible to users other than its owner"),
    ],
)
def test_unusable_key_file_is_named(tmp_path: Path, create: Callable[[Path], None], problem: str) -> None:
    """Anything other than a file that only its owner can read stops the start with a clear message."""
    create(tmp_path / "key.pem")

    with pytest.raises(UnusableKey, match=f"key.pem {problem}"):
        Tokens.load(tmp_path / "key.pem")


def test_link_to_a_key_is_followed(key_file: Path, tmp_path: Path) -> None:
    """Secrets are often mounted as links."""
    original = Tokens.load(key_file)
    (tmp_path / "link.pem").symlink_to(key_file)

    assert original.kid == Tokens.load(tmp_path / "link.pem").kid


@pytest.fixture
def refresh_always(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read the key file on every use."""
    monkeypatch.setattr("transport.authentication.tokens.REFRESH_INTERVAL", 0.0)


@pytest.mark.usefixtures("refresh_always")
def test_new_key_signs_and_the_previous_one_verifies(key_file: Path) -> None:
    """A running and a new gateway accept tokens of both keys and sign with the new one."""
    running = Tokens.load(key_file)
    old, secret = running.issue(ADA, MEMBERSHIP, 60), running.secrets(b"cursors")
    before = running.kid
    new, retired = rotate(key_file, keep=60)
    starting = Tokens.load(key_file)
    issued = starting.issue(ADA, MEMBERSHIP, 60)

    assert [before, new.kid] == [retired.kid, starting.kid]
    assert [ADA] * 4 == [tokens.verify(token).user_id for tokens in (running, starting) for token in (old, issued)]
    assert [new.kid] * 2 == [jwt.get_unverified_header(token)["kid"] for token in (issued, running.issue(ADA, None, 60))]
    assert secret == running.secrets(b"cursors")[1:] == starting.secrets(b"cursors")[1:]
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert [key_file] == list(key_file.parent.iterdir())


@pytest.mark.usefixtures("refresh_always")
def test_retired_key_stops_verifying_at_its_end(key_file: Path) -> None:
    """A token with a later expiry ends with its key, even if it was cached."""
    tokens = Tokens.load(key_file)
    token = tokens.issue(ADA, None, 1000)
    rotate(key_file, keep=2)
    ends = tokens.verify(token).expires_at
    time.sleep(2.1)

    assert ends - datetime.now(UTC) < timedelta()
    assert [TokenFault.EXPIRED] * 2 == [fault_of(tokens, token), fault_of(Tokens.load(key_file), token)]
    assert 1 == len(tokens.secrets(b"cursors"))
    assert 3 == len(rotate(key_file, keep=60))  # the expired key stays, to decrypt what is stored


@pytest.mark.usefixtures("refresh_always")
def test_revocation_invalidates_all_tokens_immediately(key_file: Path) -> None:
    """Earlier tokens are refused, even by a running gateway that has cached them."""
    tokens = Tokens.load(key_file)
    token = tokens.issue(ADA, None, 60)
    tokens.verify(token)
    notified: list[str] = []
    tokens.follow(lambda: notified.append(tokens.kid))
    before = tokens.kid

    new, _revoked = rotate(key_file, keep=0)

    assert TokenFault.EXPIRED == fault_of(tokens, token)
    assert [new.kid] == notified
    assert 1 == len(tokens.secrets(b"cursors"))
    assert [new.kid, before] == [key.kid for key in load(key_file)]  # to decrypt what is stored


@pytest.mark.usefixtures("refresh_always")
def test_running_gateway_keeps_its_keys_if_the_file_is_unreadable(key_file: Path) -> None:
    """A running gateway keeps its keys if the file becomes invalid or is deleted."""
    tokens = Tokens.load(key_file)
    token = tokens.issue(ADA, None, 60)
    key_file.write_text("nothing")
    claims = tokens.verify(token)
    key_file.unlink()

    assert [ADA, ADA] == [claims.user_id, tokens.verify(token).user_id]


@pytest.mark.parametrize("kid", ["unknown", "", 1, None, ["a"]])
def test_token_of_an_unknown_key_is_refused(tokens: Tokens, key: Ed25519PrivateKey, kid: Any) -> None:
    """A token with an unknown key id is never verified with another key."""
    token = f"{encoded({'alg': 'EdDSA', 'typ': 'JWT', 'kid': kid})}.{encoded(CLAIMS)}"
    signature = base64.urlsafe_b64encode(key.sign(token.encode())).rstrip(b"=").decode()

    assert fault_of(tokens, f"{token}.{signature}") in (TokenFault.SIGNATURE, TokenFault.MALFORMED)


@pytest.mark.parametrize("named", ["jwk", "jku", "x5u", "x5c"])
def test_key_that_a_token_brings_is_not_used(tokens: Tokens, named: str) -> None:
    """A header that holds or names the sender's own key doesn't make its signature valid."""
    own = Ed25519PrivateKey.generate()
    public = base64.urlsafe_b64encode(own.public_key().public_bytes_raw()).rstrip(b"=").decode()
    value: dict[str, Any] = {"jwk": {"kty": "OKP", "crv": "Ed25519", "x": public}, "x5c": [public]}
    header = {named: value.get(named, "https://elsewhere.example/keys")}

    assert fault_of(tokens, jwt.encode(CLAIMS, own, algorithm="EdDSA", headers=header)) == TokenFault.SIGNATURE


def test_file_with_only_retired_keys_is_refused(key_file: Path) -> None:
    """The first key in the file must be the signing key."""
    Tokens.load(key_file)
    key_file.write_text("Verifies-Until: 2100-01-01T00:00:00+00:00\n" + key_file.read_text())

    with pytest.raises(UnusableKey, match="does not contain an Ed25519 private key"):
        Tokens.load(key_file)
