"""Resolvers: how each field gets its data, and what each mutation does. Visibility rules are in policies/, never here.

Each concept has a module of batch resolvers here (`port`, `company`, …). The packages hold what they share:

- reading: loads rows, connections and ids, with the policy in the SQL; loaders.Loaders is its entry point
- execution: executes planned operations
- writing, mutations: run mutations
- identity: passwords, sessions, and the tokens of links
- notifying, auditing, files, endpoints, tools: notifications, the audit log, files, HTTP routes beside GraphQL, and policy tools
- values: money, ids, addresses, text and public errors
"""
