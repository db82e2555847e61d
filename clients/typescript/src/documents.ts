// Documents: texts, or what GraphQL Code Generator writes, which knows the types of the result and of the variables.

/** A document with the types of its result and variables. Code generators write it as a text or as a syntax tree. */
export type TypedDocument<Data, Variables> = (string | object) & {
  /** Never set: it only carries the types. */
  __apiType?: (variables: Variables) => Data;
};

export type Print = (document: object) => string;

/** The ID of a document in the manifest of trusted documents, if a code generator has added its hash. */
export function trustedId(document: object | string): string | undefined {
  const hash = (document as { __meta__?: { hash?: unknown } }).__meta__?.hash;
  return typeof hash === "string" ? hash : undefined;
}

/** The text of a document. Syntax trees need `print` of the package `graphql`. */
export function textOf(document: object | string, print: Print | undefined): string {
  if (typeof document === "string" || document instanceof String) return document.toString();
  if (!print) throw new TypeError("The document is a syntax tree. Pass `print` of the package `graphql` to createClient.");
  return print(document);
}

const hashes = new Map<string, Promise<string>>();

/** The SHA-256 hash of a text, in hexadecimal. */
export function hashOf(text: string): Promise<string> {
  let hash = hashes.get(text);
  if (!hash) hashes.set(text, (hash = digest(text)));
  return hash;
}

async function digest(text: string): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
