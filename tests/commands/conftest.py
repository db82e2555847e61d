"""The sample market at both scales, made but not stored, and a place for an embedded PostgreSQL."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from commands.demo.market import make
from commands.demo.world import World
from tests.conftest import SEED


@pytest.fixture(scope="session")
def world() -> World:
    """The small market that is in the databases of the tests."""
    return make("small", SEED, lambda *_: None)


@pytest.fixture(scope="session")
def large_world() -> World:
    """A large market of another seed."""
    return make("large", SEED + 1, lambda *_: None)


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A data directory that the system user of PostgreSQL may reach, which pytest's are not."""
    directory = Path(tempfile.mkdtemp(prefix="crossgate-test-"))
    yield directory
    shutil.rmtree(directory)
