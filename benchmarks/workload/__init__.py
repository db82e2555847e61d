"""The workload: four queries of a generated market, sent as four viewers. `database.workload` creates it."""
