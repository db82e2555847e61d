"""Commands: what mutations do, one file a concept, one function a mutation.

A command finds rows through its `Work`, reads its input through `Asked`, notes all that is wrong, stops, and only then changes
anything. It holds no rule about who may: it names actions of policy. It never commits.
"""
