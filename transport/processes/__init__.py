"""Several gateway processes on one machine, which `crossgate serve --processes` forks.

supervisor  the parent: starts the children, replaces those that end, restarts and stops them
memory      what all of them share: locks that a killed process can't keep, and arrays
shared      everything that the parent makes before it forks
"""
