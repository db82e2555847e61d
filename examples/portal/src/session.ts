// The session of the signed-in user. Its refresh token is in a cookie that no script can read; access tokens stay in memory.

import { type Client, createClient } from "@crossgate/client";
import { webSocket } from "@crossgate/client/websocket";

import { graphql } from "./gql";

const ENDPOINT = new URL("/graphql", location.href).href;
const DOCUMENTS = import.meta.env.PROD ? "id" : "text"; // the build writes the manifest of documents: src/gql/persisted-documents.json
const SAMPLE = "sample-user"; // a sample user of development mode, who has no password

const SignIn = graphql(`
  mutation SignIn($input: SignInInput!) {
    signIn(input: $input) {
      tokens { expiresAt }
      userErrors { code message field }
    }
  }
`);

const RefreshTokens = graphql(`
  mutation RefreshTokens {
    refreshTokens(input: {}) {
      tokens { accessToken }
      userErrors { code }
    }
  }
`);

const SignOut = graphql(`
  mutation SignOut {
    signOut { signedOut userErrors { code } }
  }
`);

const withCookie = createClient({ url: `${ENDPOINT}/refresh`, documents: DOCUMENTS }); // the browser sends the cookie there only

export interface SampleUser {
  readonly email: string;
  readonly label: string;
}

/** The client of the app. */
export function createSession(): Client {
  return createClient({ url: ENDPOINT, fetchToken, documents: DOCUMENTS, stream: webSocket() });
}

async function fetchToken(): Promise<string | null> {
  const email = sessionStorage.getItem(SAMPLE);
  if (email) return sampleToken(email);
  const { data } = await withCookie.mutate(RefreshTokens);
  return data.refreshTokens.tokens?.accessToken ?? null;
}

/** Sign in with a password. Returns the problems of the input. */
export async function signIn(email: string, password: string) {
  const { data } = await withCookie.mutate(SignIn, { input: { email, password, cookie: true } });
  return data.signIn.userErrors;
}

export async function signOut(): Promise<void> {
  if (!sessionStorage.getItem(SAMPLE)) await withCookie.mutate(SignOut);
  sessionStorage.removeItem(SAMPLE);
}

/** The sample users that a gateway in development mode offers. */
export async function sampleUsers(): Promise<readonly SampleUser[]> {
  const response = await fetch("/portal/config");
  const config = (await response.json()) as { development?: boolean; viewers?: SampleUser[] };
  return config.development ? (config.viewers ?? []) : [];
}

export function signInAsSample(email: string): void {
  sessionStorage.setItem(SAMPLE, email);
}

async function sampleToken(email: string): Promise<string | null> {
  const init = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ email }) };
  const response = await fetch("/portal/sign-in", init);
  return ((await response.json()) as { token?: string }).token ?? null;
}
