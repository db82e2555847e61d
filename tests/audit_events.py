"""SQL statements that fill a market's audit log: each member was denied something, viewed as others, and made changes."""

from __future__ import annotations

from typing import Final

EVENTS: Final = (
    """INSERT INTO audit_event (id, at, kind, company_id, actor_company_id, user_id, operation_name, operation_hash, counts)
       SELECT gen_random_uuid(), now(), 'DENIAL', m.company_id, m.company_id, m.user_id, 'Prices', repeat('0', 64),
           '[{"type": "Port", "field": "monthlyRate", "reason": "ROLE_REQUIRED", "count": 3}]' FROM membership m""",
    """INSERT INTO audit_event (id, at, kind, company_id, actor_company_id, user_id, as_company_id, operation_name, counts)
       SELECT gen_random_uuid(), now(), 'VIEW_AS', m.company_id, m.company_id, m.user_id, lead(m.company_id) OVER (ORDER BY m.id),
           'Look', '[]' FROM membership m""",
    """INSERT INTO audit_event (id, at, kind, company_id, actor_company_id, user_id, as_user_id, as_company_id, counts)
       SELECT gen_random_uuid(), now(), 'EXPLAIN', m.company_id, m.company_id, m.user_id, m.user_id, m.company_id,
           '[{"type": "Port", "field": null, "count": 1}]' FROM membership m""",
    """INSERT INTO audit_event (id, at, kind, company_id, actor_company_id, user_id, action, table_name, row_id, changes)
       SELECT gen_random_uuid(), now(), 'CHANGE', p.company_id, m.company_id, m.user_id, 'updatePort', 'port', p.id,
           '{"name": ["before", "after"], "marketplace_name": [null, "after"]}'
       FROM membership m JOIN port p ON p.company_id = m.company_id""",
)
