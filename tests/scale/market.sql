-- A large market beside the small sample one: `scale.rows` ports and as many offers, everything else in proportion.
-- The five companies of the demo users have a steady share of it, and so has one giant, so that lists of theirs grow with it too.
-- Facts are stated as triggers would derive them; triggers and foreign keys are off meanwhile, being most of the cost.

SET session_replication_role = replica;

CREATE TEMP TABLE scale AS SELECT current_setting('scale.rows')::int AS n;

-- Keys of version 7, spread evenly over the time of the sample market: row `i` of `n`.
CREATE FUNCTION pg_temp.key(i int, n int) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT (lpad(to_hex(1696233600000 + 81000000000 * i / n), 12, '0') || '7' || lpad(to_hex(i & 4095), 3, '0')
        || '8' || substr(md5(i::text), 1, 15))::uuid
$$;
-- A number below `n` that depends on `i` and the purpose alone, and on them in no visible way.
CREATE FUNCTION pg_temp.draw(i int, purpose text, n int) RETURNS int LANGUAGE sql IMMUTABLE AS $$
    SELECT (hashint8extended(i, hashtext(purpose)) & 2147483647)::int % n
$$;

CREATE TEMP TABLE play AS
SELECT row_number() OVER (ORDER BY u.email)::int AS part, m.company_id AS id, c.partner_id, u.id AS user_id
FROM app_user u JOIN membership m ON m.user_id = u.id JOIN company c ON c.id = m.company_id
WHERE u.email IN ('admin@partner.example', 'hidden@managed.example', 'shown@managed.example',
    'network@direct.example', 'reviewer@operator.example');

-- Companies: one in 33 is a partner; two in five are managed, of which the demo partner has a quarter. Number 1 is the giant.
CREATE TEMP TABLE place AS
SELECT i, pg_temp.key(i, n / 10) AS id,
    CASE WHEN i % 33 = 0 THEN 'PARTNER' WHEN i % 5 IN (2, 3) THEN 'MANAGED' ELSE 'DIRECT' END AS kind,
    CASE WHEN i % 33 = 0 OR i % 5 NOT IN (2, 3) THEN NULL
        WHEN i % 20 = 2 OR i % 20 = 8 THEN (SELECT id FROM play WHERE part = 1)
        ELSE pg_temp.key(33 * (1 + pg_temp.draw(i, 'partner', n / 330)), n / 10) END AS partner_id,
    CASE i % 4 WHEN 1 THEN 'PUBLIC' WHEN 2 THEN 'PRIVATE' END AS profile_visibility
FROM scale, generate_series(1, n / 10) i;
ALTER TABLE place ADD PRIMARY KEY (i);

INSERT INTO company (id, trading_name, legal_name, account_kind, company_type, verification_status, partner_id, country,
    profile_visibility, created_at, verification_due_at)
SELECT id, initcap(substr(md5(i::text), 1, 8)) || ' ' || i, 'Sample ' || i, kind,
    CASE WHEN i % 1000 = 1 THEN 'INTERNET_EXCHANGE' WHEN i % 2 = 0 THEN 'ENTERPRISE' ELSE 'CLOUD' END,
    CASE WHEN i % 1000 = 1 THEN 'PENDING' ELSE 'VERIFIED' END, partner_id, 'NL', profile_visibility, now(),
    CASE WHEN i % 10 > 0 THEN timestamptz '2026-01-01 00:00Z' + pg_temp.draw(i, 'due', 10000) * interval '1 hour' END
FROM place;

-- Who has the row `i` of a purpose: one in 50 each demo company, one in 10 the giant, else anybody.
CREATE TEMP TABLE holder AS
SELECT share, p.id, p.partner_id, c.profile_visibility FROM generate_series(0, 4) share
    JOIN play p ON p.part = share + 1 JOIN company c USING (id)
UNION ALL SELECT share, id, partner_id, profile_visibility FROM place, generate_series(5, 9) share WHERE i = 1
UNION ALL SELECT 9 + i, id, partner_id, profile_visibility FROM place;
ALTER TABLE holder ADD PRIMARY KEY (share);
CREATE FUNCTION pg_temp.share(i int, purpose text, n int) RETURNS int LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN pg_temp.draw(i, purpose, 50) < 10 THEN pg_temp.draw(i, purpose, 50)
        ELSE 10 + pg_temp.draw(i, purpose || ' of anybody', n / 10) END
$$;
ANALYZE holder;

