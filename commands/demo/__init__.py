"""The sample market: one file for each concept, made from a seed, so that the same seed gives the same rows and the same keys.

Companies, people, prices and addresses are invented. Domains are `example` ones, telephone numbers those kept for fiction.
"""
