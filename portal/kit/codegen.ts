// Types of the documents in src/, from the gateway's schema.

import type { CodegenConfig } from "@graphql-codegen/cli";

const config: CodegenConfig = {
  schema: "../../schema/schema.graphql",
  documents: "src/**/*.ts",
  generates: {
    "src/gql.ts": {
      plugins: ["typescript-operations"],
      config: {
        enumType: "string-literal",
        useTypeImports: true,
        strictScalars: true,
        onlyOperationTypes: true,
        scalars: {
          Date: "string",
          DateTime: "string",
          Decimal: "string",
          EmailAddress: "string",
          JSONObject: "Record<string, unknown>",
          URL: "string",
        },
      },
    },
  },
};

export default config;
