"""Calls of gateways on this machine, which speak plain HTTP.

An httpx client otherwise reads all certificate authorities when it's made, which takes more CPU time than the request.
"""

from __future__ import annotations

import ssl
from typing import Any, Final

import httpx

NO_AUTHORITIES: Final = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def get(url: str, **options: Any) -> httpx.Response:
    """Send a GET request. Takes the options of `httpx.get`."""
    return httpx.get(url, verify=NO_AUTHORITIES, trust_env=False, **options)


def post(url: str, **options: Any) -> httpx.Response:
    """Send a POST request. Takes the options of `httpx.post`."""
    return httpx.post(url, verify=NO_AUTHORITIES, trust_env=False, **options)


def client(**options: Any) -> httpx.AsyncClient:
    """Return a client. Takes the options of `httpx.AsyncClient`."""
    return httpx.AsyncClient(verify=NO_AUTHORITIES, trust_env=False, **options)


def sync_client(**options: Any) -> httpx.Client:
    """Return a client for threads. Takes the options of `httpx.Client`."""
    return httpx.Client(verify=NO_AUTHORITIES, trust_env=False, **options)
