# Viewers: what rules ask of whoever asks. Nothing here looks at anything that is stored.

signed_in(viewer: Viewer) if viewer.kind != "ANONYMOUS";
managed(viewer: Viewer) if viewer.kind = "MANAGED";
partner(viewer: Viewer) if viewer.kind = "PARTNER";
operator(viewer: Viewer) if viewer.kind = "OPERATOR";

# Accounts, settings, support details and company profiles are for account administrators. A43
administers(viewer: Viewer) if "ACCOUNT_ADMIN" in viewer.roles;

# Prices are for whoever administers, pays or only looks. The operator's staff reads them too. V23
reads_prices(viewer: Viewer) if operator(viewer);
reads_prices(viewer: Viewer) if
    role in ["ACCOUNT_ADMIN", "FINANCE", "VIEWER"] and role in viewer.roles;

# Offers are for those and for whoever edits what is offered. V23
reads_offers(viewer: Viewer) if reads_prices(viewer);
reads_offers(viewer: Viewer) if "MARKETPLACE_EDITOR" in viewer.roles;

# Prices are hidden from a managed account until its partner shows them. R105 R121 R122 A16
prices_hidden(viewer: Viewer) if managed(viewer) and not viewer.pricing_shown;

# Whoever sees prices anywhere: an app asks before it draws a column of them. A16 A17
ability(viewer: Viewer, "see_prices") if
    reads_prices(viewer) and not prices_hidden(viewer);

# Chat is for everybody who has an account; a managed one has it as its partner or its support decides. R108 R110 A12
ability(viewer: Viewer, "use_chat") if
    viewer.kind in ["DIRECT", "PARTNER", "OPERATOR"];
ability(viewer: Viewer, "use_chat") if
    managed(viewer) and viewer.chat_shown;
