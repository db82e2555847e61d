"""Notifying: notifications in the product and emails. The entry point is `notifications.notify_company`.

- notifications: adds notifications and emails to the caller's transaction
- message_templates: the text of each message
- announcements: finds and notifies the people affected by maintenance and security events
- outbox: the emails to send, each with its delivery status
"""
