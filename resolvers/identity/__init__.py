"""Identity: how users prove who they are. The mutations of sessions and users work through it.

- passwords: hashes and compares passwords in threads of their own
- password_rules: which passwords are accepted
- email_tokens: the tokens in the links that are sent by email
- refresh_tokens: the format of refresh tokens
- sessions: starts and refreshes sessions, and issues their tokens
- attempts: limits the attempts to sign in
"""
