// Fastify with Mercurius: queries compiled by graphql-jit, relations by batched loaders, node-postgres with prepared statements,
// authorization written into the SQL. Who asks is believed, as its header says: kind of account, company, whether it sees prices.

import { readFileSync } from "node:fs"
import { createRequire } from "node:module"

const require = createRequire(process.env.PEERS_HOME)
const fastify = require("fastify")
const mercurius = require("mercurius")
const { Pool } = require("pg")

const pool = new Pool({ max: 10, min: 10, idleTimeoutMillis: 0 }) // where it is, PGHOST and its like say
const SHOWN = "p.visibility = 'PUBLIC' AND p.profile_visibility = 'PUBLIC'"
const NAME = "coalesce(p.marketplace_name, f.company_name || ' at ' || l.name) AS name"

// $1 the viewer's company, $2 how many
const PORTS = "SELECT * FROM port WHERE company_id = $1 ORDER BY id LIMIT $2"
const PARTNERS_PORTS = `
  (SELECT * FROM port WHERE company_id = $1 ORDER BY id LIMIT $2)
  UNION ALL (SELECT * FROM port WHERE partner_id = $1 ORDER BY id LIMIT $2) ORDER BY id LIMIT $2`
const READABLE = {
  ANONYMOUS: "visibility = 'PUBLIC' AND $1::uuid IS NULL",
  DIRECT: "(visibility = 'PUBLIC' OR company_id = $1)",
  PARTNER: "(visibility = 'PUBLIC' OR company_id = $1 OR partner_id = $1)",
  MANAGED: "visibility = 'PUBLIC' AND company_id <> $1",
}
const ACCOUNTS = "SELECT id, company_id FROM managed_account WHERE partner_id = $1 ORDER BY id LIMIT $2"
// $1 the port, $2 a managed viewer's company
const PORT = `
  SELECT p.id, p.speed_mbps, p.location_id, ${NAME}
  FROM port p JOIN marketplace_profile f ON f.company_id = p.company_id JOIN location l ON l.id = p.location_id
  WHERE p.id = $1 AND ${SHOWN} AND p.company_id IS DISTINCT FROM $2::uuid`
// $1 keys, $2 the viewer's company
const LOCATIONS = "SELECT id, name, metro, country FROM location WHERE id = ANY($1::uuid[])"
const COMPANIES = `
  SELECT id, trading_name, company_type, CASE WHEN id = $2 OR partner_id = $2 THEN account_kind END AS account_kind
  FROM company WHERE id = ANY($1::uuid[])`
const BUYERS = `
  SELECT b.offer_id AS parent, c.id, c.trading_name FROM offer_buyer b JOIN company c ON c.id = b.company_id
  WHERE b.offer_id = ANY($1::uuid[]) AND $2 IN (b.seller_id, b.seller_partner_id, b.company_id, b.partner_id)
  ORDER BY b.offer_id, b.company_id`
// $1 companies, $2 how many for each, $3 the viewer's company
const below = (table) => `
  SELECT k.id AS parent, r.* FROM unnest($1::uuid[]) k (id)
  CROSS JOIN LATERAL (
    SELECT * FROM ${table} r WHERE r.company_id = k.id AND $3 IN (r.company_id, r.partner_id) ORDER BY r.id LIMIT $2
  ) r ORDER BY r.id`
const PORTS_OF = below("port")
const OFFERS_OF = below("offer")
// $1 companies, $2 how many for each
const MARKETPLACE_PORTS_OF = `
  SELECT k.id AS parent, p.id, p.speed_mbps, p.location_id, ${NAME} FROM unnest($1::uuid[]) k (id)
  JOIN marketplace_profile f ON f.company_id = k.id
  CROSS JOIN LATERAL (SELECT * FROM port p WHERE p.company_id = k.id AND ${SHOWN} ORDER BY p.id LIMIT $2) p
  JOIN location l ON l.id = p.location_id ORDER BY p.id`

const names = new Map() // a statement's name, by which a connection has it prepared
async function rows(text, values) {
  if (!names.has(text)) names.set(text, `s${names.size}`)
  return (await pool.query({ name: names.get(text), text, values })).rows
}

function page(items, first) {
  const edges = items.slice(0, first).map((node) => ({ cursor: Buffer.from(node.id).toString("base64"), node }))
  return { edges, pageInfo: { hasNextPage: items.length > first, endCursor: edges.at(-1)?.cursor ?? null } }
}

