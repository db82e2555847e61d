"""GraphQL over HTTP, and the gateway's other HTTP routes. The entry point is `endpoint.GraphQLEndpoint`.

From a GraphQL request to its response:
    endpoint     serves `/graphql` and `/graphql/refresh` by POST and GET
    negotiation  chooses the media type of the response, and checks that of the request
    request      reads a GraphQL request from a POST body or a query string
    sender       reads and sets the refresh cookie
    json_body    parses strict JSON without repeated keys

Other routes:
    diff            `POST /diff` runs one query for two viewers and returns where the results differ
    differences     compares two results without returning values
    uploads         `POST /files` takes a picture
    exports         `GET /leads.csv` streams the leads that the viewer reads
    files           `GET /files/{id}` serves a file to viewers who can read it
    health          `/livez` and `/readyz`
    portal          GraphiQL's page and, in development, sign-in as any user
    account_pages   the pages to sign in, sign up, reset a password and accept an invitation
    captured_mails  `/mails`, in development only
    policy_files    the policy for people, in development only
"""