INSERT INTO managed_account (id, company_id, partner_id, account_name, supported_by, created_at)
SELECT id, id, partner_id, 'Account ' || i, CASE WHEN i % 400 = 2 THEN 'OPERATOR' ELSE 'PARTNER' END, now()
FROM place WHERE partner_id IS NOT NULL;

INSERT INTO billing_market (id, company_id, partner_id, market, currency, enabled)
SELECT pg_temp.key(i * 2 + (market = 'NL')::int, n / 5), id, partner_id, market, 'EUR', true
FROM scale, place, unnest(ARRAY['NL', 'DE']) market;

INSERT INTO support_details (id, company_id, partner_id, supported_by) SELECT id, id, partner_id, 'PARTNER' FROM place;

INSERT INTO app_user (id, email, name, created_at)
SELECT pg_temp.key(i, n / 5), 'user' || i || '@scale.example', 'User ' || i, now() FROM scale, generate_series(1, n / 5) i;

INSERT INTO membership (id, user_id, company_id, partner_id, roles, created_at)
SELECT pg_temp.key(i, n / 5), pg_temp.key(i, n / 5), h.id, h.partner_id, '{VIEWER}', now()
FROM scale CROSS JOIN generate_series(1, n / 5) i JOIN holder h ON h.share = pg_temp.share(i, 'membership', n);

-- Notifications: one in ten for each demo user, the others for anybody; one in fifty is unread.
INSERT INTO notification (id, user_id, company_id, partner_id, kind, title, body, created_at, read_at)
SELECT pg_temp.key(i, n), coalesce(p.user_id, m.user_id), coalesce(p.id, m.company_id), CASE WHEN p.id IS NULL THEN m.partner_id
    ELSE p.partner_id END, 'SECURITY', 'Notice ' || i, 'Text', now(), CASE WHEN i / 10 % 50 = 7 THEN NULL ELSE now() END
FROM scale CROSS JOIN generate_series(1, n) i LEFT JOIN play p ON p.part = i % 10 + 1
    JOIN membership m ON m.id = pg_temp.key(1 + pg_temp.draw(i, 'reader', n / 5), n / 5);

-- Exports: one in ten for each demo user, the others for anybody.
INSERT INTO export (id, user_id, company_id, partner_id, membership_id, connection, format, query, variables, page_size, attempts, status,
    row_count, byte_size, error_code, created_at)
SELECT pg_temp.key(i, n / 5), m.user_id, m.company_id, m.partner_id, m.id, 'ports', 'CSV', '', '{}', 1000, 0, 'FAILED', 0, 0, 'INTERNAL', now()
FROM (
    SELECT i, n, m.id AS member FROM scale CROSS JOIN generate_series(1, n / 5) i JOIN play p ON p.part = i % 10 + 1
    JOIN membership m ON m.user_id = p.user_id AND m.company_id = p.id
    UNION ALL
    SELECT i, n, pg_temp.key(1 + pg_temp.draw(i, 'asker', n / 5), n / 5) FROM scale CROSS JOIN generate_series(1, n / 5) i
    WHERE i % 10 + 1 NOT IN (SELECT part FROM play)
) asked JOIN membership m ON m.id = asked.member
ORDER BY i;

INSERT INTO marketplace_profile (id, company_id, partner_id, company_name, slug, visibility, bio, contact_email, provider_types,
    service_types, social_links, created_at)
SELECT id, id, partner_id, 'Profile ' || i, 'scale-' || i, profile_visibility,
    CASE WHEN i % 1000 = 1 THEN 'Rare' ELSE 'Common' END || ' provider number' || i, 'sales@scale.example',
    ARRAY[(SELECT code FROM provider_type ORDER BY code OFFSET (i % 1000 <> 1)::int LIMIT 1)],
    ARRAY[(SELECT code FROM service_type ORDER BY code OFFSET (i % 1000 <> 1)::int LIMIT 1)], '[]', now()
FROM place WHERE profile_visibility IS NOT NULL;

INSERT INTO inquiry (id, company_id, partner_id, profile_id, sender_name, sender_email, message, created_at)
SELECT pg_temp.key(i, n / 5), h.id, h.partner_id, p.id, 'Sender ' || i, 'sender@scale.example', 'What does it cost?', now()
FROM scale CROSS JOIN generate_series(1, n / 5) i JOIN holder h ON h.share = pg_temp.share(i, 'inquiry', n)
    JOIN marketplace_profile p ON p.company_id = h.id;

