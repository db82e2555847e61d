"""Gauges that are read when metrics are: the pools of connections, the policy, the caches, and what waits."""

from __future__ import annotations

from typing import Any

from models.replicas import Replicas
from resolvers.context import Services
from schema.extensions.planned_execution import Planning
from telemetry import metrics


def watch_services(services: Services) -> None:
    """Show the services of this process."""
    reader, listener, pool = services.reader, services.change_listener, services.engine.pool
    metrics.POLICY.read = lambda: {(services.policy.version,): 1}
    metrics.LISTENING.read = lambda: {(): listener.is_connected.is_set()}
    metrics.AUDIT_PENDING.read = lambda: {(): services.audit.pending}
    metrics.POOL_WAITING.read = lambda: {("read",): reader.waiting}
    metrics.POOL.read = lambda: {
        ("read", "in_use"): reader.in_use,
        ("read", "idle"): reader.idle,
        ("write", "in_use"): _of(pool).checkedout(),
        ("write", "idle"): _of(pool).checkedin(),
    }
    metrics.POOL_LIMIT.read = lambda: {("read",): reader.size, ("write",): _of(pool).size()}


def watch_replicas(replicas: Replicas) -> None:
    """Show how far each replica is behind, by its number in the settings."""
    metrics.REPLICA_LAG_SECONDS.read = lambda: {(str(number),): lag for number, lag in enumerate(replicas.lags(), start=1)}


def watch_plans(planning: Planning) -> None:
    """Show the plan cache of this process."""
    metrics.PLANS.read = lambda: {(_documents(trusted),): plans for trusted, (plans, _) in planning.sizes().items()}
    metrics.PLAN_CHARACTERS.read = lambda: {
        (_documents(trusted),): characters for trusted, (_, characters) in planning.sizes().items()
    }


def _of(pool: Any) -> Any:
    """Return SQLAlchemy's queue of connections, whose counts its base type doesn't declare."""
    return pool


def _documents(trusted: bool) -> str:
    return "trusted" if trusted else "other"
