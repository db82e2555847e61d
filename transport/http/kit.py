"""The portal kit: scripts that pages of other sites load from the gateway. They hold nothing secret, so any site can load them.

The entry keeps its name, so browsers ask whether it has changed. All other scripts have a hash of their content in their names.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from transport.http.portal import ASSET_HEADERS, NOT_STORED, find_asset

HASHED: Final = re.compile(r".+-[\w-]{8}\.js")
ANY_SITE: Final = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}
ENTRY_HEADERS: Final = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}


def kit_routes(dist: Path) -> list[BaseRoute]:
    """Return the route of the kit's first version. Later ones that break pages get another path."""

    async def file(request: Request) -> Response:
        path = find_asset(dist, request.path_params["name"])
        if path is None:
            return PlainTextResponse("File not found.", 404, headers={**NOT_STORED, **ANY_SITE})
        headers = ASSET_HEADERS if HASHED.fullmatch(path.name) else ENTRY_HEADERS
        return FileResponse(path, headers={**headers, **ANY_SITE})

    return [Route("/kit/v1/{name}", file)]
