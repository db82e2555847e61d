"""The policy language: reads `.polar` files and rejects rules that might be evaluated incorrectly.

Entry point: `source.parse`, which returns the rules of a text.

- `tokens`, `syntax` and `rule_parts` parse a rule; `source` adds its sentence, its reason and its place.
- `lint`, `scope` and `vocabulary` check that every name in a rule exists and is used as what it is.
- `actions` lists what rules can name besides columns.
"""
