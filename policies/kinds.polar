# Kinds of sensitive data: from whom each kind is hidden, wherever it stands. A field has the kinds of its type and of the columns that
# it's made from (models/kinds.py). These rules hide nothing by themselves: a field that breaks one is refused at the start.

# A managed account sees no price until its partner shows prices. R121 R122 A16 X7
# @reason HIDDEN_BY_PARTNER
never_kind(viewer: Viewer, "PRICE") if managed(viewer) and not viewer.pricing_shown;

# Prices are for the roles that read them. V23
# @reason ROLE_REQUIRED
never_kind(viewer: Viewer, "PRICE") if not reads_prices(viewer);

# Visitors see no address: they send an inquiry. V22
# @reason SIGN_IN_REQUIRED
never_kind(viewer: Viewer, "EMAIL") if not signed_in(viewer);

# Visitors see no telephone number. V22
# @reason SIGN_IN_REQUIRED
never_kind(viewer: Viewer, "PHONE") if not signed_in(viewer);

# People's own addresses are for account administrators and the operator. V23
# @reason ROLE_REQUIRED
never_kind(viewer: Viewer, "PERSONAL_EMAIL") if not administers(viewer) and not operator(viewer);

# The number of a bank account is never shown again, only its last four characters.
# @reason NOT_YOURS
never_kind(_viewer: Viewer, "BANK_ACCOUNT");

# Tokens, passwords and keys never leave the gateway.
# @reason NOT_YOURS
never_kind(_viewer: Viewer, "SECRET");

# Users read their own address. The invariant in invariants/contacts.polar covers all other rows. V23
exempt("User", "email", "PERSONAL_EMAIL");

# Senders give their address so that the provider can answer them. R018
exempt("Mail profile_inquiry", "email", "EMAIL");
