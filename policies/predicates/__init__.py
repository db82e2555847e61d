"""Predicates: conditions on rows, which the policy compiles to and which are checked in SQL and in Python.

Entry point: `predicate.Predicate`. `sql` and `masks` turn predicates into SQL and Python functions; `condition_tree`, `implication`
and `condition_text` simplify, compare and print them.
"""
