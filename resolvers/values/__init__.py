"""Values that resolvers read and return: global ids, money, text, addresses, and errors for clients.

Nothing here knows the database, the viewer or policy. The entry points:
    errors       `PublicError`, the base of all errors that a client is meant to read
    identifiers  `parse` and `global_id`
    money        `money` and `minor_units`
    text         checks and normal forms of text from callers
    address      `address`, a postal address from its stored JSON
"""
