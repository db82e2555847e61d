# Images: the logos of Marketplace profiles, products and portals, and the photos of users. An upload that nothing uses is its owner's alone.

# Everyone can read the logo of a public profile. It's an image of a company, never of a user. R006 R010
allow(_viewer: Viewer, "read", image: Image) if
    image.company_id != nil and profile in image.profiles and profile.visibility = "PUBLIC";

# Anyone who can read a product can read its logo: everyone if it's public, otherwise its test accounts and buyers. R219 R254
allow(_viewer: Viewer, "read", image: Image) if
    image.company_id != nil and product in image.products and product.visibility = "PUBLIC" and product.published_at != nil;
allow(viewer: Viewer, "read", image: Image) if
    image.company_id != nil and account in image.test_accounts and
    account.company_id = viewer.company_id and account.product_visibility = "LIMITED";
allow(viewer: Viewer, "read", image: Image) if
    image.company_id != nil and dealing in image.dealings and
    dealing.buyer_id = viewer.company_id and extended(dealing.status);
allow(viewer: Viewer, "read", image: Image) if
    partner(viewer) and image.company_id != nil and dealing in image.dealings and
    dealing.buyer_partner_id = viewer.company_id and extended(dealing.status);

# A managed account can read the logo of its partner's portal. V52
allow(viewer: Viewer, "read", image: Image) if
    managed(viewer) and image.company_id != nil and
    appearance in image.portal_appearances and appearance.company_id = viewer.partner_id;

# A company can read its own images. V9
allow(viewer: Viewer, "read", image: Image) if
    image.company_id = viewer.company_id;

# A partner can read the images of the companies that it manages. A9
allow(viewer: Viewer, "read", image: Image) if
    partner(viewer) and image.partner_id = viewer.company_id;

# The operator can read every image of a company.
allow(viewer: Viewer, "read", image: Image) if
    operator(viewer) and image.company_id != nil;

# Users can read the images that they uploaded for themselves. V64
allow(viewer: Viewer, "read", image: Image) if
    image.user_id = viewer.signed_in_id;

# A user can read its own photo, also while someone views as the user. R407 V45
allow(viewer: Viewer, "read", image: Image) if
    image.photo_of_id = viewer.user_id;

# All roles can read the photos of their company's users, and of those that its API keys act as. R407 V23 V51
allow(viewer: Viewer, "read", image: Image) if
    membership in image.memberships and membership.company_id = viewer.company_id;
allow(viewer: Viewer, "read", image: Image) if
    key in image.api_keys and key.company_id = viewer.company_id;

# A partner can read the photos of the users of the companies that it manages. R407 V14 V51
allow(viewer: Viewer, "read", image: Image) if
    partner(viewer) and membership in image.memberships and membership.partner_id = viewer.company_id;
allow(viewer: Viewer, "read", image: Image) if
    partner(viewer) and key in image.api_keys and key.partner_id = viewer.company_id;

# The operator can read every user's photo. R407 V21
allow(viewer: Viewer, "read", image: Image) if
    operator(viewer) and image.photo_of_id != nil;

# A managed account can never read its own images: they are part of its Marketplace profile. R002 R116
deny(viewer: Viewer, _action, image: Image) if
    managed(viewer) and image.company_id = viewer.company_id;

allow_field(_viewer: Viewer, "read", _image: Image, field) if
    field in ["url", "width", "height", "media_type", "is_recommended_size"];
