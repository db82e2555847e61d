"""The numbers of `make test-apart`, and what its gateways add to requests."""

from __future__ import annotations

import pytest

from tests.apart import ENOUGH, HEADER, ApartPlugin, _with_position


@pytest.mark.parametrize(
    ("requests", "answered", "behind", "is_one_sided"),
    [(ENOUGH, 9, 0, True), (ENOUGH, 0, 9, True), (ENOUGH, 0, 0, True), (ENOUGH, 1, 1, False), (9, 3, 0, False)],
)
def test_run_fails_if_the_replica_never_answers_or_is_never_behind(
    requests: int, answered: int, behind: int, is_one_sided: bool
) -> None:
    """It is judged once there were enough requests."""
    plugin = ApartPlugin()
    plugin.requests, plugin.answered, plugin.behind = requests, answered, behind

    assert is_one_sided == plugin.is_one_sided


def test_request_gets_the_position_unless_the_test_sends_one() -> None:
    """A test about positions sends its own."""
    own = {"headers": [(HEADER, b"own")]}

    assert [(b"accept", b"*/*"), (HEADER, b"primary")] == _with_position({"headers": [(b"accept", b"*/*")]}, b"primary")[
        "headers"
    ]
    assert own == _with_position(own, b"primary")
