"""`crossgate key rotate` signs with a new key. Tokens of the previous key stay valid until they expire or are revoked."""

from __future__ import annotations

import re
from pathlib import Path
from uuid import uuid4

import pytest
from typer.testing import CliRunner

from commands.__main__ import app
from resolvers.reading.cursors import Cursors, InvalidCursor
from tests.commands.process import crossgate, run_subprocess
from transport.authentication.tokens import InvalidToken, Tokens


def test_rotation_preserves_tokens_and_cursors(tmp_path: Path) -> None:
    """The output names the new key and says how long the previous one is accepted."""
    before = Tokens.load(tmp_path / "signing-key.pem")
    token, key = before.issue(uuid4(), None, 60), uuid4()
    (cursor,) = Cursors(*before.secrets(b"cursors")).seal("ports", [((), key)])

    done = run_subprocess("key", "rotate", data_dir=tmp_path)
    after = Tokens.load(tmp_path / "signing-key.pem")

    expected = rf"{after.kid} is the new signing key\.\n{before.kid} is accepted until \d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\dZ\.\n"
    assert (0, "") == (done.returncode, done.stderr)
    assert re.fullmatch(expected, done.stdout)
    assert after.verify(token)
    assert [key] == Cursors(*after.secrets(b"cursors")).open("ports", cursor, "after")


def test_revocation_invalidates_tokens_and_cursors(tmp_path: Path) -> None:
    """After a revocation, existing tokens and cursors are refused with their own errors."""
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


def test_key_readable_by_others_is_named(tmp_path: Path) -> None:
    """The message says what to do, without a traceback."""
    path = tmp_path / "signing-key.pem"
    Tokens.load(path)
    path.chmod(0o644)

    done = crossgate("key", "rotate", data_dir=tmp_path)

    assert (1, "") == (done.returncode, done.stdout)
    assert done.stderr.startswith(f"crossgate: {path} is accessible to users other than its owner (mode 0644). Run `chmod 600")
    assert 1 == len(done.stderr.splitlines())


def test_keep_and_revoke_exclude_each_other() -> None:
    """Using both is a usage error."""
    done = CliRunner().invoke(app, ["key", "rotate", "--revoke", "--keep", "5"])

    assert (2, "") == (done.exit_code, done.stdout)
