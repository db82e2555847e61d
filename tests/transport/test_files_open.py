"""Open files: the process asks the system for as many as its connections need, and says so where it gets fewer."""

from __future__ import annotations

import resource
from resource import RLIM_INFINITY

import pytest
from structlog.testing import capture_logs

from transport.serve import raise_file_limit


@pytest.mark.parametrize(
    ("soft", "hard", "set_to", "warned"),
    [
        pytest.param(1024, 1_048_576, 5500, False, id="raised to what is needed"),
        pytest.param(1024, RLIM_INFINITY, 5500, False, id="raised where nothing bounds it"),
        pytest.param(1024, 4096, 4096, True, id="raised as far as it goes"),
        pytest.param(4096, 4096, None, True, id="as high as it goes"),
        pytest.param(65_536, 1_048_576, None, False, id="never lowered"),
        pytest.param(RLIM_INFINITY, RLIM_INFINITY, None, False, id="nothing bounds it"),
        pytest.param(5500, 5500, None, False, id="just enough"),
    ],
)
def test_a_process_may_open_as_many_files_as_it_needs(
    monkeypatch: pytest.MonkeyPatch, soft: int, hard: int, set_to: int | None, warned: bool
) -> None:
    """The soft limit is raised, never lowered and never above the hard one. Where that is too low, the log says so."""
    changed: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _kind: (soft, hard))
    monkeypatch.setattr(resource, "setrlimit", lambda _kind, limits: changed.append(limits))

    with capture_logs() as logs:
        raise_file_limit(5500)

    allowed = min(set_to or soft, hard)
    warning = {"event": "files.limited", "allowed": allowed, "wanted": 5500, "log_level": "warning"}
    assert ([] if set_to is None else [(set_to, hard)]) == changed
    assert ([warning] if warned else []) == logs
