"""Every response is JSON with an error code and the request id."""

from __future__ import annotations

import httpx
import pytest


@pytest.mark.parametrize(
    ("method", "path", "status", "code", "message"),
    [
        ("GET", "/nowhere", 404, "NOT_FOUND", "Not Found"),
        ("GET", "/graphql/", 404, "NOT_FOUND", "Not Found"),
        ("GET", "/read", 405, "METHOD_NOT_ALLOWED", "Method Not Allowed"),
        ("GET", "/crash", 500, "INTERNAL", "Internal server error"),
    ],
)
async def test_unknown_paths_and_crashes_get_the_same_error_shape(
    client: httpx.AsyncClient, method: str, path: str, status: int, code: str, message: str
) -> None:
    """Unknown paths, wrong methods and crashes all get a coded JSON error, without a traceback."""
    response = await client.request(method, path)

    extensions = {"code": code, "requestId": response.headers["X-Request-ID"]}
    assert (status, {"errors": [{"message": message, "extensions": extensions}]}) == (response.status_code, response.json())
    assert response.headers["Content-Type"] == "application/json; charset=utf-8"


async def test_browser_at_the_endpoint_is_pointed_to_graphiql(client: httpx.AsyncClient) -> None:
    """The response to a browser that opens /graphql says where GraphiQL is."""
    response = await client.get("/graphql", headers={"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"})

    assert response.status_code == 400
    assert response.json()["errors"][0]["message"].endswith("to use GraphiQL in a browser, open /.")
