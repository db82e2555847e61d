"""The `crossgate` command: one module per subcommand, imported only when it's called. Run it as `python -m commands`.

Such a module imports only what its signature needs, so that help appears at once. What it does is in the module of the same name in
`work`, which it imports when it runs. The modules that several of those share are next to it.
"""

import gc

# Python's thresholds collect garbage dozens of times while modules load, and find none.
gc.set_threshold(50_000, 20, 50)
