"""Bounded caches of cachetools."""

from __future__ import annotations

from typing import Any, TypeVar

from cachetools import LRUCache

Cached = TypeVar("Cached")


def find(cache: LRUCache[Any, Cached], key: Any) -> Cached | None:
    """Return what is cached, or None. The cache's own `get` looks the key up twice, which counts in each request."""
    try:
        return cache[key]
    except KeyError:
        return None
