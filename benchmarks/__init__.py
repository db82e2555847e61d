"""Benchmarks of the gateway, run by `python -m benchmarks`. Results are ratios within one run, which hardly differ by machine."""
