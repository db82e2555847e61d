"""Every metric of the gateway and the worker. docs/operate/metrics.md explains each, and a test compares them."""

from __future__ import annotations

from typing import Final

from telemetry.families import Counter, Gauge, Histogram

REQUEST_BUCKETS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)  # seconds
STATEMENT_BUCKETS: Final = (0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0)
JOB_BUCKETS: Final = (0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 300.0)

REQUEST_SECONDS: Final = Histogram(
    "crossgate_request_duration_seconds", "Time to answer a request.", ("kind",), bounds=REQUEST_BUCKETS
)
RESPONSES: Final = Counter("crossgate_responses_total", "Responses, by HTTP status.", ("status",))
ERRORS: Final = Counter("crossgate_errors_total", "Errors and refusals that clients got, by code.", ("code",))
RATE_LIMITED: Final = Counter("crossgate_rate_limited_total", "Requests refused because a quota was used up.", ("payer",))
OPEN: Final = Gauge("crossgate_open", "Open connections, sockets and subscriptions.", ("what",))
EVENT_SECONDS: Final = Histogram(
    "crossgate_event_duration_seconds",
    "Time of a step of an event: for all subscribers who share, or for one alone.",
    ("step",),
    bounds=REQUEST_BUCKETS,
)
LOOP_DELAY_SECONDS: Final = Histogram(
    "crossgate_event_loop_delay_seconds", "How late the event loop runs what is due.", bounds=REQUEST_BUCKETS
)

EXECUTIONS: Final = Counter("crossgate_executions_total", "Operations, by what executed them.", ("executor",))
UNPLANNED: Final = Counter(
    "crossgate_unplanned_total", "Operations with parts that graphql-core executed, by the reason.", ("reason",)
)
PLAN_LOOKUPS: Final = Counter("crossgate_plan_lookups_total", "Lookups in the plan cache.", ("result",))
REMEMBERED_FACTS: Final = Counter(
    "crossgate_remembered_facts_total", "Queries that started with remembered facts of their viewer.", ("result",)
)
REPLICA_READS: Final = Counter(
    "crossgate_replica_reads_total", "Queries by replicas, and why the primary took over.", ("result",)
)
REPLICA_LAG_SECONDS: Final = Gauge(
    "crossgate_replica_lag_seconds", "How far a replica is behind the primary.", ("replica",), combine=max
)
PLANS: Final = Gauge("crossgate_plans", "Plans in the cache.", ("documents",))
PLAN_CHARACTERS: Final = Gauge("crossgate_plan_cache_characters", "Characters that the plans count.", ("documents",))
REDACTIONS: Final = Counter("crossgate_redactions_total", "Entries of `extensions.redactions`.", ("reason",))
POLICY: Final = Gauge("crossgate_policy_info", "The policy in force.", ("version",), combine=max)

STATEMENT_SECONDS: Final = Histogram(
    "crossgate_statement_duration_seconds", "Time of an SQL statement.", ("access",), bounds=STATEMENT_BUCKETS
)
POOL: Final = Gauge("crossgate_database_connections", "Connections to the database.", ("access", "state"))
POOL_LIMIT: Final = Gauge("crossgate_database_connections_limit", "Connections that can be open.", ("access",))
POOL_WAITING: Final = Gauge("crossgate_database_waiting", "Statements that wait for a connection.", ("access",))
LISTENING: Final = Gauge(
    "crossgate_change_listener_connected", "1 while change events arrive from the database, else 0.", combine=min
)
AUDIT_PENDING: Final = Gauge("crossgate_audit_pending", "Audit events that wait to be written.")

JOBS: Final = Gauge("crossgate_jobs", "Jobs in the queue.", ("queue", "state"), combine=max)
JOB_DELAY_SECONDS: Final = Gauge(
    "crossgate_job_delay_seconds", "How long the oldest due job has waited.", ("queue",), combine=max
)
JOB_SECONDS: Final = Histogram("crossgate_job_duration_seconds", "Time of a job.", ("queue", "result"), bounds=JOB_BUCKETS)
MAILS: Final = Counter("crossgate_mails_total", "Attempts to send an email.", ("result",))
WEBHOOKS: Final = Counter("crossgate_webhook_deliveries_total", "Attempts to deliver a webhook.", ("result",))
EXPORTS: Final = Counter("crossgate_exports_total", "Exports that ended in the worker.", ("result",))
EXPORT_ROWS: Final = Counter("crossgate_export_rows_total", "Rows that were written to exports.")
EXPORT_BYTES: Final = Counter("crossgate_export_bytes_total", "Bytes that were written to exports, compressed.")

FAMILIES: Final = tuple(value for value in vars().values() if isinstance(value, Counter | Gauge | Histogram))
