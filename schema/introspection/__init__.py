"""Introspection."""
