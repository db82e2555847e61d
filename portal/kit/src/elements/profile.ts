// <crossgate-profile>: the company's Marketplace profile, to read or, for those who can, to edit.

import { keyed } from "lit/directives/keyed.js";

import { CrossgateElement, gql, html, nothing } from "../core.js";
import { alertOf, Form, selectField, textField, textOf } from "../form.js";
import type * as gq from "../gql.js";
import { looks } from "../styles.js";

const PROFILE = gql<gq.ProfileQuery, gq.ProfileQueryVariables>(/* GraphQL */ `
  query Profile {
    viewer {
      company {
        viewerCan
        marketplaceProfile { id companyName bio contactEmail phone website visibility version url }
      }
    }
  }
`);
const SAVE = gql<gq.SaveProfileMutation, gq.SaveProfileMutationVariables>(/* GraphQL */ `
  mutation SaveProfile($input: SaveMarketplaceProfileInput!) {
    saveMarketplaceProfile(input: $input) { marketplaceProfile { id } userErrors { code message field params { name value } } }
  }
`);

type Company = NonNullable<gq.ProfileQuery["viewer"]["company"]>;
type Profile = Company["marketplaceProfile"];

const FIELDS = ["companyName", "bio", "contactEmail", "phone", "website"] as const;
const TYPES: Readonly<Record<string, string>> = { contactEmail: "email", phone: "tel", website: "url" };

export class CrossgateProfile extends CrossgateElement {
  static override styles = looks;
  #company: Company | null | undefined;
  #saved = false;
  readonly #form = new Form(this, () => this.hub.words!);

  protected override async load(): Promise<void> {
    this.#company = (await this.query(PROFILE, {})).viewer.company ?? null;
  }

  protected override reset(): void {
    this.#company = undefined;
    this.#saved = false;
  }

  protected override view() {
    return html`<h2 part="heading">${this.t("profile.title")}</h2>${this.#body()}`;
  }

  #body() {
    const company = this.#company;
    if (company === undefined) return this.failure ? nothing : html`<p role="status">${this.t("loading")}</p>`;
    if (company?.viewerCan.includes("SAVE_MARKETPLACE_PROFILE")) return this.#sheet(company.marketplaceProfile);
    return company?.marketplaceProfile ? this.#shown(company.marketplaceProfile) : html`<p part="notice" class="notice">${this.t("profile.none")}</p>`;
  }

  #shown(profile: NonNullable<Profile>) {
    const known = FIELDS.filter((name) => profile[name]);
    return html`
      <dl part="card" class="card">${known.map((name) => html`<div><dt>${this.t(`profile.${name}`)}</dt><dd>${profile[name]}</dd></div>`)}</dl>
    `;
  }

  #sheet(profile: Profile) {
    const { errors, failure, sending } = this.#form;
    const form = html`
      <form part="form" class="card" novalidate @submit=${this.#submit}>
        ${alertOf(this.#form.others(...FIELDS, "visibility"))} ${this.problem(failure)}
        ${FIELDS.map((name) =>
          textField({
            id: name,
            name,
            label: this.t(`profile.${name}`),
            value: profile?.[name] ?? "",
            errors: errors[name],
            ...(name === "bio" ? { rows: 5 } : { type: TYPES[name] ?? "text" }),
          }),
        )}
        ${selectField({
          id: "visibility",
          name: "visibility",
          label: this.t("profile.visibility"),
          value: profile?.visibility ?? "PRIVATE",
          choices: (["PRIVATE", "PUBLIC"] as const).map((value) => ({ value, label: this.t(`profile.${value}`) })),
          errors: errors.visibility,
        })}
        <p class="actions"><button part="button" aria-disabled=${sending}>${this.t("save")}</button></p>
        <p role="status">${this.#saved ? this.t("saved") : ""}</p>
      </form>
    `;
    return keyed(profile?.version, form); // texts for another version are void
  }

  #submit = (event: SubmitEvent): void => {
    event.preventDefault();
    void this.#save(event.target as HTMLFormElement);
  };

  async #save(form: HTMLFormElement): Promise<void> {
    this.#saved = false;
    const text = (name: string) => textOf(form, name);
    const input = {
      version: this.#company?.marketplaceProfile?.version ?? null,
      companyName: text("companyName"),
      bio: text("bio"),
      contactEmail: text("contactEmail"),
      phone: text("phone") || null,
      website: text("website") || null,
      visibility: text("visibility") as "PRIVATE" | "PUBLIC",
    };
    const sent = await this.#form.send(async () => (await this.mutate(SAVE, { input })).saveMarketplaceProfile);
    if (!sent) return this.#form.errors.version && this.refresh(); // someone else has changed the profile
    this.changed("MarketplaceProfile", sent.marketplaceProfile?.id, "SAVE_MARKETPLACE_PROFILE");
    await this.refresh();
    this.#saved = true;
    this.requestUpdate();
  }
}

customElements.define("crossgate-profile", CrossgateProfile);
