"""Auditing: what requests did, and what policy denied them. The entry point is `audit_trail.record`, called once for each result.

- audit_trail: the denials, explanations, view-as requests and reads of one request
- audit_log: writes them to the database, in batches or at once

Changes to rows are recorded by resolvers/writing/change_log.py, in the transaction that makes them.
"""
