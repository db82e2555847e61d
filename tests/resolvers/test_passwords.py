"""The threads that hash and compare passwords."""

from __future__ import annotations

import os

import pytest

from resolvers.identity.passwords import Passwords


@pytest.mark.parametrize(("processes", "threads"), [(1, 8), (4, 2), (16, 1)])
def test_processes_share_half_of_the_processors(monkeypatch: pytest.MonkeyPatch, processes: int, threads: int) -> None:
    """On 16 processors, all processes together hash eight passwords at once, or one each if there are more of them."""
    monkeypatch.setattr(os, "cpu_count", lambda: 16)
    passwords = Passwords(processes)
    passwords.close()

    assert threads == passwords._threads._max_workers
