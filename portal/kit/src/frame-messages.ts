// What a page and the frame that it shows say to each other, by postMessage. docs/api/portal-frame.md describes it.

import type { Appearance } from "./appearance.js";
import type { Change, Failure } from "./events.js";

export type { Change, Failure };

/** A message from the page. */
export type ToFrame =
  /** A new token. It answers a request, and can also be sent without one. An empty text says that there won't be one. */
  | { readonly type: "crossgate:token"; readonly token: string }
  /** Custom properties without their prefix. They replace the partner's stored ones. */
  | { readonly type: "crossgate:appearance"; readonly appearance: Appearance }
  /** A BCP 47 tag, such as `de-CH`. */
  | { readonly type: "crossgate:locale"; readonly locale: string };

/** A message from the frame. */
export type FromFrame =
  /** The session has started, or has come back. */
  | { readonly type: "crossgate:ready" }
  /** The frame needs a token. It repeats the request every second, for ten seconds. */
  | { readonly type: "crossgate:token-request" }
  /** The height of the content, in pixels. */
  | { readonly type: "crossgate:height"; readonly height: number }
  | { readonly type: "crossgate:change"; readonly detail: Change }
  | { readonly type: "crossgate:error"; readonly detail: Failure };
