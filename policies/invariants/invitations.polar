# Invitations: who can reach them, and who can let people into a company.

# Only account administrators invite and revoke, in their own company and in those that it manages. V14 V49
never(viewer: Viewer, "invite_member", _company: Company) if not administers(viewer);
never(viewer: Viewer, "invite_member", company: Company) if
    company.id != viewer.company_id and company.partner_id != viewer.company_id;
never(viewer: Viewer, "revoke", _invitation: Invitation) if not administers(viewer);
never(viewer: Viewer, "revoke", invitation: Invitation) if another_teams(viewer, invitation);

# Apart from them and the operator, only the owner of the address and the holder of the link reach an invitation. V45 V57
never(viewer: Viewer, _action, invitation: Invitation) if
    not administers(viewer) and not operator(viewer) and another_persons(viewer, invitation);
never(viewer: Viewer, _action, invitation: Invitation) if
    not operator(viewer) and another_teams(viewer, invitation) and another_persons(viewer, invitation);

# Nobody else accepts it, not even who sent it. V49
never(viewer: Viewer, "accept", invitation: Invitation) if another_persons(viewer, invitation);

another_teams(viewer: Viewer, invitation: Invitation) if
    invitation.company_id != viewer.company_id and invitation.partner_id != viewer.company_id;
another_persons(viewer: Viewer, invitation: Invitation) if
    invitation.invitee_id != viewer.signed_in_id and invitation.id != viewer.invitation_id;

# An invitation that has ended is gone for everyone. V42
never(_viewer: Viewer, "read", invitation: Invitation) if invitation.ended_at != nil;
