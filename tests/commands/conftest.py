"""The demo data at both scales, built but not stored, and a directory for an embedded PostgreSQL."""

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
    """The small demo data that the test databases contain."""
    return make("small", SEED, lambda *_: None)


@pytest.fixture(scope="session")
def large_world() -> World:
    """Large demo data with another seed."""
    return make("large", SEED + 1, lambda *_: None)


@pytest.fixture
def data_dir() -> Iterator[Path]:
    """A data directory that PostgreSQL's system user can access, unlike pytest's directories."""
    directory = Path(tempfile.mkdtemp(prefix="crossgate-test-"))
    yield directory
    shutil.rmtree(directory)
