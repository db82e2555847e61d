"""The root of queries."""

from __future__ import annotations

import strawberry
from strawberry import ID

import resolvers.reading.nodes
import resolvers.tools.explain
import resolvers.tools.settings_preview
import resolvers.viewer
from schema.building.fields import resolved
from schema.building.nodes import BY_ID, Node
from schema.building.roots import classes_of_concepts
from schema.explain import EXPLAINED, EXPLAINED_BY_NAME, Explanation
from schema.mutations.managed_account import ManagedAccountSettingsInput
from schema.viewer import Viewer


@strawberry.type
class CoreQueries:
    viewer: Viewer = resolved(resolvers.viewer.viewer, "The current viewer.")
    node: Node | None = resolved(
        resolvers.reading.nodes.node,
        "Looks up an object by its global ID. Null if it doesn't exist or the viewer can't see it.",
        BY_ID,
    )
    nodes: list[Node | None] = resolved(
        resolvers.reading.nodes.nodes,
        "Looks up objects by their global IDs. Each is null if it doesn't exist or the viewer can't see it.",
        {"ids": (list[ID], "The global IDs.")},
    )


@strawberry.type(
    description="The root of all queries. Everyone can query every field unless its description says otherwise; "
    "results are limited to what you can read."
)
class Query(CoreQueries, *classes_of_concepts("schema", "Queries")):  # type: ignore[misc] # a list of bases
    preview_settings: Query | None = resolved(
        resolvers.tools.settings_preview.preview_settings,
        "Previews what a managed account's administrator would see with unsaved settings. Requires "
        "permission to save the settings. Null if the account doesn't exist. Allowed only at the root of "
        "a query, at most 10 times.",
        {
            "managed_account_id": (ID, "The managed account."),
            "settings": (
                ManagedAccountSettingsInput | None,
                "The settings to preview, as in `updateManagedAccountSettings`. Defaults to the current settings.",
            ),
        },
    )
    explain: Explanation | None = resolved(
        resolvers.tools.explain.explain,
        "Explains whether the viewer, or another company or user, can take an action on an object or read "
        "one of its fields. Null if the object doesn't exist or the viewer can't see it.",
        EXPLAINED,
    )
    explain_access: Explanation | None = resolved(
        resolvers.tools.explain.explain, "The same as `explain`, with enums for the type and the action.", EXPLAINED_BY_NAME
    )