INSERT INTO location (id, name, metro, country, market, status, latitude, longitude, speeds_mbps)
SELECT pg_temp.key(i, n / 100), 'Scale ' || i, CASE WHEN i % 500 = 1 THEN 'Rare' ELSE 'Common' END,
    CASE WHEN i % 500 = 1 THEN 'LU' ELSE 'DE' END, CASE WHEN i % 500 = 1 THEN 'LU' ELSE 'DE' END,
    CASE WHEN i % 500 = 1 THEN 'EXPIRED' ELSE 'ACTIVE' END, 50, 8,
    CASE WHEN i % 500 = 1 THEN '{400000}'::int[] ELSE '{1000,10000}'::int[] END
FROM scale, generate_series(1, n / 100) i;

-- Ports: a third is public, and shown where the profile is public too.
INSERT INTO port (id, company_id, partner_id, location_id, metro, name, speed_mbps, term_months, status, visibility, profile_visibility,
    monthly_rate, setup_fee, currency, created_at)
SELECT pg_temp.key(i, n), h.id, h.partner_id, l.id, l.metro,
    'port ' || md5(i::text), (ARRAY[1000, 10000, 100000, 400000])[CASE WHEN i % 1000 = 7 THEN 4 ELSE 1 + i % 3 END], 12,
    CASE WHEN i % 1000 = 7 THEN 'CANCELLED' ELSE 'ACTIVE' END, CASE WHEN i % 3 = 0 THEN 'PUBLIC' ELSE 'PRIVATE' END,
    CASE WHEN i % 3 = 0 THEN h.profile_visibility END, pg_temp.draw(i, 'rate', 1000) * 100, 0, CASE WHEN i % 1000 = 7 THEN 'JPY' ELSE 'EUR' END,
    now() - make_interval(mins => n - i)
FROM scale CROSS JOIN generate_series(1, n) i JOIN holder h ON h.share = pg_temp.share(i, 'port', n)
    JOIN location l ON l.id = pg_temp.key(1 + pg_temp.draw(i, 'location', n / 100), n / 100);

-- Orders that need approval: half as many as ports, few of them EXPIRED, and fewer due but not marked yet.
INSERT INTO order_approval (id, company_id, partner_id, location_id, name, speed_mbps, term_months, monthly_rate, setup_fee, currency,
    status, requested_by, created_at, decided_at, expires_at)
SELECT pg_temp.key(i, n / 2), h.id, h.partner_id, pg_temp.key(1 + pg_temp.draw(i, 'location', n / 100), n / 100), 'order ' || i, 1000,
    12, 1000, 0, 'EUR', CASE WHEN i % 1000 = 5 THEN 'EXPIRED' ELSE 'PENDING' END, u.id, now(),
    CASE WHEN i % 1000 = 5 THEN now() END, now() + CASE WHEN i % 5000 = 6 THEN '0' ELSE '14 days' END::interval
FROM scale CROSS JOIN generate_series(1, n / 2) i JOIN holder h ON h.share = pg_temp.share(i, 'approval', n)
    CROSS JOIN (SELECT id FROM app_user ORDER BY id LIMIT 1) u;

-- Requests: from any port to a public one. One in 20 is to the giant's first, one in 20 comes from a port of the direct company.
CREATE TEMP TABLE target AS
SELECT row_number() OVER (ORDER BY company_id <> (SELECT id FROM place WHERE i = 1), id)::int AS number, id, company_id, partner_id
FROM port WHERE visibility = 'PUBLIC' AND profile_visibility = 'PUBLIC';
CREATE TEMP TABLE origin AS
SELECT row_number() OVER (ORDER BY company_id <> (SELECT id FROM play WHERE part = 3), id)::int AS number, id, company_id, partner_id
FROM port WHERE visibility = 'PRIVATE';
INSERT INTO connection_request (id, company_id, partner_id, port_id, target_port_id, provider_id, provider_partner_id, name,
    rate_limit_mbps, status, created_at)
SELECT pg_temp.key(i, n * 2 / 5), o.company_id, o.partner_id, o.id, t.id, t.company_id, t.partner_id, 'link ' || i, 100, 'PENDING', now()
FROM scale CROSS JOIN generate_series(1, n * 2 / 5) i
    JOIN target t ON t.number = CASE WHEN i % 20 = 0 THEN 1 ELSE 1 + pg_temp.draw(i, 'target', (SELECT count(*)::int FROM target)) END
    JOIN origin o ON o.number = CASE WHEN i % 20 = 1 THEN 1 ELSE 1 + pg_temp.draw(i, 'origin', (SELECT count(*)::int FROM origin)) END;

