"""The error that every policy problem raises. Its message says where the problem is and how to fix it."""

from __future__ import annotations


class PolicyError(Exception):
    """The policy is rejected: it's invalid, or its compiled form can't be proven to mean what it says."""
