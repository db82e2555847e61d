# Viewers: what rules can ask about the viewer. Nothing here reads stored data.

# Members of a company. A user who is signed in for no company sees what visitors see, and itself. V45
member(viewer: Viewer) if not viewer.kind in ["ANONYMOUS", "USER"];
managed(viewer: Viewer) if viewer.kind = "MANAGED";
partner(viewer: Viewer) if viewer.kind = "PARTNER";

# The operator's staff are its reviewers and its support. Its company's other members have no more access than any company's. A43
operator(viewer: Viewer) if
    viewer.kind = "OPERATOR" and role in ["REVIEWER", "SUPPORT"] and role in viewer.roles;

# Only account administrators manage accounts, settings, support details and company profiles. A43
administers(viewer: Viewer) if "ACCOUNT_ADMIN" in viewer.roles;

# Account administrators, finance users and viewers can read prices. So can the operator's staff. V23
reads_prices(viewer: Viewer) if operator(viewer);
reads_prices(viewer: Viewer) if
    role in ["ACCOUNT_ADMIN", "FINANCE", "VIEWER"] and role in viewer.roles;

# Roles that can read prices can read offers. So can Marketplace editors. V23
reads_offers(viewer: Viewer) if reads_prices(viewer);
reads_offers(viewer: Viewer) if "MARKETPLACE_EDITOR" in viewer.roles;

# Account administrators and Marketplace editors can save what their company shows on the Marketplace. Managed accounts can't, because
# their partners do it for them. The operator's staff can't either. R002 R116 V9
edits_marketplace(viewer: Viewer) if
    viewer.kind in ["DIRECT", "PARTNER"] and
    role in ["ACCOUNT_ADMIN", "MARKETPLACE_EDITOR"] and role in viewer.roles;

# Account administrators and Marketplace editors write their company's products, in managed accounts too. The operator's staff review
# products and don't write any. V31
writes_products(viewer: Viewer) if
    viewer.kind in ["DIRECT", "PARTNER", "MANAGED"] and
    role in ["ACCOUNT_ADMIN", "MARKETPLACE_EDITOR"] and role in viewer.roles;

# Account administrators and finance users accept offers. For a managed account that can't see prices, or whose orders need approval,
# only its partner's do. V13 V35 X7
accepts_offers(viewer: Viewer) if
    viewer.kind in ["DIRECT", "PARTNER", "MANAGED"] and
    role in ["ACCOUNT_ADMIN", "FINANCE"] and role in viewer.roles and
    not prices_hidden(viewer) and not viewer.order_approval_required;

# Account administrators and finance users handle a company's bank account. V31
handles_bank_accounts(viewer: Viewer) if
    role in ["ACCOUNT_ADMIN", "FINANCE"] and role in viewer.roles;

# Account and network administrators run their company's ports and connections. The operator's users can't. A43
runs_network(viewer: Viewer) if
    viewer.kind in ["DIRECT", "PARTNER", "MANAGED"] and
    role in ["ACCOUNT_ADMIN", "NETWORK_ADMIN"] and role in viewer.roles;

# Prices are hidden from a managed account until its partner shows them. R105 R121 R122 A16
prices_hidden(viewer: Viewer) if managed(viewer) and not viewer.pricing_shown;

# A managed account has no dashboard until its partner enables it. R112 A14
dashboard_hidden(viewer: Viewer) if managed(viewer) and not viewer.dashboard_shown;

# Whether the viewer can see prices anywhere. An app checks it before it shows a price column. A16 A17
ability(viewer: Viewer, "see_prices") if
    reads_prices(viewer) and not prices_hidden(viewer);

# All accounts have chat. For a managed account, its partner or its support decides. R108 R110 A12
ability(viewer: Viewer, "use_chat") if
    viewer.kind in ["DIRECT", "PARTNER", "OPERATOR"];
ability(viewer: Viewer, "use_chat") if
    managed(viewer) and viewer.chat_shown;

# Only roles that can read prices have the quoting tool. R113 V23
# @reason ROLE_REQUIRED
ability(viewer: Viewer, "quote") if reads_prices(viewer);

# Managed accounts never have the quoting tool, whatever their settings. R113
# @reason NOT_FOR_MANAGED_ACCOUNTS
deny_ability(viewer: Viewer, "quote") if managed(viewer);

# Viewers without a company don't have the quoting tool. V24 V45
# @reason SIGN_IN_REQUIRED
deny_ability(viewer: Viewer, "quote") if not member(viewer);

# Every member of a company has a dashboard. R112
# @reason SIGN_IN_REQUIRED
ability(viewer: Viewer, "have_dashboard") if member(viewer);

# A managed account has a dashboard only if its partner enables it. R112 A14
# @reason HIDDEN_BY_PARTNER
deny_ability(viewer: Viewer, "have_dashboard") if dashboard_hidden(viewer);

# Partners have additional documentation about their programme. R125
ability(viewer: Viewer, "read_partner_documentation") if partner(viewer);

# The operator's support can help every customer. A43
supports(viewer: Viewer) if operator(viewer) and "SUPPORT" in viewer.roles;

# Only viewers who can read all linked rows have conditions on them explained: a condition could reveal a draft. V19
ability(viewer: Viewer, "explain_linked_rows") if operator(viewer);

# The operator's reviewers decide about companies and what they publish. A43 V48
reviews(viewer: Viewer) if operator(viewer) and "REVIEWER" in viewer.roles;
