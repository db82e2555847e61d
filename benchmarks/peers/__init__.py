"""The servers that are measured side by side: each a process of its own that answers the workload's queries with the same data."""
