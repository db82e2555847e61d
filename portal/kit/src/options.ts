// What a page says when it connects. These types need no package, so that those who install the kit need none either.

import type { Appearance } from "./appearance.js";
import type { FetchToken } from "./session.js";

export type { Appearance, FetchToken };

export interface Changes {
  /** Custom properties of the page, which replace the partner's stored ones. */
  readonly appearance?: Appearance;
  /** A BCP 47 tag, such as `de-CH`. By default the partner's stored language, or else the page's. */
  readonly locale?: string;
}

export interface ConnectOptions extends Changes {
  /** The gateway's endpoint, such as `https://gateway.example/graphql`. */
  readonly endpoint: string;
  /** Returns a new token from the host's back end. It's called once for all elements, before the last token ends. */
  readonly fetchToken: FetchToken;
  /** How often visible elements load again what no event announces, in seconds. */
  readonly refreshSeconds?: number;
}
