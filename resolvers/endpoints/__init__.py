"""Endpoints: what the HTTP routes beside GraphQL do. The entry points are `downloads.find_file` and `uploads.Uploads`."""
