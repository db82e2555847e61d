# Comments of a review: what publisher and operator write to each other. Anyone who can read a request's comments can read them. V30

allow_field(_viewer: Viewer, "read", _comment: ReviewComment, field) if
    field in ["by", "author", "text", "at"];
