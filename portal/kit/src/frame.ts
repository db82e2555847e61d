// The page in a frame: it shows one element, and speaks with the page around it. The gateway has written into it which origins can
// frame it, and browsers enforce that, so nothing is said to any other origin.

import { claimsOf } from "./claims.js";
import type { Change, Failure, FromFrame, ToFrame } from "./frame-messages.js";
import { connect } from "./loader.js";

const PATIENCE = 10_000; // milliseconds for a token to arrive
const REPEAT = 1_000; // milliseconds; the page's script can start later than the frame

const options = new URL(location.href).searchParams;
const element = document.body.firstElementChild as HTMLElement;
const framing = (document.documentElement.dataset.framing ?? "").split(" ");
const isFramed = window.parent !== window;

let given = tokenOfAddress();
let host = announcedHost();
let hasSpoken = false; // the page, which proves that it has a script
let answer: ((token: string) => void) | undefined;
let height = 0;

/** Take the token out of the address, so that no history keeps it. */
function tokenOfAddress(): string | undefined {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  if (location.hash) history.replaceState(null, "", location.pathname + location.search);
  return token ?? undefined;
}

/** The origin of the page around the frame, if the browser says it before the page does. */
function announcedHost(): string | undefined {
  const origin = location.ancestorOrigins?.[0] ?? (document.referrer && new URL(document.referrer).origin);
  return origin && canFrame(origin) ? origin : undefined;
}

/** Whether pages of an origin can show this frame. In development, a source has any port. */
function canFrame(origin: string): boolean {
  return framing.some((source) => source === origin || source === `${origin.replace(/:\d+$/, "")}:*`);
}

/** Whether a token can be used here. An embed session is for pages of one origin, and for the frames that they show. */
function isOurs(token: string): boolean {
  const origin = claimsOf<{ embed: { origin: string } }>(token).embed?.origin;
  return origin === undefined || (host ? origin === host : canFrame(origin));
}

/** Say something to the page. Until its origin is known, only that a token is needed, which everybody can know. */
function say(message: FromFrame): void {
  const target = host ?? (message.type === "crossgate:token-request" ? "*" : undefined);
  if (isFramed && target) window.parent.postMessage(message, target);
}

async function fetchToken(): Promise<string> {
  if (!isFramed) return ""; // a link could bring someone else's session
  const token = given ?? (await requestedToken());
  given = undefined;
  return isOurs(token) ? token : "";
}

/** Ask the page for a token. A page without a script never answers, and has none. */
async function requestedToken(): Promise<string> {
  const ask = () => say({ type: "crossgate:token-request" });
  const asking = setInterval(ask, REPEAT);
  ask();
  try {
    return await new Promise((resolve, reject) => {
      answer = resolve;
      setTimeout(() => (hasSpoken ? reject(new Error("The page has sent no token.")) : resolve("")), PATIENCE);
    });
  } finally {
    clearInterval(asking);
    answer = undefined;
  }
}

function receive(message: ToFrame | null): void {
  if (message?.type === "crossgate:token") take(String(message.token));
  if (message?.type === "crossgate:appearance") void portal.update({ appearance: message.appearance });
  if (message?.type === "crossgate:locale") void speak(String(message.locale));
}

/** Use a token now if one is needed, or when the current one ends. */
function take(token: string): void {
  if (answer) return answer(token);
  given = token || undefined;
  void portal.update(); // an ended session starts again
}

function speak(locale: string): Promise<void> {
  document.documentElement.lang = locale;
  return portal.update({ locale });
}

function measure(): void {
  const now = Math.ceil(document.documentElement.getBoundingClientRect().height);
  if (now === height || !host) return;
  height = now;
  say({ type: "crossgate:height", height });
}

const locale = options.get("locale");
document.documentElement.lang = locale ?? navigator.language;

window.addEventListener("message", ({ source, origin, data }: MessageEvent<ToFrame | null>) => {
  if (!isFramed || source !== window.parent || !canFrame(origin) || (host && host !== origin)) return;
  host = origin;
  hasSpoken = true;
  measure();
  receive(data);
});
document.addEventListener("cg-ready", () => say({ type: "crossgate:ready" }));
document.addEventListener("cg-change", (event) => say({ type: "crossgate:change", detail: (event as CustomEvent<Change>).detail }));
document.addEventListener("cg-error", (event) => say({ type: "crossgate:error", detail: (event as CustomEvent<Failure>).detail }));
new ResizeObserver(measure).observe(document.documentElement);

const portal = connect({ endpoint: "/graphql", fetchToken, ...(locale && { locale }) });
void customElements.whenDefined(element.localName).then((known) => {
  for (const name of (known as unknown as { observedAttributes: string[] }).observedAttributes) {
    const value = options.get(name);
    if (value !== null) element.setAttribute(name, value);
  }
});
