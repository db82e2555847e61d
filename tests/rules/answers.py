"""Whole answers: what the gateway is expected to say, to the last key of its body."""

from __future__ import annotations

import json
from typing import Any

from tests.client import POLICY, Answer


def response_of(answer: Answer) -> Any:
    """All that came back."""
    return json.loads(answer.body)


def payload(data: Any, *redactions: dict[str, Any]) -> dict[str, Any]:
    """The whole of an answer without errors: its data, the policy that has decided, and its redactions where there are any."""
    return {"data": data, "extensions": {"policy": POLICY} | ({"redactions": list(redactions)} if redactions else {})}


def redaction_at(path: str, reason: str) -> dict[str, Any]:
    """A redaction, its path with points: `ports.nodes.*.monthlyRate`."""
    steps: list[str | int] = [int(step) if step.isdigit() else step for step in path.split(".")]
    return {"path": steps, "reason": reason}


def nodes(*items: Any) -> dict[str, Any]:
    """A connection of which only the nodes are asked."""
    return {"nodes": list(items)}


def ids(*things: Any) -> dict[str, Any]:
    """A connection of which only the ids are asked, with its count."""
    return {"nodes": [{"id": thing.id} for thing in things], "totalCount": len(things)}
