"""The `crossgate` command: one module per subcommand, imported only when it's called. Run it as `python -m commands`."""

import gc

# Python's thresholds collect garbage dozens of times while modules load, and find none.
gc.set_threshold(50_000, 20, 50)
