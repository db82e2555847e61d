"""The keys that sign tokens, in one file that all gateway processes share and only its owner can read.

The first key in the file signs. The others are retired: each verifies the tokens that it signed until the time written above it, and
stays in the file after that, because what is stored encrypted with it has to stay readable.
Rotation replaces the file atomically, so no reader sees half of it. A key must never reach a log or a message.
"""

from __future__ import annotations

import fcntl
import os
import re
import stat
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

RETIRED: Final = "Verifies-Until:"  # above a retired key, which PEM allows
GROUP_AND_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_BLOCK: Final = re.compile(
    rf"(?:^{RETIRED}[ ]*(?P<until>\S+)\s*)?^(?P<pem>-----BEGIN (?P<kind>[A-Z ]*PRIVATE KEY)-----.*?^-----END (?P=kind)-----)",
    re.DOTALL | re.MULTILINE,
)


class UnusableKey(Exception):
    """The signing key file can't be read, isn't valid, or is accessible to users other than its owner."""

    def __init__(self, path: Path, problem: str = "") -> None:
        no_key = "does not contain an Ed25519 private key in PEM format. Remove the file to have a new key generated."
        super().__init__(f"{path} {problem or no_key}")


@dataclass(frozen=True, slots=True)
class Key:
    """A key and its ID in token headers. It verifies tokens until `until`; the signing key has None."""

    private: Ed25519PrivateKey
    kid: str
    until: datetime | None = None

    @classmethod
    def of(cls, private: Ed25519PrivateKey, until: datetime | None = None) -> Key:
        """Return the key with an ID derived from its public part."""
        digest = hashes.Hash(hashes.SHA256())
        digest.update(private.public_key().public_bytes_raw())
        return cls(private, digest.finalize().hex()[:16], until)

    @property
    def is_usable(self) -> bool:
        """Whether the key still verifies tokens."""
        return self.until is None or datetime.now(UTC) < self.until


Stamp = tuple[int, int, int]


def stamp(path: Path) -> Stamp:
    """Return a value that changes whenever the file does."""
    status = path.stat()
    return status.st_mtime_ns, status.st_ino, status.st_size


def load(path: Path) -> tuple[Key, ...]:
    """Load the keys of a file, the signing key first. Create the file if it doesn't exist. Raises UnusableKey.

    Processes that start at the same time agree on one key.
    """
    try:
        if not path.exists():
            _create(path)
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            raise UnusableKey(path, "is not a regular file. Choose another path, or remove it to have a new key generated.")
        keys = tuple(_parsed(path))
    except OSError as error:
        raise UnusableKey(path, f"cannot be read or created: {error.strerror}.") from None
    if not keys or keys[0].until is not None:
        raise UnusableKey(path)
    if (mode := stat.S_IMODE(mode)) & GROUP_AND_OTHERS:
        fix = f"Run `chmod 600 {path}`. If anyone else may have read the key, also run `crossgate key rotate --revoke`."
        raise UnusableKey(path, f"is accessible to users other than its owner (mode {mode:04o}). {fix}")
    return keys


def rotate(path: Path, keep: int) -> tuple[Key, ...]:
    """Add a new signing key to a file. The previous one verifies for `keep` more seconds; 0 revokes all earlier keys at once.

    No key is removed: a retired one still decrypts what is stored.
    """
    path = path.resolve()
    with _alone(path):
        now, current = datetime.now(UTC), load(path)
        until = (now + timedelta(seconds=keep)).replace(microsecond=0)
        retired = [replace(key, until=_end(key, until, is_revoked=not keep)) for key in current]
        keys = (Key.of(Ed25519PrivateKey.generate()), *retired)
        with _draft(path, keys) as draft:
            _own(draft, path.stat())
            Path(draft).replace(path)
        return keys


def _end(key: Key, until: datetime, *, is_revoked: bool) -> datetime:
    """Return when a key ends at a rotation: a retired one when it would have anyway, unless it's revoked."""
    if key.until is None:
        return until
    return min(key.until, until) if is_revoked else key.until


def _parsed(path: Path) -> Iterator[Key]:
    text = path.read_bytes().decode("ascii", "replace")
    for block in _BLOCK.finditer(text):
        try:
            private = serialization.load_pem_private_key(block["pem"].encode(), password=None)
            until = None if block["until"] is None else datetime.fromisoformat(block["until"]).astimezone(UTC)
        except (ValueError, TypeError):
            raise UnusableKey(path) from None
        if not isinstance(private, Ed25519PrivateKey):
            raise UnusableKey(path)
        yield Key.of(private, until)


def _create(path: Path) -> None:
    """Write a new key to a temporary file, then link it to `path`: the first process to link wins."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with _draft(path, [Key.of(Ed25519PrivateKey.generate())]) as draft:
        try:
            os.link(draft, path)
        except FileExistsError:
            return


@contextmanager
def _draft(path: Path, keys: Sequence[Key]) -> Iterator[str]:
    """Write the keys to a private temporary file next to `path`, which is removed afterwards unless it was moved."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # with mode 0600
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write("\n".join(map(_written, keys)))
            file.flush()
            os.fsync(file.fileno())
        yield name
    finally:
        Path(name).unlink(missing_ok=True)


def _written(key: Key) -> str:
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    above = "" if key.until is None else f"{RETIRED} {key.until.isoformat()}\n"
    return above + key.private.private_bytes(*form).decode("ascii")


def _own(draft: str, like: os.stat_result) -> None:
    """Give the file the owner of the one it replaces, so that the gateway can read it after root rotates the keys."""
    if os.geteuid() == 0:
        os.chown(draft, like.st_uid, like.st_gid)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold a lock, so that only one rotation runs at a time."""
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)
