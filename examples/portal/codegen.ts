// Types of the documents in src/, from the gateway's schema. An app outside this repository names the gateway's URL:
// https://gateway.example/schema.graphql.

import type { CodegenConfig } from "@graphql-codegen/cli";

const config: CodegenConfig = {
  schema: "../../schema/schema.graphql",
  documents: "src/**/*.{ts,tsx}",
  generates: {
    "src/gql/": {
      preset: "client",
      presetConfig: { fragmentMasking: false, persistedDocuments: true },
      config: {
        documentMode: "string",
        enumsAsTypes: true,
        useTypeImports: true,
        strictScalars: true,
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
