# Viewers: what rules ask of whoever asks. Nothing here looks at anything that is stored.

signed_in(viewer: Viewer) if viewer.kind != "ANONYMOUS";
managed(viewer: Viewer) if viewer.kind = "MANAGED";
partner(viewer: Viewer) if viewer.kind = "PARTNER";

# The operator's staff are its reviewers and its support. Other members of its company are members of a company like any other. A43
operator(viewer: Viewer) if
    viewer.kind = "OPERATOR" and role in ["REVIEWER", "SUPPORT"] and role in viewer.roles;

# Accounts, settings, support details and company profiles are for account administrators. A43
administers(viewer: Viewer) if "ACCOUNT_ADMIN" in viewer.roles;

# Prices are for whoever administers, pays or only looks. The operator's staff reads them too. V23
reads_prices(viewer: Viewer) if operator(viewer);
reads_prices(viewer: Viewer) if
    role in ["ACCOUNT_ADMIN", "FINANCE", "VIEWER"] and role in viewer.roles;

# Offers are for those and for whoever edits what is offered. V23
reads_offers(viewer: Viewer) if reads_prices(viewer);
reads_offers(viewer: Viewer) if "MARKETPLACE_EDITOR" in viewer.roles;

# What a company shows on the Marketplace is saved by whoever administers it or edits just that: not by managed accounts, whose
# partners do it for them, and not by the operator's staff. R002 R116 V9
edits_marketplace(viewer: Viewer) if
    viewer.kind in ["DIRECT", "PARTNER"] and
    role in ["ACCOUNT_ADMIN", "MARKETPLACE_EDITOR"] and role in viewer.roles;

# Ports and connections of a company are for whoever administers it or its network; the operator has its own for itself. A43
runs_network(viewer: Viewer) if
    viewer.kind in ["DIRECT", "PARTNER", "MANAGED"] and
    role in ["ACCOUNT_ADMIN", "NETWORK_ADMIN"] and role in viewer.roles;

# Prices are hidden from a managed account until its partner shows them. R105 R121 R122 A16
prices_hidden(viewer: Viewer) if managed(viewer) and not viewer.pricing_shown;

# A managed account has no dashboard until its partner switches it on. R112 A14
dashboard_hidden(viewer: Viewer) if managed(viewer) and not viewer.dashboard_shown;

# Whoever sees prices anywhere: an app asks before it draws a column of them. A16 A17
ability(viewer: Viewer, "see_prices") if
    reads_prices(viewer) and not prices_hidden(viewer);

# Chat is for everybody who has an account; a managed one has it as its partner or its support decides. R108 R110 A12
ability(viewer: Viewer, "use_chat") if
    viewer.kind in ["DIRECT", "PARTNER", "OPERATOR"];
ability(viewer: Viewer, "use_chat") if
    managed(viewer) and viewer.chat_shown;

# The quoting tool is for the roles that read prices. R113 V23
# @reason ROLE_REQUIRED
ability(viewer: Viewer, "quote") if reads_prices(viewer);

# Managed accounts never have it, whatever is switched on. R113
# @reason NOT_FOR_MANAGED_ACCOUNTS
deny_ability(viewer: Viewer, "quote") if managed(viewer);

# Anonymous visitors do not have it. V24
# @reason SIGN_IN_REQUIRED
deny_ability(viewer: Viewer, "quote") if not signed_in(viewer);

# Whoever has an account has a dashboard. R112
# @reason SIGN_IN_REQUIRED
ability(viewer: Viewer, "have_dashboard") if signed_in(viewer);

# A managed account has one when its partner switches it on. R112 A14
# @reason HIDDEN_BY_PARTNER
deny_ability(viewer: Viewer, "have_dashboard") if dashboard_hidden(viewer);

# Partners find more in the documentation of their programme. R125
ability(viewer: Viewer, "read_partner_documentation") if partner(viewer);

# The operator's support helps every customer. A43
supports(viewer: Viewer) if operator(viewer) and "SUPPORT" in viewer.roles;

# What holds of linked rows is told to whoever reads them all: others would learn of a draft from a rule that asks for it. V19
ability(viewer: Viewer, "explain_linked_rows") if operator(viewer);
