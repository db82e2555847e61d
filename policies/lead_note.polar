# Notes on a lead. Anyone who can read the lead can read them. V17

allow_field(_viewer: Viewer, "read", _note: LeadNote, field) if
    field in ["at", "author", "text"];
