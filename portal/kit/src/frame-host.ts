// For a page that shows a frame of the kit and can run a script: answers what the frame asks for, and gives it its height.

import type { FetchToken } from "./session.js";
import type { Appearance } from "./appearance.js";
import type { FromFrame, ToFrame } from "./frame-messages.js";

export type * from "./frame-messages.js";

export interface FrameChanges {
  /** Custom properties without their prefix: `{ accent: "#0a5", radius: "0" }`. */
  readonly appearance?: Appearance;
  /** A BCP 47 tag, such as `de-CH`. */
  readonly locale?: string;
}

export interface FrameOptions extends FrameChanges {
  /** Returns a new token from the page's back end. An empty text says that there won't be one. */
  readonly fetchToken: FetchToken;
}

export interface FrameConnection {
  update(changes: FrameChanges): void;
  /** Answer nothing more. */
  close(): void;
}

/** Connect a frame of the kit. It dispatches `cg-ready`, `cg-change` and `cg-error`, as elements do. */
export function connectFrame(frame: HTMLIFrameElement, { fetchToken, ...looks }: FrameOptions): FrameConnection {
  const { origin } = new URL(frame.src);
  const closed = new AbortController();
  let running: Promise<void> | undefined;

  const say = (message: ToFrame) => frame.contentWindow?.postMessage(message, origin);
  const update = ({ appearance, locale }: FrameChanges) => {
    if (appearance) say({ type: "crossgate:appearance", appearance });
    if (locale) say({ type: "crossgate:locale", locale });
  };
  const greet = () => update({ appearance: {}, ...looks }); // at least one message, so that the frame knows that there's a script
  const answer = async () => {
    greet();
    try {
      say({ type: "crossgate:token", token: await fetchToken() });
    } catch {
      // The frame asks again later.
    }
  };
  const tell = (name: string, detail?: object) => frame.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
  const receive = (message: FromFrame) => {
    if (message.type === "crossgate:token-request") running ??= answer().finally(() => (running = undefined));
    if (message.type === "crossgate:height") frame.style.height = `${message.height}px`;
    if (message.type === "crossgate:ready") tell("cg-ready");
    if (message.type === "crossgate:change") tell("cg-change", message.detail);
    if (message.type === "crossgate:error") tell("cg-error", message.detail);
  };

  window.addEventListener(
    "message",
    (event) => {
      if (event.source === frame.contentWindow && event.origin === origin) receive(event.data as FromFrame);
    },
    { signal: closed.signal },
  );
  greet();
  return {
    update: (changes) => update((looks = { ...looks, ...changes })),
    close: () => closed.abort(),
  };
}
