// PostGraphile 5 over a copy of the workload's database, with what postgraphile.sql adds: authorization is row-level security, which
// PostgreSQL enforces for the role and the settings of each request.

import { createServer } from "node:http"
import { createRequire } from "node:module"

const require = createRequire(process.env.PEERS_HOME)
const { postgraphile } = require("postgraphile")
const { makePgService } = require("postgraphile/adaptors/pg")
const { grafserv } = require("postgraphile/grafserv/node")
const { PostGraphileAmberPreset } = require("postgraphile/presets/amber")
const { Pool } = require("pg")

function context({ node }) {
  const [kind, company, prices] = node.req.headers["x-viewer"].split(" ")
  const settings = { "viewer.kind": kind, "viewer.company": company, "viewer.prices": prices }
  return { pgSettings: { role: "workload_visitor", ...settings } }
}

const preset = {
  extends: [PostGraphileAmberPreset],
  pgServices: [makePgService({ pool: new Pool({ max: 10, min: 10, idleTimeoutMillis: 0 }), schemas: ["public"] })],
  grafast: { context, explain: false },
  grafserv: { graphqlPath: "/graphql", graphiql: false, watch: false },
}
const serving = postgraphile(preset).createServ(grafserv)
const server = createServer()
await serving.addTo(server)
await serving.ready()
server.listen(Number(process.env.PORT), "127.0.0.1")
