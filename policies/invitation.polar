# Invitations: whom a company asks to become a member. One that was accepted, revoked or replaced has ended, and nobody reads it.

# Account administrators can read the invitations of their company, and of the companies that it manages. R427 V14 V49
allow(viewer: Viewer, "read", invitation: Invitation) if
    invitation.ended_at = nil and administers(viewer) and invitation.company_id = viewer.company_id;
allow(viewer: Viewer, "read", invitation: Invitation) if
    invitation.ended_at = nil and partner(viewer) and administers(viewer) and invitation.partner_id = viewer.company_id;

# The operator can read every invitation.
allow(viewer: Viewer, "read", invitation: Invitation) if
    invitation.ended_at = nil and operator(viewer);

# A user can read the invitations to the address that it has verified. V45
allow(viewer: Viewer, "read", invitation: Invitation) if
    invitation.ended_at = nil and invitation.invitee_id = viewer.signed_in_id;

# A visitor who holds an invitation's link can read it. V57
allow(viewer: Viewer, "read", invitation: Invitation) if
    invitation.ended_at = nil and viewer.kind = "ANONYMOUS" and invitation.id = viewer.invitation_id;

allow_field(_viewer: Viewer, "read", _invitation: Invitation, field) if
    field in ["company", "email", "roles", "invited_by", "created_at", "expires_at"];

# Account administrators can revoke the invitations of their company, and of the companies that it manages. V14 V49
allow(viewer: Viewer, "revoke", invitation: Invitation) if
    administers(viewer) and invitation.company_id = viewer.company_id;
allow(viewer: Viewer, "revoke", invitation: Invitation) if
    partner(viewer) and administers(viewer) and invitation.partner_id = viewer.company_id;

# The user who has verified the address can accept an invitation, and so can a visitor who holds its link. V49
allow(viewer: Viewer, "accept", invitation: Invitation) if
    invitation.invitee_id = viewer.signed_in_id;
allow(viewer: Viewer, "accept", invitation: Invitation) if
    viewer.kind = "ANONYMOUS" and invitation.id = viewer.invitation_id;
