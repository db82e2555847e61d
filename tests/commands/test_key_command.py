"""`crossgate key rotate` signs with a new key; what the one before has signed is good until it ends, or revoked."""

from __future__ import annotations

import re
from pathlib import Path
from uuid import uuid4

import pytest
from typer.testing import CliRunner

from commands.__main__ import app
from resolvers.reading.cursors import Cursors, InvalidCursor
from tests.commands.process import crossgate, started
from transport.authentication.tokens import InvalidToken, Tokens


def test_a_rotation_keeps_tokens_and_cursors(tmp_path: Path) -> None:
    """It says which key signs and how long the one before verifies."""
    before = Tokens.load(tmp_path / "signing-key.pem")
    token, key = before.issue(uuid4(), None, 60), uuid4()
    (cursor,) = Cursors(*before.secrets(b"cursors")).seal("ports", [((), key)])

    done = started("key", "rotate", data_dir=tmp_path)
    after = Tokens.load(tmp_path / "signing-key.pem")

    said = rf"{after.kid} is the new signing key\.\n{before.kid} is accepted until \d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\dZ\.\n"
    assert (0, "") == (done.returncode, done.stderr)
    assert re.fullmatch(said, done.stdout)
    assert after.verify(token)
    assert [key] == Cursors(*after.secrets(b"cursors")).open("ports", cursor, "after")


def test_a_revocation_keeps_nothing(tmp_path: Path) -> None:
    """Tokens are not believed, and cursors have a clear error."""
    before = Tokens.load(tmp_path / "signing-key.pem")
    token = before.issue(uuid4(), None, 60)
    (cursor,) = Cursors(*before.secrets(b"cursors")).seal("ports", [((), uuid4())])

    done = crossgate("key", "rotate", "--revoke", data_dir=tmp_path)
    after = Tokens.load(tmp_path / "signing-key.pem")

    assert (0, f"{after.kid} is the new signing key.\nAll existing tokens and cursors are now invalid.\n") == (
        done.returncode,
        done.stdout,
    )
    with pytest.raises(InvalidToken):
        after.verify(token)
    with pytest.raises(InvalidCursor):
        Cursors(*after.secrets(b"cursors")).open("ports", cursor, "after")


def test_a_key_that_others_can_read_is_named(tmp_path: Path) -> None:
    """The message says what to do, without a traceback."""
    path = tmp_path / "signing-key.pem"
    Tokens.load(path)
    path.chmod(0o644)

    done = crossgate("key", "rotate", data_dir=tmp_path)

    assert (1, "") == (done.returncode, done.stdout)
    assert done.stderr.startswith(f"crossgate: {path} is accessible to users other than its owner (mode 0644). Run `chmod 600")
    assert 1 == len(done.stderr.splitlines())


def test_keeping_and_revoking_exclude_each_other() -> None:
    """Both together are a wrong use of the command line."""
    done = CliRunner().invoke(app, ["key", "rotate", "--revoke", "--keep", "5"])

    assert (2, "") == (done.exit_code, done.stdout)
