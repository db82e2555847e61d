// What every element needs, in one module.

export { css, html, nothing, type PropertyValues, type TemplateResult } from "lit";
export { GatewayError, hiddenReason, messagesByField, type UserError } from "@crossgate/client";
export { PROPERTIES, propertiesOf } from "./appearance.js";
export { connection, gql, type Hub, join, leave, open, tell } from "./connection.js";
export { CrossgateElement } from "./element.js";
export type { Money, Values, Words } from "./words.js";
