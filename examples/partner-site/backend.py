"""The back end of a partner's site: it serves the pages, and exchanges the API key for tokens of the signed-in customer.

Run it with `uvicorn backend:app --port 5180`. GATEWAY is the gateway's URL, ORIGIN that of the pages, API_KEY the secret of a key,
and CUSTOMER the ID of the company. A real site knows the customer from its own session.
"""

import os
from pathlib import Path

import httpx
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

GATEWAY, ORIGIN, API_KEY, CUSTOMER = (os.environ[name] for name in ("GATEWAY", "ORIGIN", "API_KEY", "CUSTOMER"))
CREATE = """mutation ($input: CreateEmbedSessionInput!) {
  createEmbedSession(input: $input) { token userErrors { code message } } }"""


async def config(_request: Request) -> Response:
    """Tell the page where the gateway is."""
    return JSONResponse({"gateway": GATEWAY})


async def token(_request: Request) -> Response:
    """Answer with a token of the customer for this site, valid for fifteen minutes."""
    body = {"query": CREATE, "variables": {"input": {"companyId": CUSTOMER, "origin": ORIGIN, "seconds": 900}}}
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {API_KEY}"}) as client:
        answer = (await client.post(f"{GATEWAY}/graphql", json=body)).json()
    session = (answer.get("data") or {}).get("createEmbedSession") or {}
    return PlainTextResponse(session["token"] if session.get("token") else "No session.", 200 if session.get("token") else 502)


pages = StaticFiles(directory=Path(__file__).parent / "site", html=True)
app = Starlette(routes=[Route("/config", config), Route("/token", token, methods=["POST"]), Mount("/", pages)])
