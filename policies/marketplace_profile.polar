# Marketplace profiles: how a provider shows itself. Private until its owner says otherwise. R009 A11

# Everybody reads a public profile, managed accounts too. R010 A8
allow(_viewer: Viewer, "read", profile: MarketplaceProfile) if
    profile.visibility = "PUBLIC";

# Every role of a company reads its own, also while it is private. R011 R012 V9
allow(viewer: Viewer, "read", profile: MarketplaceProfile) if
    profile.company_id = viewer.company_id;

# A partner reads the profiles of the companies that it manages. A9
allow(viewer: Viewer, "read", profile: MarketplaceProfile) if
    partner(viewer) and profile.partner_id = viewer.company_id;

# The operator reads every profile.
allow(viewer: Viewer, "read", _profile: MarketplaceProfile) if operator(viewer);

# A managed account never reads its own, not even when it is public. R002 R116 A8
deny(viewer: Viewer, _action, profile: MarketplaceProfile) if
    managed(viewer) and profile.company_id = viewer.company_id;

allow_field(_viewer: Viewer, "read", _profile: MarketplaceProfile, field) if
    field in [
        "company", "company_name", "slug", "url", "visibility", "logo", "bio", "website",
        "provider_types", "service_types", "social_links", "headquarters", "ports"
    ];

# Whoever is signed in reads how to reach the provider; visitors send an inquiry. V22
# @reason SIGN_IN_REQUIRED
allow_field(viewer: Viewer, "read", _profile: MarketplaceProfile, field) if
    signed_in(viewer) and field in ["contact_email", "phone"];

# Whoever may save a profile reads its version, to state it when it saves. V9 A9
# @reason ROLE_REQUIRED
allow_field(viewer: Viewer, "read", profile: MarketplaceProfile, "version") if
    edits_marketplace(viewer) and profile.company_id = viewer.company_id;
allow_field(viewer: Viewer, "read", profile: MarketplaceProfile, "version") if
    partner(viewer) and edits_marketplace(viewer) and profile.partner_id = viewer.company_id;

# Everybody may ask the provider of a public profile, visitors too. R018 V22
allow(_viewer: Viewer, "inquire", profile: MarketplaceProfile) if
    profile.visibility = "PUBLIC";
