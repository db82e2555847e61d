// A client of the gateway that runs the tests, signed in as a sample user.
import { createClient } from "@crossgate/client";

export const URL_OF_GATEWAY = process.env.GATEWAY;

/** A token of a sample user, as development mode gives them out. */
export async function tokenOf(email) {
  const init = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ email }) };
  const response = await fetch(new URL("/portal/sign-in", URL_OF_GATEWAY), init);
  return (await response.json()).token;
}

/** A client that is signed in as a user, or a visitor's. */
export function clientOf(email, options = {}) {
  return createClient({ url: URL_OF_GATEWAY, fetchToken: async () => (email ? tokenOf(email) : null), ...options });
}

/** A fetch that notes the body of each request, and its status. */
export function noting(sent) {
  return async (input, init) => {
    const response = await fetch(input, init);
    sent.push({ ...(init?.body ? JSON.parse(init.body) : {}), status: response.status });
    return response;
  };
}

export const SHOWN = "shown@managed.example";
export const HIDDEN = "hidden@managed.example";
