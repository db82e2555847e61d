"""The one error of policy: a rule, or a question about rules, that cannot be trusted. It says where, and the way out."""

from __future__ import annotations


class PolicyError(Exception):
    """A policy is refused: it is wrong, or it cannot be proven that its compiled form means what it says."""
