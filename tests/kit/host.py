"""A partner's site that embeds the kit: its pages, on an origin of their own, and its back end, which fetches tokens.

The pages forbid everything that the kit doesn't need: inline styles, eval, other origins, and texts as scripts.
"""

from __future__ import annotations

import contextlib
import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx

from tests import plain_http

KIT: Final = Path(__file__).parents[2] / "portal" / "kit" / "dist"
TYPES: Final = {".js": "text/javascript", ".json": "application/json", ".css": "text/css", ".html": "text/html; charset=utf-8"}
ROLES: Final = ["NETWORK_ADMIN", "MARKETPLACE_EDITOR", "FINANCE", "VIEWER"]
PARTNER: Final = "admin@partner.example"
ACCOUNTS: Final = {"hidden": "hidden@managed.example", "shown": "shown@managed.example"}
CREATE_KEY: Final = """mutation ($input: CreateApiKeyInput!) {
  createApiKey(input: $input) { apiKey { id } secret userErrors { code field } } }"""
REVOKE_KEY: Final = "mutation ($input: RevokeApiKeyInput!) { revokeApiKey(input: $input) { userErrors { code } } }"
CREATE_SESSION: Final = """mutation ($input: CreateEmbedSessionInput!) {
  createEmbedSession(input: $input) { token userErrors { code field } } }"""
DOCS: Final = KIT.parents[2] / "docs" / "api" / "portal-kit.md"
RESERVING: Final = re.findall(r"^```css\n(.*?)^```", DOCS.read_text("utf-8"), re.DOTALL | re.MULTILINE)[0]
STYLE: Final = """
.light { color-scheme: light; background: #fff; }
.dark { color-scheme: dark; background: #101418; }
body { margin: 8px; }
iframe { width: 100%; border: 0; }
"""
SCRIPT: Final = """
import * as kit from "%(gateway)s/kit/v1/kit.js";

const options = new URLSearchParams(location.search);
window.events = [];
for (const name of ["cg-ready", "cg-change", "cg-token-expiring", "cg-error"]) {
  document.addEventListener(name, ({ detail, target }) => window.events.push({ name, target: target.localName, ...detail }));
}
const fetchToken = async () => {
  const response = await fetch(`/token?as=${options.get("as")}`);
  if (!response.ok) throw new Error(`The back end answered ${response.status}.`);
  return response.text();
};
const locale = options.get("locale") ?? "en";
const refreshSeconds = Number(options.get("refresh") ?? 30);
window.kit = kit;
window.portal = kit.connect({ endpoint: "%(gateway)s/graphql", fetchToken, locale, refreshSeconds, appearance: { radius: "2px" } });
"""
BY_HAND: Final = """
const frame = document.querySelector("iframe");
const gateway = new URL(frame.src).origin;
window.messages = [];
window.say = (message) => frame.contentWindow.postMessage(message, gateway);
addEventListener("message", async ({ source, origin, data }) => {
  if (source !== frame.contentWindow || origin !== gateway) return;
  messages.push(data);
  if (data.type !== "crossgate:token-request" || window.silent) return;
  const response = await fetch(`/token${location.search}`);
  if (response.ok) say({ type: "crossgate:token", token: await response.text() });
});
"""
HELPER: Final = """
import { connectFrame } from "%(gateway)s/kit/v1/frame-host.js";

const frame = document.querySelector("iframe");
window.events = [];
for (const name of ["cg-ready", "cg-change", "cg-error"]) {
  document.addEventListener(name, ({ detail, target }) => events.push({ name, target: target.localName, ...detail }));
}
const fetchToken = async () => {
  const response = await fetch(`/token${location.search}`);
  if (!response.ok) throw new Error("There is no token.");
  return response.text();
};
window.portal = connectFrame(frame, { fetchToken, appearance: { radius: "3px" }, locale: "de" });
"""


@dataclass
class Gateway:
    """The gateway, as the back end of the site calls it."""

    url: str

    def token_of(self, email: str) -> str:
        """Return a token of a member of the sample market."""
        answer = plain_http.post(f"{self.url}/portal/sign-in", json={"email": email}, headers={"Origin": self.url})
        return str(answer.json()["token"])

    def ask(self, bearer: str, query: str, **variables: Any) -> Any:
        """Run an operation and return its data."""
        body = {"query": query, "variables": variables}
        answer = plain_http.post(f"{self.url}/graphql", json=body, headers={"Authorization": f"Bearer {bearer}"}, timeout=60)
        assert answer.status_code == httpx.codes.OK, answer.text
        assert "errors" not in answer.json(), answer.text
        return answer.json()["data"]

    def as_partner(self, query: str, **variables: Any) -> Any:
        """Run an operation as the partner's account administrator."""
        return self.ask(self.token_of(PARTNER), query, **variables)

    def company_of(self, email: str) -> str:
        """Return the ID of a member's company."""
        return str(self.ask(self.token_of(email), "{ viewer { company { id } } }")["viewer"]["company"]["id"])


