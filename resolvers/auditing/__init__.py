"""Auditing: what requests did, and what policy denied them. The entry point is `recording.record`, called once for each result.

- recording: turns the result and the audit trail of a request into events
- audit_trail: collects the refused actions and explained decisions of one request
- audit_log: writes events to the database, in batches or at once

Changes to rows are recorded by resolvers/writing/change_log.py, in the transaction that makes them.
"""
