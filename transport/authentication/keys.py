"""The keys that sign tokens, in one file that all gateway processes share and only its owner reads.

The first key of the file signs. Those that follow are retired: each verifies what it has signed until the time that stands above it,
and then no longer. Rotation replaces the file as a whole, so nobody reads half of it. A key must never reach a log or a message.
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
OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_BLOCK: Final = re.compile(
    rf"(?:^{RETIRED}[ ]*(?P<until>\S+)\s*)?^(?P<pem>-----BEGIN (?P<kind>[A-Z ]*PRIVATE KEY)-----.*?^-----END (?P=kind)-----)",
    re.DOTALL | re.MULTILINE,
)


class UnusableKey(Exception):
    """The file of the signing key cannot be read or holds something else, or others than its owner may read it."""

    def __init__(self, path: Path, problem: str = "") -> None:
        no_key = "holds no Ed25519 private key in PEM form. Remove it to have a new key made."
        super().__init__(f"{path} {problem or no_key}")


@dataclass(frozen=True, slots=True)
class Key:
    """A key and its name in the headers of tokens; `until` when it verifies, None for the key that signs."""

    private: Ed25519PrivateKey
    kid: str
    until: datetime | None = None

    @classmethod
    def of(cls, private: Ed25519PrivateKey, until: datetime | None = None) -> Key:
        """Named by its public part."""
        digest = hashes.Hash(hashes.SHA256())
        digest.update(private.public_key().public_bytes_raw())
        return cls(private, digest.finalize().hex()[:16], until)

    @property
    def is_usable(self) -> bool:
        """Whether it still verifies."""
        return self.until is None or datetime.now(UTC) < self.until


Stamp = tuple[int, int, int]


def stamp(path: Path) -> Stamp:
    """What changes when a file does."""
    found = path.stat()
    return found.st_mtime_ns, found.st_ino, found.st_size


def load(path: Path) -> tuple[Key, ...]:
    """The keys of a file, the one that signs first; made if there is none. Raises UnusableKey.

    Processes that start at once agree on one key.
    """
    try:
        if not path.exists():
            _create(path)
        mode = path.stat().st_mode
        if not stat.S_ISREG(mode):
            raise UnusableKey(path, "is no file. Name a file, or remove this to have a new key made.")
        keys = tuple(_parsed(path))
    except OSError as error:
        raise UnusableKey(path, f"cannot be read or made: {error.strerror}.") from None
    if not keys or keys[0].until is not None:
        raise UnusableKey(path)
    if (mode := stat.S_IMODE(mode)) & OTHERS:
        mend = f"Run `chmod 600 {path}`. If somebody may have read it, run `crossgate key rotate --revoke` too."
        raise UnusableKey(path, f"can be read or changed by others than its owner (mode {mode:04o}). {mend}")
    return keys


def rotate(path: Path, keep: int) -> tuple[Key, ...]:
    """Put a new key in front of those of a file. The one before verifies for `keep` seconds more; 0 ends all of before at once."""
    path = path.resolve()
    with _alone(path):
        now, known = datetime.now(UTC), load(path)
        until = (now + timedelta(seconds=keep)).replace(microsecond=0)
        retired = [replace(known[0], until=until), *(key for key in known[1:] if key.is_usable)] if keep else []
        keys = (Key.of(Ed25519PrivateKey.generate()), *retired)
        with _draft(path, keys) as draft:
            _own(draft, path.stat())
            Path(draft).replace(path)
        return keys


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
    """Write a new key beside `path`, then link it there: the first link wins."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with _draft(path, [Key.of(Ed25519PrivateKey.generate())]) as draft:
        try:
            os.link(draft, path)
        except FileExistsError:
            return


@contextmanager
def _draft(path: Path, keys: Sequence[Key]) -> Iterator[str]:
    """A file beside `path` with these keys, which nobody else reads; gone afterwards unless it was moved."""
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
    """Give the file to the owner of the one that it replaces, so that the gateway can read it though root has rotated."""
    if os.geteuid() == 0:
        os.chown(draft, like.st_uid, like.st_gid)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """One rotation at a time."""
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)
