"""Proofs about the policy: an SMT solver (z3) proves each invariant or finds a viewer and a row that violate it.

Entry points: `verification.Verification`, which decides the invariants of `invariants`, and `fields.decide_fields`, which proves that
what's enforced for fields is what the rules say. `assumptions` lists everything that a proof takes for granted.
"""
