"""What partitions do to the gateway's own statements: a simulation of large tables, plain and partitioned."""
