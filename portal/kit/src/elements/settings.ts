// <crossgate-settings>: what a partner lets its accounts see and do, and how its portal looks, each with a preview.

import { keyed } from "lit/directives/keyed.js";

import "../appearance-form.js";
import { CrossgateElement, gql, hiddenReason, html, nothing } from "../core.js";
import { alertOf, Form, selectField, textOf } from "../form.js";
import type * as gq from "../gql.js";
import { looks } from "../styles.js";

const ACCOUNT = /* GraphQL */ `
  fragment AccountFields on ManagedAccount {
    id accountName version viewerCan
    settings {
      pricing { enabled source }
      chatSupport { enabled source }
      dashboard { enabled source }
      companyProfile { enabled source }
      orderApproval { enabled source }
    }
  }
`;
const ACCOUNTS = gql<gq.AccountsQuery, gq.AccountsQueryVariables>(/* GraphQL */ `
  query Accounts {
    managedAccounts(first: 1000) { nodes { ...AccountFields } }
    viewer { company { viewerCan } }
  }
  ${ACCOUNT}
`);
const SAVE = gql<gq.SaveSettingsMutation, gq.SaveSettingsMutationVariables>(/* GraphQL */ `
  mutation SaveSettings($input: UpdateManagedAccountSettingsInput!) {
    saved: updateManagedAccountSettings(input: $input) {
      managedAccount { ...AccountFields }
      userErrors { code message field params { name value } }
    }
  }
  ${ACCOUNT}
`);
const PREVIEW = gql<gq.PreviewQuery, gq.PreviewQueryVariables>(/* GraphQL */ `
  query Preview($id: ID!, $settings: ManagedAccountSettingsInput!) {
    previewSettings(managedAccountId: $id, settings: $settings) {
      viewer { chatSupportEnabled dashboard { ordersWaiting } }
      ports(first: 3, orderBy: { field: NAME }) { totalCount nodes { id name monthlyRate { amount currency } viewerHides { field reason } } }
    }
  }
`);

type Account = gq.AccountFieldsFragment;
type Preview = NonNullable<gq.PreviewQuery["previewSettings"]>;
const SWITCHES = ["pricing", "dashboard", "companyProfile", "chatSupport", "orderApproval"] as const;
type Switch = (typeof SWITCHES)[number];
const PARTS = "form, card-heading, field, label, error, input, select, swatch, sample, sample-heading, button, failure"; // of the form for the looks
type Values = Record<Switch, boolean | null>;

export class CrossgateSettings extends CrossgateElement {
  static override styles = looks;
  static override properties = { accountId: { attribute: "account-id" } };
  /** The account to show. Without it, the element has a list to choose from. */
  declare accountId: string | undefined;

  #accounts: readonly Account[] | undefined;
  #canDress = false;
  #preview: Preview | undefined;
  #saved = false;
  #chosen = "";
  readonly #form = new Form(this, () => this.hub.words!);

  protected override async load(): Promise<void> {
    const { managedAccounts, viewer } = await this.query(ACCOUNTS, {});
    this.#accounts = managedAccounts.nodes;
    this.#canDress = Boolean(viewer.company?.viewerCan.includes("SAVE_PORTAL_APPEARANCE"));
  }

  protected override reset(): void {
    this.#accounts = this.#preview = undefined;
    this.#saved = this.#canDress = false;
  }

  protected override view() {
    const looks = html`<crossgate-appearance-form exportparts=${PARTS}></crossgate-appearance-form>`;
    return html`<h2 part="heading">${this.t("settings.title")}</h2>${this.#body()} ${this.#canDress ? looks : nothing}`;
  }

