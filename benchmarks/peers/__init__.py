"""The servers to compare: separate processes that answer the workload's queries from the same data. `registry` lists them."""
