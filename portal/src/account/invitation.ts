// The page to accept an invitation: it names the company, then asks for what is still missing.

import ACCEPT from "../../documents/accept-invitation.graphql?raw";
import INVITATION from "../../documents/invitation.graphql?raw";
import { ask } from "../ask";
import { signedIn } from "../own-session";
import { type UserError, type Values, whenPressed, whenSubmitted } from "./form";
import { fillInCode, formOf, open, startSession } from "./steps";

const GONE = "This invitation was used, was withdrawn or has expired.";
const FORMS = ["own-form", "new-form", "account-form"] as const;

interface Invitation {
  readonly email: string;
  readonly roles: readonly string[];
  readonly company: { readonly tradingName: string };
}

whenSubmitted(formOf("code-form"), begin);
if (fillInCode("code-form")) formOf("code-form").requestSubmit(); // this only reads
whenPressed("have-account", () => choose("account-form"));
whenPressed("have-none", () => choose("new-form"));

/** Show the invitation that a code belongs to, and how to accept it. */
async function begin({ token }: Values): Promise<readonly UserError[]> {
  const invitation: Invitation | null = (await ask(INVITATION, { variables: { token } })).invitation;
  if (!invitation) return [{ message: GONE, field: ["token"] }];
  const session = await signedIn();
  const isOwn = session?.viewer.email.toLowerCase() === invitation.email.toLowerCase();
  if (isOwn) startSession("own-form", ACCEPT, { token }, session?.token);
  for (const form of ["new-form", "account-form"]) startSession(form, ACCEPT, { token });
  describe(invitation);
  choose(isOwn ? "own-form" : "new-form");
  open();
  return [];
}

function describe({ email, roles, company }: Invitation): void {
  element("company").textContent = company.tradingName;
  element("address").textContent = email;
  element("roles").textContent = roles.map((role) => role.toLowerCase().replaceAll("_", " ")).join(", ");
}

/** Show one of the forms, and the buttons that switch to the others. */
function choose(form: (typeof FORMS)[number]): void {
  for (const each of FORMS) element(each).hidden = each !== form;
  element("have-account").hidden = form !== "new-form";
  element("have-none").hidden = element("forgotten").hidden = form !== "account-form";
  element(form).querySelector("input")?.focus();
}

function element(id: string): HTMLElement {
  return document.getElementById(id)!;
}
