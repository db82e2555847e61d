"""The pages that `url` fields name: of a Marketplace profile, a product and a private offer (V76).

They are for people without an account. A page runs a query as a visitor, whoever opens it, so it shows what visitors can see. The
page of an offer is the same for every ID: it says how to read the offer, and nothing about it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from html import escape
from http import HTTPStatus
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from policies.viewer import ANONYMOUS
from transport.errors import INTERNAL, INTERNAL_MESSAGE
from transport.graphql_request import GraphQLRequest
from transport.http.endpoint import MakeContext
from transport.http.plain_page import plain_page
from transport.limits.deadlines import time_limit
from transport.limits.quotas import Quotas
from transport.operations import OperationRunner, answer_of
from transport.refusal import Refusal

PROFILE: Final = """query PublicProfile($slug: String!) {
  found: marketplaceProfile(slug: $slug) {
    slug url title: companyName text: bio website contactEmail phone providerTypes { label } serviceTypes { label }
  }
}"""
PRODUCT: Final = """query PublicProduct($slug: String!) {
  found: product(slug: $slug) {
    slug url title summary text: description highlights company { tradingName } dimensions { name unit }
  }
}"""
DOCUMENTS: Final = (PROFILE, PRODUCT)
OFFER_TEXT: Final = "Only the offer's seller and its buyers can read it."
MISSING_TEXT: Final = "There is no page here, or it isn't public."
SECURE: Final = "https://"


@dataclass(frozen=True, slots=True)
class PublicPages:
    """The public pages of one gateway. A query has `seconds` to be answered."""

    operations: OperationRunner
    make_context: MakeContext
    quotas: Quotas
    seconds: float
    sign_in_url: str

    def routes(self) -> list[BaseRoute]:
        """Return the routes of the pages."""
        return [
            Route("/marketplace/offers/{id}", self._offer),
            Route("/marketplace/products/{slug}", self._page_of(PRODUCT, _product_facts)),
            Route("/marketplace/{slug}", self._page_of(PROFILE, _profile_facts)),
        ]

    async def _offer(self, _request: Request) -> Response:
        return plain_page("Private offer", f"<h1>Private offer</h1>\n<p>{OFFER_TEXT}</p>\n{self._sign_in()}")

    def _page_of(self, query: str, facts: Callable[[Any], Facts]) -> Callable[[Request], Awaitable[Response]]:
        async def page(request: Request) -> Response:
            slug = request.path_params["slug"]
            found = await self._find(request, query, slug)
            if found is None:
                body = f"<h1>Not found</h1>\n<p>{MISSING_TEXT}</p>\n{self._sign_in()}"
                return plain_page("Not found", body, HTTPStatus.NOT_FOUND)
            if found["slug"] != slug:
                return RedirectResponse(found["url"], HTTPStatus.PERMANENT_REDIRECT)
            return plain_page(found["title"], _body(found, facts(found)))

        return page

    async def _find(self, request: Request, query: str, slug: str) -> Any:
        """Return what a visitor can see, or None. Raises Refusal."""
        asked = GraphQLRequest(query=query, operation_name=None, variables={"slug": slug}, extensions={})
        request_id = request.state.request_id
        async with time_limit(self.seconds, HTTPStatus.GATEWAY_TIMEOUT):
            operation = await self.operations.prepare(asked, "GET", self.quotas.payer(request.scope, ANONYMOUS))
            context = self.make_context(ANONYMOUS, request_id, None)
            answer = answer_of(await self.operations.execute(operation, context), request_id)
        if any(error["extensions"]["code"] == INTERNAL for error in answer.get("errors", ())):
            raise Refusal(HTTPStatus.INTERNAL_SERVER_ERROR, INTERNAL, INTERNAL_MESSAGE)
        return answer["data"] and answer["data"]["found"]

    def _sign_in(self) -> str:
        return f'<p><a href="{escape(self.sign_in_url)}">Sign in</a></p>'


Facts = Iterator[tuple[str, str | None]]
"""Labels and values. A value that is None is left out."""


def _profile_facts(profile: Any) -> Facts:
    yield "Website", profile["website"]
    yield "Email", profile["contactEmail"]
    yield "Phone", profile["phone"]
    yield "Services", ", ".join(kind["label"] for kind in (*profile["providerTypes"], *profile["serviceTypes"]))


def _product_facts(product: Any) -> Facts:
    yield "Seller", product["company"]["tradingName"]
    yield "Highlights", "; ".join(product["highlights"])
    yield "Priced by", ", ".join(f"{each['name']} ({each['unit']})" for each in product["dimensions"])


def _body(found: Any, facts: Facts) -> str:
    summary, text = found.get("summary") or "", found["text"] or ""
    text = text if text.startswith(summary) else f"{summary}\n\n{text}"  # many descriptions begin with their summary
    paragraphs = [f"<p>{escape(each.strip())}</p>" for each in text.split("\n\n") if each.strip()]
    listed = [f"<dt>{escape(label)}</dt>\n<dd>{_value(value)}</dd>" for label, value in facts if value]
    return "\n".join([f"<h1>{escape(found['title'])}</h1>", *paragraphs, *(["<dl>", *listed, "</dl>"] if listed else [])])


def _value(value: str) -> str:
    """Return a value as HTML. A secure web address is a link."""
    text = escape(value)
    return f'<a href="{text}" rel="nofollow noreferrer">{text}</a>' if value.startswith(SECURE) else text
