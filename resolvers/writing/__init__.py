"""Writing: how a mutation changes the database. The entry point is `runner.Mutation`, which runs one command.

- runner: runs a mutation: one transaction, its idempotency key, and the result that the viewer can read
- procedures: runs a mutation that opens several transactions, or returns plain values
- transactions: runs a unit of work and retries it when PostgreSQL or changed rights require it
- unit_of_work: finds and locks rows if policy allows the action; commands work only through it
- rights: makes sure the viewer's rights still hold when the transaction commits
- input_reader, field_readers: read and validate input, and collect all errors
- user_errors: the errors of a mutation, with codes and paths
- idempotency: runs a request with the same Idempotency-Key only once
- change_log: writes an audit event for each changed row, in the same transaction
"""
