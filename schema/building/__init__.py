"""Building blocks of the schema: fields, inputs, connections, mutations, scalars and action enums. Every field is guarded here.

`fields.column` and `fields.resolved` declare a field; start there.
"""
