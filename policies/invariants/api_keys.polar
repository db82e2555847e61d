# API keys: how a company's programs sign in.

# Only account administrators reach API keys or create them. No key has that role, so no key reaches a key. V51
never(viewer: Viewer, _action, _key: ApiKey) if not administers(viewer);
never(viewer: Viewer, "create_api_key", _company: Company) if not administers(viewer);

# Nobody creates API keys without a recent sign-in. V51 V66
never(viewer: Viewer, "create_api_key", _company: Company) if viewer.sign_in_stale;

# Embed sessions are for the company that owns the API key, and for those that it manages. Users and embed sessions create none. V52
never(viewer: Viewer, "create_embed_session", company: Company) if
    company.id != viewer.company_id and company.partner_id != viewer.company_id;
never(viewer: Viewer, "create_embed_session", _company: Company) if not member(viewer);

# Nobody reaches another company's API keys, not even its partner or the operator's staff. V51
never(viewer: Viewer, _action, key: ApiKey) if key.company_id != viewer.company_id;
never(viewer: Viewer, "create_api_key", company: Company) if company.id != viewer.company_id;