-- Products: three in five are public. Number 1 is the giant's, and one offer in 20 is for it.
CREATE TEMP TABLE advert AS
SELECT i, pg_temp.key(i, n * 3 / 20) AS id, h.id AS company_id, h.partner_id,
    CASE WHEN i % 20 < 12 THEN 'PUBLIC' WHEN i % 20 < 17 THEN 'LIMITED' WHEN i % 20 < 19 THEN 'RESTRICTED' ELSE 'REMOVED' END AS visibility
FROM scale CROSS JOIN generate_series(1, n * 3 / 20) i
    JOIN holder h ON h.share = CASE i WHEN 1 THEN 5 ELSE pg_temp.share(i, 'product', n) END;
ALTER TABLE advert ADD PRIMARY KEY (i);
INSERT INTO product (id, company_id, partner_id, title, kind, visibility, categories, created_at, slug, published_at, removal_at,
    summary, seller_name, highlights, keywords, supports, related_ids, customer_references)
SELECT id, company_id, partner_id, 'Product ' || i, CASE WHEN i % 1000 = 2 THEN 'APPLICATION' ELSE 'SERVICE' END, visibility,
    CASE WHEN i % 1000 = 2 THEN '{TRAINING}'::text[] ELSE '{ASSESSMENTS,IMPLEMENTATION}'::text[] END, now(), 'scale-' || i,
    CASE WHEN i % 20 = 13 THEN NULL ELSE now() END, now() + CASE WHEN i % 5000 = 17 THEN '0' ELSE '14 days' END::interval,
    CASE WHEN i % 1000 = 1 THEN 'Rare' ELSE 'Common' END || ' provider number' || i, 'Seller', '{}', '{}', '{PORTS}', '{}', '{}'
FROM advert;

-- Each product has a revision, and one in ten a draft that is under review, waits for its publisher, or was rejected.
INSERT INTO product_revision (id, company_id, partner_id, product_id, draft_of_id, number, status, visibility, title, categories,
    highlights, keywords, supports, related_ids, customer_references, created_at, publish_by)
SELECT pg_temp.key(i * 2 + number, n * 3 / 10), company_id, partner_id, id, CASE number WHEN 1 THEN id END, number + 1,
    CASE WHEN number = 0 THEN 'PUBLISHED' WHEN i % 1000 = 10 THEN 'APPROVED' WHEN i % 1000 = 20 THEN 'REJECTED' ELSE 'SUBMITTED' END,
    'PUBLIC', 'Product ' || i, '{TRAINING}', '{}', '{}', '{PORTS}', '{}', '{}', now(), now() + '14 days'::interval
FROM scale, advert, generate_series(0, (i % 10 = 0)::int) number;

-- Each revision has a request. One in ten of them waits for the operator.
INSERT INTO change_request (id, company_id, partner_id, product_id, revision_id, kind, status, title, reviewed_by, problems, checks,
    test_account_ids, created_at, submitted_at, decided_at)
SELECT r.id, r.company_id, r.partner_id, r.product_id, r.id, CASE r.number WHEN 1 THEN 'CREATE' ELSE 'UPDATE_INFORMATION' END,
    CASE r.status WHEN 'SUBMITTED' THEN 'UNDER_REVIEW' WHEN 'REJECTED' THEN 'FAILED' ELSE 'SUCCEEDED' END, r.title,
    CASE r.number WHEN 1 THEN 'MACHINE' ELSE 'OPERATOR' END,
    CASE r.status WHEN 'REJECTED' THEN '[{"code": "OTHER", "message": "No."}]' ELSE '[]' END::jsonb, '{}', '{}', now(), now(),
    CASE WHEN r.status <> 'SUBMITTED' THEN now() END
FROM product_revision r WHERE r.title LIKE 'Product %';
INSERT INTO product_dimension (id, company_id, partner_id, product_id, name, unit)
SELECT id, company_id, partner_id, id, 'Gold', 'month' FROM advert;
UPDATE company c SET public_products = public_products + s.number
FROM (SELECT company_id, count(*) AS number FROM advert WHERE visibility = 'PUBLIC' GROUP BY 1) s WHERE c.id = s.company_id;
INSERT INTO product_test_account (product_id, company_id, seller_id, seller_partner_id, product_visibility)
SELECT a.id, h.id, a.company_id, a.partner_id, a.visibility
FROM scale CROSS JOIN advert a CROSS JOIN unnest(ARRAY['guest', 'other guest']) purpose
    JOIN holder h ON h.share = pg_temp.share(a.i, purpose, n)
