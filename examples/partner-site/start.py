"""Run the site next to a gateway in development: it creates an API key as the sample partner, for the first of its accounts.

A real partner creates a key once, and gives it to its back end as a secret.
"""

import os
import sys
from pathlib import Path
from typing import Any

import httpx
import uvicorn

GATEWAY, PORT = os.environ.get("GATEWAY", "http://localhost:8000"), int(os.environ.get("SITE_PORT", "5180"))
PARTNER = "admin@partner.example"
CREATE_KEY = """mutation {
  createApiKey(input: {name: "Partner site", roles: [NETWORK_ADMIN, FINANCE, VIEWER]}) { secret userErrors { message } } }"""
CUSTOMER = "{ managedAccounts(first: 1) { nodes { company { id } } } }"


def ask(token: str, query: str) -> dict[str, Any]:
    """Run an operation as the partner, and return its data."""
    headers = {"Authorization": f"Bearer {token}"}
    answer = httpx.post(f"{GATEWAY}/graphql", json={"query": query}, headers=headers).raise_for_status().json()
    return dict(answer["data"])


def sign_in() -> str:
    """Return a token of the sample partner. Exits without a gateway in development."""
    try:
        answer = httpx.post(
            f"{GATEWAY}/portal/sign-in", json={"email": PARTNER}, headers={"Origin": GATEWAY}
        ).raise_for_status()
    except httpx.HTTPError as error:
        sys.exit(f"There is no gateway in development at {GATEWAY}. Start one with `make serve`. ({error})")
    return str(answer.json()["token"])


def key_and_customer(token: str) -> tuple[str, str]:
    """Create an API key. Return its secret, and the company of the partner's first account. Exits if it can't be created."""
    key = ask(token, CREATE_KEY)["createApiKey"]
    if key["secret"] is None:
        sys.exit(f"The API key can't be created. {key['userErrors'][0]['message']}")
    return key["secret"], ask(token, CUSTOMER)["managedAccounts"]["nodes"][0]["company"]["id"]


def main() -> None:
    """Create the key, and serve the site."""
    secret, customer = key_and_customer(sign_in())
    os.environ.update(GATEWAY=GATEWAY, ORIGIN=f"http://localhost:{PORT}", API_KEY=secret, CUSTOMER=customer)
    sys.stdout.write(f"The partner's site: http://localhost:{PORT}\n")
    uvicorn.run("backend:app", host="127.0.0.1", port=PORT, log_level="warning", app_dir=str(Path(__file__).parent))


if __name__ == "__main__":
    main()
