"""Commands: what mutations do. One file for each concept, one function for each mutation, listed in schema/mutation.py.

A command reads its input through an `InputReader` and finds rows through its `UnitOfWork`. It collects all errors, stops if there are
any, and only then changes anything. It contains no authorization rules: it names actions of policy. It never commits.
"""
