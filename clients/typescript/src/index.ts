// The client of a Crossgate gateway, without a framework. The other entry points adapt it to Apollo Client, urql, Relay and React.

export { type Client, type ClientOptions, createClient, type Result, type RunOptions } from "./client.js";
export type { TypedDocument } from "./documents.js";
export { GatewayError, type OperationError } from "./errors.js";
export { hiddenReason, REASONS, type Redaction, type RedactionReason } from "./hidden.js";
export type { OpenStream, Operation, Stream } from "./stream.js";
export { Tokens } from "./tokens.js";
export { messagesByField, type UserError } from "./user-errors.js";
