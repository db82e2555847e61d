// Stitches the gateway's schema into another one, which adds a field to a port. Prints the answer to a query as JSON.
import { buildHTTPExecutor } from "@graphql-tools/executor-http";
import { stitchSchemas } from "@graphql-tools/stitch";
import { schemaFromExecutor } from "@graphql-tools/wrap";
import { graphql } from "graphql";

const [, , endpoint, token, source] = process.argv;
const executor = buildHTTPExecutor({ endpoint, headers: { authorization: `Bearer ${token}` } });

const schema = stitchSchemas({
  subschemas: [{ schema: await schemaFromExecutor(executor), executor }],
  typeDefs: "extend type Port { label: String! }",
  resolvers: {
    Port: {
      label: { selectionSet: "{ name speedMbps }", resolve: ({ name, speedMbps }) => `${name} (${speedMbps})` },
    },
  },
});

console.log(JSON.stringify(await graphql({ schema, source })));