const money = (minorUnits, currency) => ({ amount: (minorUnits / 100).toFixed(2), currency })

// Loaders: all parents of a level in, as many values out.
const byKey = (text, column, own = false) => async (queries, { viewer }) => {
  const keys = [...new Set(queries.map(({ obj }) => obj[column]))]
  const found = new Map((await rows(text, own ? [keys, viewer.company] : [keys])).map((row) => [row.id, row]))
  return queries.map(({ obj }) => found.get(obj[column]))
}
const pages = (text, column, own = false) => async (queries, { viewer }) => {
  const { first } = queries[0].params // one field of one document: the same for all
  const parents = queries.map(({ obj }) => obj[column])
  const found = new Map(parents.map((parent) => [parent, []]))
  const values = [parents, first + 1, ...(own ? [viewer.company] : [])]
  for (const row of await rows(text, values)) found.get(row.parent).push(row)
  return parents.map((parent) => page(found.get(parent), first))
}
async function buyers(queries, { viewer }) {
  const found = new Map(queries.map(({ obj }) => [obj.id, []]))
  for (const row of await rows(BUYERS, [[...found.keys()], viewer.company])) found.get(row.parent).push(row)
  return queries.map(({ obj }) => found.get(obj.id))
}

const speedMbps = ({ speed_mbps }) => speed_mbps
const resolvers = {
  Query: {
    viewer: () => ({}),
    ports: async (_, { first }, { viewer }) =>
      page(await rows(viewer.kind === "PARTNER" ? PARTNERS_PORTS : PORTS, [viewer.company, first + 1]), first),
    marketplaceProfiles: async (_, { first }, { viewer }) => {
      const text = `SELECT * FROM marketplace_profile WHERE ${READABLE[viewer.kind]} ORDER BY id LIMIT $2`
      return page(await rows(text, [viewer.company, first + 1]), first)
    },
    node: async (_, { id }, { viewer }) => (await rows(PORT, [id, viewer.kind === "MANAGED" ? viewer.company : null]))[0],
  },
  Node: { resolveType: () => "MarketplacePort" },
  Viewer: { company: async (_, __, { viewer }) => (await rows(COMPANIES, [[viewer.company], viewer.company]))[0] },
  Company: {
    tradingName: ({ trading_name }) => trading_name,
    companyType: ({ company_type }) => company_type,
    accountKind: ({ account_kind }) => account_kind,
    managedAccounts: async (_, { first }, { viewer }) => page(await rows(ACCOUNTS, [viewer.company, first + 1]), first),
  },
  Port: {
    speedMbps,
    createdAt: ({ created_at }) => created_at.toISOString(),
    monthlyRate: ({ monthly_rate, currency }, _, { viewer }) => (viewer.prices ? money(monthly_rate, currency) : null),
  },
  MarketplacePort: { speedMbps },
  MarketplaceProfile: {
    companyName: ({ company_name }) => company_name,
    contactEmail: ({ contact_email }, _, { viewer }) => (viewer.company ? contact_email : null),
  },
  Offer: { totalValue: ({ total_value, currency }, _, { viewer }) => (viewer.prices ? money(total_value, currency) : null) },
}
// `cache: false`: nothing may outlive its request, and within one a level asks once.
const opts = { cache: false }
const location = { loader: byKey(LOCATIONS, "location_id"), opts }
const company = { loader: byKey(COMPANIES, "company_id", true), opts }
const loaders = {
  Port: { location, company },
  MarketplacePort: { location },
  MarketplaceProfile: { company, ports: { loader: pages(MARKETPLACE_PORTS_OF, "company_id"), opts } },
  ManagedAccount: { company },
  Company: { ports: { loader: pages(PORTS_OF, "id", true), opts }, offers: { loader: pages(OFFERS_OF, "id", true), opts } },
  Offer: { buyers: { loader: buyers, opts } },
}

function context({ headers }) {
  const [kind, own, prices] = headers["x-viewer"].split(" ")
  return { viewer: { kind, company: own || null, prices: prices === "1" } }
}

const app = fastify()
const schema = readFileSync(new URL("schema.graphql", import.meta.url), "utf8")
app.register(mercurius, { schema, resolvers, loaders, context, jit: 1, graphiql: false })
await app.listen({ port: Number(process.env.PORT), host: "127.0.0.1" })
