// Writes src/schema-facts.ts from the gateway's schema. With --check, it only says whether the file is current.
import { readFileSync, writeFileSync } from "node:fs";

import { buildSchema, isInterfaceType, isObjectType, isUnionType } from "graphql";

const SCHEMA = new URL("../../../schema/schema.graphql", import.meta.url);
const FACTS = new URL("../src/schema-facts.ts", import.meta.url);

const schema = buildSchema(readFileSync(SCHEMA, "utf8"));
const roots = [schema.getQueryType(), schema.getMutationType(), schema.getSubscriptionType()];
const types = Object.values(schema.getTypeMap()).filter((type) => !type.name.startsWith("__"));
const objects = types.filter((type) => isObjectType(type) && !roots.includes(type));
const named = (type) => (type.ofType ? named(type.ofType) : type);
const isConnection = (type) => isObjectType(type) && type.name.endsWith("Connection") && "pageInfo" in type.getFields();

const connections = [schema.getQueryType(), ...objects]
  .map((type) => [type.name, Object.values(type.getFields()).filter((field) => isConnection(named(field.type))).map((field) => field.name)])
  .filter(([, fields]) => fields.length);
const embedded = objects.filter((type) => !("id" in type.getFields())).map((type) => type.name);
const possible = types
  .filter((type) => isInterfaceType(type) || isUnionType(type))
  .map((type) => [type.name, schema.getPossibleTypes(type).map((each) => each.name)]);
const reasons = schema.getType("RedactionReason").getValues().map(({ name, description }) => [name, description]);

const list = (names) => `[${names.map((name) => JSON.stringify(name)).join(", ")}]`;
const entries = (pairs, write) => pairs.map(([name, value]) => `  ${name}: ${write(value)},`).join("\n");
const text = `// What clients have to know about the gateway's schema. Written by \`npm run facts\`.

/** The connections of each type. */
export const CONNECTIONS: Readonly<Record<string, readonly string[]>> = {
${entries(connections, list)}
};

/** Types without an ID, which caches keep inside the object that has them. */
export const EMBEDDED_TYPES: readonly string[] = [
${embedded.map((name) => `  ${JSON.stringify(name)},`).join("\n")}
];

/** The types of each interface and union. */
export const POSSIBLE_TYPES: Readonly<Record<string, readonly string[]>> = {
${entries(possible, list)}
};

/** Why a value is hidden, in a sentence. */
export const REASONS = {
${entries(reasons, JSON.stringify)}
} as const;

export type RedactionReason = keyof typeof REASONS;
`;

if (process.argv.includes("--check")) {
  if (readFileSync(FACTS, "utf8") !== text) {
    console.error("src/schema-facts.ts doesn't match the schema. Run `npm run facts`.");
    process.exit(1);
  }
} else {
  writeFileSync(FACTS, text);
}
