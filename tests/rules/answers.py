"""Whole responses: what the gateway is expected to return, to the last key of the body."""

from __future__ import annotations

import json
from typing import Any

from tests.client import POLICY, Answer


def response_of(answer: Answer) -> Any:
    """Return the parsed body of a response."""
    return json.loads(answer.body)


def payload(data: Any, *redactions: dict[str, Any]) -> dict[str, Any]:
    """Return a whole response without errors: its data, the policy version, and its redactions if there are any."""
    return {"data": data, "extensions": {"policy": POLICY} | ({"redactions": list(redactions)} if redactions else {})}


def redaction_at(path: str, reason: str) -> dict[str, Any]:
    """Return a redaction. `path` is dotted, with indexes: `ports.nodes.0.monthlyRate`."""
    steps: list[str | int] = [int(step) if step.isdigit() else step for step in path.split(".")]
    return {"path": steps, "reason": reason}


def nodes(*items: Any) -> dict[str, Any]:
    """Return a connection whose query selects only the nodes."""
    return {"nodes": list(items)}


def ids(*things: Any) -> dict[str, Any]:
    """Return a connection whose query selects only the ids and the count."""
    return {"nodes": [{"id": thing.id} for thing in things], "totalCount": len(things)}
