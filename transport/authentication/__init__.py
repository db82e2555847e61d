"""Authentication: finds the viewer for the Authorization header of a request. The entry point is `bearer.Identity`.

arrival  reads the whole request, before which no viewer is looked up
bearer   finds the viewer of a request and the session of a connection
tokens   issues and verifies the gateway's tokens
api_keys reads API keys
issuers  reads and verifies tokens of companies' OpenID issuers
issuer_keys caches the keys of these issuers
discovery fetches them
endings  wakes up open connections whose credentials have ended
keys     loads, creates and rotates the keys that sign tokens
"""
