"""The `crossgate` command: one module for each subcommand, imported only when it is called. Run as `python -m commands`."""
