// The steps of a page: an email is requested, and its code completes what was begun. A link in an email opens the second step.

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

/** Start a session with a mutation, and go to the gateway's page. Its refresh token is in a cookie. `token` is of a session to go on with. */
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

/** Fill in the code in the link, which leaves the address bar and so the browser's history. Whether there was one. */
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
