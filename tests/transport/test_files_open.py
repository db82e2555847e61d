"""Open files: the process raises its limit to what its connections need, and warns if it can't."""

from __future__ import annotations

import resource
from resource import RLIM_INFINITY

import pytest
from structlog.testing import capture_logs

from transport.serve import raise_file_limit


@pytest.mark.parametrize(
    ("soft", "hard", "set_to", "warned"),
    [
        pytest.param(1024, 1_048_576, 5500, False, id="raised to the need"),
        pytest.param(1024, RLIM_INFINITY, 5500, False, id="raised without a hard limit"),
        pytest.param(1024, 4096, 4096, True, id="raised to the hard limit"),
        pytest.param(4096, 4096, None, True, id="already at the hard limit"),
        pytest.param(65_536, 1_048_576, None, False, id="never lowered"),
        pytest.param(RLIM_INFINITY, RLIM_INFINITY, None, False, id="unlimited"),
        pytest.param(5500, 5500, None, False, id="exactly enough"),
    ],
)
def test_file_limit_is_raised_to_what_is_needed(
    monkeypatch: pytest.MonkeyPatch, soft: int, hard: int, set_to: int | None, warned: bool
) -> None:
    """The soft limit is raised, never lowered, and never above the hard limit. If that is too low, a warning is logged."""
    changed: list[tuple[int, int]] = []
    monkeypatch.setattr(resource, "getrlimit", lambda _kind: (soft, hard))
    monkeypatch.setattr(resource, "setrlimit", lambda _kind, limits: changed.append(limits))

    with capture_logs() as logs:
        raise_file_limit(5500)

    allowed = min(set_to or soft, hard)
    warning = {"event": "files.limited", "allowed": allowed, "wanted": 5500, "log_level": "warning"}
    assert ([] if set_to is None else [(set_to, hard)]) == changed
    assert ([warning] if warned else []) == logs
