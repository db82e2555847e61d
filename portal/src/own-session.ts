// The session of the user who signed in on this site. Its refresh token is in a cookie that no script can read; access tokens stay in memory.

import REFRESH from "../documents/refresh-tokens.graphql?raw";
import SIGN_OUT from "../documents/sign-out.graphql?raw";
import WHO from "../documents/viewer.graphql?raw";
import { ask } from "./ask";
import type { Viewer } from "./config";

const PATH = "/graphql/refresh"; // where the browser sends the cookie to

/** Return a new access token of the session, or null if there is no session or it has ended. */
export async function refreshed(): Promise<string | null> {
  const { refreshTokens } = await ask(REFRESH, { path: PATH });
  return refreshTokens.tokens?.accessToken ?? null;
}

/** Return the user who signed in, and an access token; null for nobody. */
export async function signedIn(): Promise<{ viewer: Viewer; token: string } | null> {
  const token = await refreshed();
  if (!token) return null;
  return { viewer: await viewerOf(token), token };
}

/** Return the user or, without an address, the API key that a token belongs to. Throws Refused for an invalid token. */
export async function viewerOf(token: string): Promise<Viewer> {
  const { user, company } = (await ask(WHO, { token })).viewer;
  const label = [user?.name, company?.tradingName].filter(Boolean).join(", ");
  return { email: user?.email ?? label, label };
}

export async function signOut(): Promise<void> {
  await ask(SIGN_OUT, { path: PATH });
}
