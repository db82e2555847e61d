"""The `crossgate` command: one module per subcommand, imported only when it's called. Run it as `python -m commands`."""
