"""The sample market: one file per concept. The same seed always gives the same rows and keys. `market.make` builds it.

Companies, people, prices and addresses are invented. Domains end in `example`, and phone numbers are reserved for fiction.
"""
