// The two steps of a page: it requests an email, and takes the code in it. The link in the email opens the second step.

import { ask } from "../ask";
import { forget } from "../choice";
import { type UserError, type Values, whenPressed, whenSubmitted } from "./form";

const WITH_COOKIE = "/graphql/refresh"; // so that a new session replaces the one that the cookie belongs to

interface Options {
  readonly path?: string;
  readonly more?: object;
  readonly token?: string | undefined;
}

/** Run a mutation on the form's values, then do what follows it. Returns the errors that prevented it. */
function mutation(document: string, then: () => void, { path = "/graphql", more = {}, token }: Options = {}) {
  return async (values: Values): Promise<readonly UserError[]> => {
    const [payload] = Object.values(await ask(document, { path, variables: { input: { ...values, ...more } }, token })) as any[];
    if (!payload.userErrors.length) then();
    return payload.userErrors;
  };
}

/** Start a session with a mutation, and go to the gateway's page. Its refresh token is in a cookie. `token` continues a session. */
export function startSession(form: string, document: string, more: object = {}, token?: string): void {
  const options = { path: WITH_COOKIE, more: { ...more, cookie: true }, token };
  whenSubmitted(formOf(form), mutation(document, arrive, options));
}

/** The two steps: the mutation `request` sends the email, and `complete` takes its code. */
export function byMail(request: string, complete: string): void {
  if (fillInCode("complete-form")) open();
  whenPressed("have-code", open);
  whenSubmitted(formOf("request-form"), mutation(request, tell));
  startSession("complete-form", complete);
}

/** Say that the email is on its way. */
function tell(): void {
  const heading = document.querySelector("#complete h1")!;
  heading.textContent = "Check your email";
  heading.setAttribute("aria-describedby", "sent");
  document.getElementById("sent")!.hidden = false;
  open();
}

/** Show the second step. */
export function open(): void {
  document.getElementById("request")!.hidden = true;
  const step = document.getElementById("complete")!;
  step.hidden = false;
  step.querySelector("h1")!.focus();
}

/** Fill in the code from the link, and remove it from the address bar and the browser's history. Return true if there was one. */
export function fillInCode(form: string): boolean {
  const code = new URLSearchParams(location.search).get("token") ?? "";
  history.replaceState(null, "", location.pathname);
  formOf(form).querySelector<HTMLInputElement>("[name=token]")!.value = code;
  return code !== "";
}

function arrive(): void {
  forget();
  location.replace("/");
}

export function formOf(id: string): HTMLFormElement {
  return document.getElementById(id) as HTMLFormElement;
}
