"""Snapshots of metrics: those of several processes make one, in which counters never go down."""

from __future__ import annotations

from telemetry import snapshots

COUNTER, GAUGE, LISTENING, POLICY, TIMES = (
    "crossgate_responses_total",
    "crossgate_open",
    "crossgate_change_listener_connected",
    "crossgate_policy_info",
    "crossgate_event_duration_seconds",
)


def test_processes_are_combined_as_their_metrics_say() -> None:
    """Counters and histograms are added up, also of ended processes. Gauges of the living are added, or the worst is shown."""
    first: snapshots.Snapshot = {
        COUNTER: {("200",): [3.0]},
        GAUGE: {("sockets",): [2.0]},
        LISTENING: {(): [1.0]},
        POLICY: {("old",): [1.0]},
        TIMES: {(): [1.0, 2.0, 0.5]},
    }
    second: snapshots.Snapshot = {
        COUNTER: {("200",): [4.0], ("404",): [1.0]},
        GAUGE: {("sockets",): [5.0]},
        LISTENING: {(): [0.0]},
        POLICY: {("old",): [1.0], ("new",): [1.0]},
        TIMES: {(): [0.0, 1.0, 0.25]},
    }

    found = snapshots.combined([first, second], snapshots.counted([first, second]))

    assert {
        COUNTER: {("200",): [14.0], ("404",): [2.0]},
        GAUGE: {("sockets",): [7.0]},
        LISTENING: {(): [0.0]},
        POLICY: {("old",): [1.0], ("new",): [1.0]},
        TIMES: {(): [2.0, 6.0, 1.5]},
    } == {name: numbers for name, numbers in found.items() if numbers}


def test_what_was_counted_before_can_be_left_out() -> None:
    """A forked process reports what it has counted itself, and its gauges as they are."""
    before: snapshots.Snapshot = {COUNTER: {("200",): [3.0]}, GAUGE: {("sockets",): [2.0]}}
    now: snapshots.Snapshot = {COUNTER: {("200",): [5.0], ("404",): [1.0]}, GAUGE: {("sockets",): [2.0]}}

    assert {COUNTER: {("200",): [2.0], ("404",): [1.0]}, GAUGE: {("sockets",): [2.0]}} == snapshots.since(before, now)
