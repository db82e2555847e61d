"""Telemetry: what the processes count and time, and the traces that they export. It knows nothing of requests.

- metrics: every metric, with its name, meaning, label and buckets
- families: the kinds of metrics, which the hot path updates in a fraction of a microsecond
- snapshots: the numbers of all metrics as data, and the sums over several processes
- tracing: OpenTelemetry spans of requests, operations and statements, if they are exported

No label and no span contains a value that policy protects: labels come from the code, and spans have texts without values.
"""
