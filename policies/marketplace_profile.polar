# Marketplace profiles: how a provider presents itself. A profile is private until its owner publishes it. R009 A11

# Everyone can read a public profile, including managed accounts. R010 A8
allow(_viewer: Viewer, "read", profile: MarketplaceProfile) if
    profile.visibility = "PUBLIC";

# All roles of a company can read its own profile, even while it's private. R011 R012 V9
allow(viewer: Viewer, "read", profile: MarketplaceProfile) if
    profile.company_id = viewer.company_id;

# A partner can read the profiles of the companies that it manages. A9
allow(viewer: Viewer, "read", profile: MarketplaceProfile) if
    partner(viewer) and profile.partner_id = viewer.company_id;

# The operator can read every profile.
allow(viewer: Viewer, "read", _profile: MarketplaceProfile) if operator(viewer);

# A managed account can never read its own profile, even if it's public. R002 R116 A8
deny(viewer: Viewer, _action, profile: MarketplaceProfile) if
    managed(viewer) and profile.company_id = viewer.company_id;

allow_field(_viewer: Viewer, "read", _profile: MarketplaceProfile, field) if
    field in [
        "company", "company_name", "slug", "url", "visibility", "logo", "bio", "website",
        "provider_types", "service_types", "social_links", "headquarters", "ports"
    ];

# Members of a company can read the provider's contact details. Other viewers can send an inquiry. V22 V45
# @reason SIGN_IN_REQUIRED
allow_field(viewer: Viewer, "read", _profile: MarketplaceProfile, field) if
    member(viewer) and field in ["contact_email", "phone"];

# Users who can save a profile can read its version, which they state when they save. V9 A9
# @reason ROLE_REQUIRED
allow_field(viewer: Viewer, "read", profile: MarketplaceProfile, "version") if
    edits_marketplace(viewer) and profile.company_id = viewer.company_id;
allow_field(viewer: Viewer, "read", profile: MarketplaceProfile, "version") if
    partner(viewer) and edits_marketplace(viewer) and profile.partner_id = viewer.company_id;

# Everyone, including visitors, can send an inquiry to the provider of a public profile. R018 V22
allow(_viewer: Viewer, "inquire", profile: MarketplaceProfile) if
    profile.visibility = "PUBLIC";
