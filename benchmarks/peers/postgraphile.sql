-- What PostGraphile needs on top of the workload's tables: a role, row-level security that says what policies/*.polar say, and columns
-- that hide what is hidden. Runs once, in a database of its own.

DO $$ BEGIN
  CREATE ROLE workload_visitor;
EXCEPTION WHEN duplicate_object THEN NULL;
END $$;
GRANT USAGE ON SCHEMA public TO workload_visitor;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO workload_visitor;

CREATE FUNCTION viewer_company_id() RETURNS uuid LANGUAGE sql STABLE PARALLEL SAFE AS
  $$ SELECT nullif(current_setting('viewer.company', true), '')::uuid $$;
CREATE FUNCTION viewer_kind() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE AS
  $$ SELECT current_setting('viewer.kind', true) $$;
CREATE FUNCTION viewer_prices() RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE AS
  $$ SELECT current_setting('viewer.prices', true) = '1' $$;
COMMENT ON FUNCTION viewer_company_id() IS '@behavior -*';
COMMENT ON FUNCTION viewer_kind() IS '@behavior -*';
COMMENT ON FUNCTION viewer_prices() IS '@behavior -*';

ALTER TABLE port ENABLE ROW LEVEL SECURITY;
ALTER TABLE company ENABLE ROW LEVEL SECURITY;
ALTER TABLE marketplace_profile ENABLE ROW LEVEL SECURITY;
ALTER TABLE managed_account ENABLE ROW LEVEL SECURITY;
ALTER TABLE offer ENABLE ROW LEVEL SECURITY;
ALTER TABLE offer_buyer ENABLE ROW LEVEL SECURITY;

-- `(SELECT …)` is evaluated once for a statement, not once for a row.
CREATE POLICY read ON port FOR SELECT TO workload_visitor USING (
  company_id = (SELECT viewer_company_id()) OR partner_id = (SELECT viewer_company_id())
);
CREATE POLICY read ON managed_account FOR SELECT TO workload_visitor USING (
  partner_id = (SELECT viewer_company_id()) OR company_id = (SELECT viewer_company_id())
);
CREATE POLICY read ON marketplace_profile FOR SELECT TO workload_visitor USING (
  CASE WHEN (SELECT viewer_kind()) = 'MANAGED' THEN visibility = 'PUBLIC' AND company_id <> (SELECT viewer_company_id())
  ELSE visibility = 'PUBLIC' OR company_id = (SELECT viewer_company_id()) OR partner_id = (SELECT viewer_company_id()) END
);
CREATE POLICY read ON offer_buyer FOR SELECT TO workload_visitor USING (
  seller_id = (SELECT viewer_company_id()) OR seller_partner_id = (SELECT viewer_company_id())
  OR company_id = (SELECT viewer_company_id()) OR partner_id = (SELECT viewer_company_id())
);
CREATE POLICY read ON offer FOR SELECT TO workload_visitor USING (
  company_id = (SELECT viewer_company_id()) OR partner_id = (SELECT viewer_company_id())
  OR status IN ('PUBLISHED', 'ACCEPTED', 'EXPIRED', 'WITHDRAWN') AND EXISTS (
    SELECT FROM offer_buyer b WHERE b.offer_id = offer.id
    AND (b.company_id = (SELECT viewer_company_id()) OR b.partner_id = (SELECT viewer_company_id()))
  )
);
CREATE POLICY read ON company FOR SELECT TO workload_visitor USING (
  profile_visibility = 'PUBLIC' OR public_products > 0
  OR id = (SELECT viewer_company_id()) OR partner_id = (SELECT viewer_company_id())
  OR id = (SELECT partner_id FROM managed_account WHERE company_id = (SELECT viewer_company_id()))
  OR EXISTS (SELECT FROM dealing d WHERE d.seller_id = (SELECT viewer_company_id()) AND d.buyer_id = company.id)
  OR EXISTS (SELECT FROM dealing d WHERE d.seller_partner_id = (SELECT viewer_company_id()) AND d.buyer_id = company.id)
  OR EXISTS (
    SELECT FROM dealing d WHERE d.buyer_id = (SELECT viewer_company_id()) AND d.seller_id = company.id
    AND d.status IN ('PUBLISHED', 'ACCEPTED', 'EXPIRED', 'WITHDRAWN')
  )
  OR EXISTS (
    SELECT FROM dealing d WHERE d.buyer_partner_id = (SELECT viewer_company_id()) AND d.seller_id = company.id
    AND d.status IN ('PUBLISHED', 'ACCEPTED', 'EXPIRED', 'WITHDRAWN')
  )
);

CREATE TYPE money_amount AS (amount numeric, currency text);
CREATE FUNCTION port_shown_rate(port port) RETURNS money_amount LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN viewer_prices() THEN ROW(port.monthly_rate / 100.0, port.currency)::money_amount END
$$;
CREATE FUNCTION offer_shown_value(offer offer) RETURNS money_amount LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN viewer_prices() THEN ROW(offer.total_value / 100.0, offer.currency)::money_amount END
$$;
CREATE FUNCTION company_shown_kind(company company) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN viewer_company_id() IN (company.id, company.partner_id) THEN company.account_kind::text END
$$;
CREATE FUNCTION marketplace_profile_shown_email(profile marketplace_profile) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN viewer_company_id() IS NOT NULL THEN profile.contact_email END
$$;
CREATE FUNCTION offer_shown_buyers(offer offer) RETURNS SETOF company LANGUAGE sql STABLE AS $$
  SELECT c.* FROM offer_buyer b JOIN company c ON c.id = b.company_id WHERE b.offer_id = offer.id ORDER BY b.company_id
$$;
COMMENT ON FUNCTION offer_shown_buyers(offer) IS '@behavior +list -connection';
CREATE FUNCTION my_company() RETURNS company LANGUAGE sql STABLE AS $$
  SELECT * FROM company WHERE id = viewer_company_id()
$$;

-- Ports as the Marketplace announces them are another thing than ports, so they are a view, which has a policy of its own.
CREATE VIEW marketplace_port WITH (security_barrier = false) AS
  SELECT p.id, p.company_id, p.location_id, p.speed_mbps,
    coalesce(p.marketplace_name, f.company_name || ' at ' || l.name) AS name
  FROM port p JOIN marketplace_profile f ON f.company_id = p.company_id JOIN location l ON l.id = p.location_id
  WHERE p.visibility = 'PUBLIC' AND p.profile_visibility = 'PUBLIC'
  AND NOT ((SELECT viewer_kind()) = 'MANAGED' AND p.company_id = (SELECT viewer_company_id()));
GRANT SELECT ON marketplace_port TO workload_visitor;
COMMENT ON VIEW marketplace_port IS E'@primaryKey id\n@foreignKey (location_id) references location (id)\n@foreignKey (company_id) references marketplace_profile (company_id)';
