"""Tools that show the gateway as another user sees it, and explain policy decisions.

    view_as           view as another company or user: `resolve_view_as`
    settings_preview  preview a managed account's settings before they are saved: `preview_context`
    explain           explain a decision of policy: `explain`

Each is guarded by policy itself. None shows a row that the requester can't read.
"""
