"""Measurements of the gateway. Each is a ratio within one run, because machines differ and ratios hardly do."""
