// The script that a host page loads: it connects the page, and imports an element's module once its tag appears.

import type { Changes, ConnectOptions } from "./options.js";

export type { Appearance, Changes, ConnectOptions } from "./options.js";

export interface Connection {
  /** Load everything that's shown again. Afterwards the elements use the changed options, and try an ended session again. */
  update(changes?: Changes): Promise<void>;
  /** Forget the token. The elements say that the session has ended. */
  signOut(): Promise<void>;
}

const MODULES: Record<string, () => Promise<unknown>> = {
  "crossgate-approvals": () => import("./elements/approvals.js"),
  "crossgate-brand": () => import("./elements/brand.js"),
  "crossgate-connections": () => import("./elements/connections.js"),
  "crossgate-dashboard": () => import("./elements/dashboard.js"),
  "crossgate-invoices": () => import("./elements/invoices.js"),
  "crossgate-offers": () => import("./elements/offers.js"),
  "crossgate-order-port": () => import("./elements/order-port.js"),
  "crossgate-ports": () => import("./elements/ports.js"),
  "crossgate-profile": () => import("./elements/profile.js"),
  "crossgate-settings": () => import("./elements/settings.js"),
};

/** Connect all elements of the page to a gateway. A second call replaces the first. */
export function connect(options: ConnectOptions): Connection {
  const opened = import("./core.js").then(({ open }) => open(options));
  return {
    update: async (changes) => (await opened).update(changes),
    signOut: async () => (await opened).signOut(),
  };
}

/** Import the module of an element. Pages need it only for tags inside shadow roots of their own. */
export async function define(tag: string): Promise<void> {
  const load = MODULES[tag];
  if (!load) return;
  delete MODULES[tag];
  await load().catch((cause: unknown) => {
    MODULES[tag] = load; // the next change of the page tries again
    throw cause;
  });
}

function look(): void {
  for (const tag of Object.keys(MODULES)) if (document.querySelector(tag)) void define(tag);
}

new MutationObserver(look).observe(document, { childList: true, subtree: true });
look();