  get #account(): Account | undefined {
    const wanted = this.accountId || this.#chosen;
    return wanted ? this.#accounts?.find(({ id }) => id === wanted) : this.#accounts?.[0];
  }

  #body() {
    if (!this.#accounts) return this.failure ? nothing : html`<p role="status">${this.t("loading")}</p>`;
    const account = this.#account;
    if (!account) return html`<p part="notice" class="notice">${this.t("settings.noAccount")}</p>`;
    return html`${this.accountId ? nothing : this.#chooser(this.#accounts, account)} ${this.#switches(account)} ${this.#previewed(account)}`;
  }

  #chooser(accounts: readonly Account[], account: Account) {
    return selectField({
      id: "account",
      name: "account",
      label: this.t("settings.account"),
      value: account.id,
      choices: accounts.map(({ id, accountName }) => ({ value: id, label: accountName })),
      onChange: (id) => this.#choose(id),
    });
  }

  #switches(account: Account) {
    const { sending, failure, errors } = this.#form;
    const can = account.viewerCan.includes("UPDATE_MANAGED_ACCOUNT_SETTINGS");
    const fields = SWITCHES.map((name) => `settings.${name}`);
    const form = html`
      <form part="form" class="card" @submit=${(event: SubmitEvent) => this.#submit(event, account)}>
        <h3 part="card-heading">${account.accountName}</h3>
        ${alertOf(this.#form.others(...fields))} ${this.problem(failure)}
        ${SWITCHES.map((name) => (can ? this.#switch(account, name, errors[`settings.${name}`]) : this.#shown(account, name)))}
        ${can
          ? html`<p class="actions">
              <button part="button" aria-disabled=${sending} value="save">${this.t("save")}</button>
              <button part="button" class="quiet" aria-disabled=${sending} value="preview">${this.t("settings.preview")}</button>
            </p>`
          : nothing}
        <p role="status">${this.#saved ? this.t("saved") : ""}</p>
      </form>
    `;
    return keyed(`${account.id} ${account.version}`, form); // choices for another account, or another version, are void
  }

  #switch(account: Account, name: Switch, errors: string[] | undefined) {
    const { enabled, source } = account.settings[name];
    const own = source === "ACCOUNT" ? String(enabled) : "";
    const usual = source === "ACCOUNT" ? this.t("settings.usual") : this.t("settings.usualIs", { value: this.t(`settings.${enabled}`) });
    return selectField({
      id: name,
      name,
      label: this.t(`settings.${name}`),
      value: own,
      choices: [{ value: "", label: usual }, ...["true", "false"].map((value) => ({ value, label: this.t(`settings.${value}`) }))],
      errors,
    });
  }

  #shown(account: Account, name: Switch) {
    return html`<p>${this.t("settings.is", { name: this.t(`settings.${name}`), value: this.t(`settings.${account.settings[name].enabled}`) })}</p>`;
  }

  #previewed({ accountName }: Account) {
    const preview = this.#preview;
    if (!preview) return html`<div role="status"></div>`;
    const { ports, viewer } = preview;
    return html`
      <section part="preview" class="card" role="status">
        <h3 part="card-heading">${this.t("settings.previewOf", { name: accountName })}</h3>
        <dl>
          ${ports.nodes.map((port) => html`<div><dt>${port.name}</dt><dd>${this.price(port, "monthlyRate", port.monthlyRate)}</dd></div>`)}
          <div><dt>${this.t("settings.dashboard")}</dt><dd>${this.#seen(hiddenReason(viewer, "dashboard") === null)}</dd></div>
          <div><dt>${this.t("settings.chatSupport")}</dt><dd>${this.#seen(viewer.chatSupportEnabled)}</dd></div>
        </dl>
      </section>
    `;
  }

  #seen(isSeen: boolean): string {
    return this.t(`settings.${isSeen}`);
  }

  #choose(id: string): void {
    this.#chosen = id;
    this.#preview = undefined;
    this.#saved = false;
    this.#form.clear();
  }

  #submit(event: SubmitEvent, account: Account): void {
    event.preventDefault();
    const settings = valuesOf(event.target as HTMLFormElement);
    const isPreview = (event.submitter as HTMLButtonElement | null)?.value === "preview";
    this.#saved = false;
    void (isPreview ? this.#show(account, settings) : this.#save(account, settings));
  }

  async #show({ id }: Account, settings: Values): Promise<void> {
    await this.attempt(async () => {
      this.#preview = (await this.query(PREVIEW, { id, settings })).previewSettings ?? undefined;
    });
  }

  async #save({ id, version }: Account, settings: Values): Promise<void> {
    const input = { id, version: version!, settings };
    const sent = await this.#form.send(async () => (await this.mutate(SAVE, { input })).saved);
    const account = sent?.managedAccount;
    if (!account) return this.#form.errors.version && this.refresh(); // someone else has changed the account
    this.#accounts = this.#accounts?.map((each) => (each.id === id ? account : each));
    this.#preview = undefined;
    this.#saved = true;
    this.changed("ManagedAccount", id, "UPDATE_MANAGED_ACCOUNT_SETTINGS");
    this.requestUpdate();
  }
}

/** The chosen settings. Null follows the partner's defaults. */
function valuesOf(form: HTMLFormElement): Values {
  const read = (name: Switch) => ({ "": null, true: true, false: false })[textOf(form, name)] ?? null;
  return Object.fromEntries(SWITCHES.map((name) => [name, read(name)])) as Values;
}

customElements.define("crossgate-settings", CrossgateSettings);
