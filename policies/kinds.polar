# Kinds of sensitive data: whom each kind is hidden from, wherever it appears. A field has the kinds of its type and of the columns
# that it's computed from (models/kinds.py). These rules hide nothing by themselves: a field that breaks one is refused at startup.

# A managed account sees no price until its partner shows prices. R121 R122 A16 X7
# @reason HIDDEN_BY_PARTNER
never_kind(viewer: Viewer, "PRICE") if managed(viewer) and not viewer.pricing_shown;

# Only roles that can read prices see them. V23
# @reason ROLE_REQUIRED
never_kind(viewer: Viewer, "PRICE") if not reads_prices(viewer);

# Viewers without a company see no email address: they send an inquiry. V22 V45
# @reason SIGN_IN_REQUIRED
never_kind(viewer: Viewer, "EMAIL") if not member(viewer);

# Viewers without a company see no telephone number. V22 V45
# @reason SIGN_IN_REQUIRED
never_kind(viewer: Viewer, "PHONE") if not member(viewer);

# Only account administrators and the operator see users' own email addresses. V23
# @reason ROLE_REQUIRED
never_kind(viewer: Viewer, "PERSONAL_EMAIL") if not administers(viewer) and not operator(viewer);

# A bank account number is never shown again, only its last four characters.
# @reason NOT_YOURS
never_kind(_viewer: Viewer, "BANK_ACCOUNT");

# Tokens, passwords and keys never leave the gateway.
# @reason NOT_YOURS
never_kind(_viewer: Viewer, "SECRET");

# Those who write an offer read its prices, whatever their role: invariants/offers.polar covers all others, and hidden prices. V54
exempt("Offer", "total_value", "PRICE");
exempt("OfferDimension", "price", "PRICE");
exempt("Instalment", "amount", "PRICE");
exempt("Agreement", "total_value", "PRICE");
exempt("OfferDocument", "url", "PRICE");

# Users can read their own email address. The invariant in invariants/contacts.polar covers all other rows. V23
exempt("User", "email", "PERSONAL_EMAIL");

# Users without a company can read their own email address, and no other: invariants/contacts.polar. V45
exempt("User", "email", "EMAIL");

# The owner of an address can read the invitations to it, and so can the holder of the link: invariants/invitations.polar. V45 V57
exempt("Invitation", "email", "EMAIL");
exempt("Invitation", "email", "PERSONAL_EMAIL");

# Senders give their email address so that the provider can reply. R018
exempt("Mail profile_inquiry", "email", "EMAIL");

# Those who ask for an offer can give an email address so that the seller can reply. R222 R228
exempt("Mail offer_requested", "email", "EMAIL");

# Creating an API key gives its secret to the creator, once. No query returns it. V51
exempt("CreateApiKeyPayload", "secret", "SECRET");

# Creating a webhook endpoint, and rotating its secret, gives the secret to the user once. No query returns it. V52
exempt("CreateWebhookEndpointPayload", "secret", "SECRET");
exempt("RotateWebhookSecretPayload", "secret", "SECRET");

# Creating an embed session gives its token to the API key's program, once. No query returns it. V52
exempt("CreateEmbedSessionPayload", "token", "SECRET");

# Signing in gives the user its own tokens, once. No query returns them. V44
exempt("Tokens", "access_token", "SECRET");
exempt("Tokens", "refresh_token", "SECRET");

# The owner of an address proves it by the token in an email. The email's body is erased once it's sent. V42
exempt("Mail sign_up", "token", "SECRET");
exempt("Mail password_reset", "token", "SECRET");
exempt("Mail invitation", "token", "SECRET");