WHERE a.visibility <> 'PUBLIC' AND a.i % 20 <> 13 AND h.id <> a.company_id
ON CONFLICT DO NOTHING;

-- Offers of published products, each to two companies at most. DRAFT and REJECTED ones are their sellers' alone.
INSERT INTO offer (id, company_id, partner_id, product_id, name, status, payment_model, currency, total_value, contract_end_date,
    expires_on, created_at)
SELECT pg_temp.key(o.i, n), a.company_id, a.partner_id, a.id, 'Offer ' || o.i,
    CASE WHEN o.i % 1000 = 3 THEN 'REJECTED' WHEN o.i % 10 = 0 THEN 'DRAFT' WHEN o.i % 3 = 0 THEN 'ACCEPTED' ELSE 'PUBLISHED' END,
    'SCHEDULE', 'EUR', 1000, '2030-01-01', DATE '2027-06-01' + pg_temp.draw(o.i, 'expiry', 900), now()
FROM scale CROSS JOIN generate_series(1, n) o (i)
    JOIN advert a ON a.i = CASE WHEN o.i % 20 = 4 THEN 1 ELSE 1 + pg_temp.draw(o.i, 'product', n * 3 / 20)
        - (pg_temp.draw(o.i, 'product', n * 3 / 20) % 20 = 12)::int END;
INSERT INTO offer_dimension (id, offer_id, position, name, unit, price, currency)
SELECT pg_temp.key(i, n), pg_temp.key(i, n), 0, 'Gold', 'month', 1000, 'EUR' FROM scale, generate_series(1, n) i;
INSERT INTO instalment (id, offer_id, charge_date, amount, currency)
SELECT pg_temp.key(i, n), pg_temp.key(i, n), '2029-02-01', 1000, 'EUR' FROM scale, generate_series(1, n) i;
INSERT INTO offer_buyer (offer_id, company_id, partner_id, seller_id, seller_partner_id, product_id, status, expiry_key)
SELECT o.id, h.id, h.partner_id, o.company_id, o.partner_id, o.product_id, o.status, o.expiry_key
FROM scale CROSS JOIN generate_series(1, n) i JOIN offer o ON o.id = pg_temp.key(i, n)
    CROSS JOIN unnest(ARRAY['buyer', 'other buyer']) purpose JOIN holder h ON h.share = pg_temp.share(i, purpose, n)
WHERE h.id <> o.company_id
ON CONFLICT DO NOTHING;
TRUNCATE dealing;
INSERT INTO dealing (product_id, buyer_id, status, buyer_partner_id, seller_id, seller_partner_id, offers)
SELECT b.product_id, b.company_id, o.status, b.partner_id, b.seller_id, b.seller_partner_id, count(*)
FROM offer_buyer b JOIN offer o ON o.id = b.offer_id GROUP BY 1, 2, 3, 4, 5, 6;

-- The audit log: as many events as ports, one in a thousand by somebody who looks as another.
INSERT INTO audit_event (id, at, kind, company_id, partner_id, actor_company_id, as_company_id, counts)
SELECT pg_temp.key(i, n), now(), CASE WHEN i % 1000 = 9 THEN 'VIEW_AS' ELSE 'DENIAL' END, h.id, h.partner_id, h.id,
    CASE WHEN i % 1000 = 9 THEN o.id WHEN i % 100 = 3 THEN o.id END, '[]'
FROM scale CROSS JOIN generate_series(1, n) i JOIN holder h ON h.share = pg_temp.share(i, 'actor', n)
    JOIN holder o ON o.share = pg_temp.share(i, 'seen as', n);

-- Invoices: half as many as ports, each of a day of its own.
INSERT INTO invoice (id, company_id, partner_id, number, period_start, period_end, currency, total, created_at)
SELECT pg_temp.key(i, n / 2), h.id, h.partner_id, 'SCALE-' || i, '2000-01-01'::date + i, '2000-01-01'::date + i, 'EUR', 1000, now()
FROM scale CROSS JOIN generate_series(1, n / 2) i JOIN holder h ON h.share = pg_temp.share(i, 'invoice', n);
INSERT INTO invoice_line (id, invoice_id, port_id, description, amount, currency)
SELECT pg_temp.key(i, n / 2), pg_temp.key(i, n / 2), pg_temp.key(i, n), 'Port', 1000, 'EUR' FROM scale, generate_series(1, n / 2) i;

DROP TABLE scale, play, place, holder, target, origin, advert;
SET session_replication_role = origin;