@dataclass
class Host:
    """The partner's site. A test can make its back end fail, shorten its tokens, and add a script to its pages."""

    gateway: Gateway
    url: str = ""
    failing: bool = False
    empty: bool = False
    seconds: int = 900
    asked: int = 0
    script: str = ""
    roles: list[str] | None = None  # of embed sessions; those of the key by default
    key: dict[str, Any] = field(default_factory=dict)

    def get_key(self) -> None:
        """Create the API key of the site."""
        values = {"name": "Portal", "roles": ROLES}
        self.key = self.gateway.as_partner(CREATE_KEY, input=values)["createApiKey"]

    def revoke_key(self) -> None:
        """Revoke the API key, with all sessions that were made with it."""
        self.gateway.as_partner(REVOKE_KEY, input={"id": self.key["apiKey"]["id"]})

    def token(self, who: str) -> str:
        """Return a token for a page: of the partner's member, or an embed session of an account."""
        self.asked += 1
        if who == "partner":
            return self.gateway.token_of(PARTNER)
        values = {"companyId": self.gateway.company_of(ACCOUNTS[who]), "origin": self.url, "seconds": self.seconds}
        values |= {"roles": self.roles} if self.roles else {}
        session = self.gateway.ask(self.key["secret"], CREATE_SESSION, input=values)["createEmbedSession"]
        assert session["userErrors"] == []
        return str(session["token"])

    def frame(self, element: str, company: str, who: str = "", **options: str) -> str:
        """Return the address of a frame. For `who`, its fragment has a token."""
        query = urlencode({"company": company, **options})
        return f"{self.gateway.url}/kit/v1/frame/{element}?{query}" + (f"#token={self.token(who)}" if who else "")

    def policy(self) -> str:
        """Return the Content-Security-Policy of the pages."""
        socket_url = self.gateway.url.replace("http", "ws", 1)
        return (
            f"default-src 'none'; script-src 'self' {self.gateway.url}; connect-src 'self' {self.gateway.url} {socket_url}; "
            "style-src 'self'; img-src blob:; base-uri 'none'; form-action 'none'; "
            "require-trusted-types-for 'script'; trusted-types lit-html"
        )


@contextlib.contextmanager
def site(gateway: Gateway) -> Iterator[Host]:
    """Serve the site on an origin of its own. Its pages load the kit from the gateway."""
    host = Host(gateway)
    with serving(_host_handler(host)) as host.url:
        yield host


@contextlib.contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """Serve on a free port. Yields the origin; plain HTTP is allowed for localhost only."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://localhost:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


class _Quiet(BaseHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Log nothing."""

    def answer(self, body: str, kind: str, status: int = 200, **headers: str) -> None:
        """Send a response."""
        self.send_response(status)
        self.send_header("Content-Type", TYPES.get(kind, "text/plain"))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body.encode())


def _files(host: Host) -> dict[str, str]:
    """Return the files of the site, by path."""
    return {
        "/host.js": SCRIPT % {"gateway": host.gateway.url},
        "/by-hand.js": BY_HAND,
        "/helper.js": HELPER % {"gateway": host.gateway.url},
        "/app.js": host.script,
        "/host.css": STYLE + RESERVING,
    }


def _host_handler(host: Host) -> type[BaseHTTPRequestHandler]:
    class HostHandler(_Quiet):
        def do_GET(self) -> None:
            url = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(url.query).items()}
            if (text := _files(host).get(url.path)) is not None:
                self.answer(text, Path(url.path).suffix)
                return
            match url.path:
                case "/token":
                    self._token(query["as"])
                case "/framed":
                    self._framed(query)
                case "/page":
                    self.answer(_page(query), ".html", Content_Security_Policy=host.policy())
                case _:
                    self.answer("", "", 404 if url.path != "/favicon.ico" else 204)

        def _framed(self, query: dict[str, str]) -> None:
            scripts = f"script-src 'self' {host.gateway.url}; connect-src 'self'; " if "script" in query else ""
            policy = f"default-src 'none'; {scripts}style-src 'self'; frame-src {host.gateway.url}"
            self.answer(_framed(query), ".html", Content_Security_Policy=policy)

        def _token(self, who: str) -> None:
            if host.failing:
                self.answer("", "", 503)
                return
            try:
                self.answer("" if host.empty else host.token(who), "")
            except AssertionError:
                self.answer("", "", 502)

    return HostHandler


def _page(query: dict[str, str]) -> str:
    """Return a page of the site with some elements. `tags` has them as JSON: names, or names with attributes."""
    tags: list[str] = json.loads(query["tags"])
    elements = "\n".join(f"<{tag}></{tag.split()[0]}>" for tag in tags)
    lang, scheme = query.get("locale", "en"), query.get("scheme", "light")
    kit = "" if query.get("kit") == "no" else '<script type="module" src="/host.js"></script>'
    after = f"<p>{query['after']}</p>" if "after" in query else ""
    return f"""<!doctype html><html lang="{lang}" class="{scheme}"><head><meta charset="utf-8"><title>Portal</title>
<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="/host.css">
{kit}<script type="module" src="/app.js"></script></head>
<body><main><h1>Portal</h1>{elements}{after}</main></body></html>"""


def _framed(query: dict[str, str]) -> str:
    """Return a page that shows a frame. Without `script`, nothing runs in it."""
    script = f'<script type="module" src="/{query["script"]}.js"></script>' if "script" in query else ""
    return f"""<!doctype html><html lang="en" class="light"><head><meta charset="utf-8"><title>Portal</title>
<meta name="viewport" content="width=device-width"><link rel="stylesheet" href="/host.css"></head>
<body><main><h1>Portal</h1><iframe title="Portal" src="{escape(query["frame"])}"></iframe></main>{script}</body></html>"""
