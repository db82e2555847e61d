// How a company's portal looks, to edit, with a sample that follows what is entered.

import { keyed } from "lit/directives/keyed.js";

import { CrossgateElement, css, gql, html, nothing, PROPERTIES, propertiesOf, type UserError } from "./core.js";
import { alertOf, field, Form, selectField, textField, textOf } from "./form.js";
import type * as gq from "./gql.js";
import "./sample.js";
import { looks } from "./styles.js";

const FIELDS = /* GraphQL */ `
  fragment AppearanceFields on PortalAppearance {
    productName colorScheme accentColor accentTextColor backgroundColor textColor fontFamily borderRadius density locale version
    logo { url }
  }
`;
const APPEARANCE = gql<gq.EditedAppearanceQuery, object>(/* GraphQL */ `
  query EditedAppearance { viewer { company { portalAppearance { ...AppearanceFields } } } }
  ${FIELDS}
`);
const SAVE = gql<gq.SaveAppearanceMutation, gq.SaveAppearanceMutationVariables>(/* GraphQL */ `
  mutation SaveAppearance($input: SavePortalAppearanceInput!) {
    saved: savePortalAppearance(input: $input) {
      portalAppearance { ...AppearanceFields }
      userErrors { code message field params { name value } }
    }
  }
  ${FIELDS}
`);

type Saved = gq.AppearanceFieldsFragment;
type Draft = Omit<Saved, "version" | "logo">;
type Input = gq.SaveAppearanceMutationVariables["input"];

const NONE: Saved = {
  productName: null,
  colorScheme: "AUTO",
  accentColor: null,
  accentTextColor: null,
  backgroundColor: null,
  textColor: null,
  fontFamily: null,
  borderRadius: null,
  density: "COMFORTABLE",
  locale: null,
  logo: null,
  version: 0,
};
const COLORS = ["accentColor", "accentTextColor", "backgroundColor", "textColor"] as const;
const CHOICES = { colorScheme: ["AUTO", "LIGHT", "DARK"], density: ["COMFORTABLE", "COMPACT"] } as const;
const LOCALES = ["ar", "de", "en", "es", "fr", "it"];
const ALL = ["productName", "logoId", ...COLORS, "fontFamily", "borderRadius", "locale", ...Object.keys(CHOICES)];

class CrossgateAppearanceForm extends CrossgateElement {
  static override styles = [
    looks,
    css`
      h4 { margin: 0; }
      .typed { flex: 1; min-inline-size: 0; }
      .swatch { inline-size: 3rem; padding: 2px; }
    `,
  ];
  #saved: Saved | undefined;
  #draft: Draft | undefined;
  #isSaved = false;
  readonly #form = new Form(this, () => this.hub.words!);

  protected override async load(): Promise<void> {
    const saved = (await this.query(APPEARANCE, {})).viewer.company?.portalAppearance ?? NONE;
    if (saved.version !== this.#saved?.version) this.#start(saved); // what's entered for another version is void
  }

  protected override reset(): void {
    this.#saved = this.#draft = undefined;
  }

  protected override view() {
    const saved = this.#saved;
    return saved && this.#draft ? keyed(saved.version, this.#sheet(saved, this.#draft)) : nothing;
  }

  protected override updated(): void {
    const sample = this.renderRoot.querySelector<HTMLElement>("crossgate-sample");
    if (!sample || !this.#draft) return;
    const values = propertiesOf(this.#draft);
    for (const name of PROPERTIES) sample.style.setProperty(`--cg-${name}`, values[name] ?? "initial");
  }

  #sheet(saved: Saved, draft: Draft) {
    const { sending, failure } = this.#form;
    return html`
      <form part="form" class="card" novalidate @submit=${this.#submit} @input=${this.#typed}>
        <h3 part="card-heading">${this.t("looks.title")}</h3>
        ${alertOf(this.#form.others(...ALL))} ${this.problem(failure)}
        <div class="filters">
          ${this.#text("productName", saved.productName)} ${this.#logo(saved)} ${this.#choice("colorScheme", saved.colorScheme)}
          ${COLORS.map((name) => this.#color(name, saved[name], draft[name]))}
          ${this.#text("fontFamily", saved.fontFamily)} ${this.#text("borderRadius", saved.borderRadius, "number")}
          ${this.#choice("density", saved.density)} ${this.#language(saved.locale)}
        </div>
        <h4 part="sample-heading">${this.t("settings.preview")}</h4>
        <crossgate-sample part="sample" inert></crossgate-sample>
        <p class="actions"><button part="button" aria-disabled=${sending}>${this.t("looks.save")}</button></p>
        <p role="status">${this.#isSaved ? this.t("saved") : ""}</p>
      </form>
    `;
  }

  #field(name: keyof Draft) {
    return { id: name, name, label: this.t(`looks.${name}`), errors: this.#form.errors[name] };
  }

  #text(name: keyof Draft, value: string | number | null | undefined, type = "text") {
    return textField({ ...this.#field(name), type, value: String(value ?? "") });
  }

  #choice(name: keyof typeof CHOICES, value: string) {
    return selectField({ ...this.#field(name), value, choices: CHOICES[name].map((each) => ({ value: each, label: this.t(`looks.${each}`) })) });
  }

  #logo({ logo }: Saved) {
    const own = { id: "logo", label: this.t("looks.logo"), errors: this.#form.errors.logoId };
    return html`
      ${field(
        own,
        ({ id, described, invalid }) => html`
          <input part="input" type="file" id=${id} name="logo" accept="image/png, image/jpeg"
            aria-describedby=${described} aria-invalid=${invalid} />
        `,
      )}
      ${logo
        ? html`<p><input part="checkbox" type="checkbox" id="no-logo" name="noLogo" /><label part="label" for="no-logo">${this.t("looks.noLogo")}</label></p>`
        : nothing}
    `;
  }

  #language(value: string | null | undefined) {
    const names = new Intl.DisplayNames(this.hub.words!.locale, { type: "language" });
    const languages = LOCALES.map((each) => ({ value: each, label: names.of(each) ?? each }));
    return selectField({ ...this.#field("locale"), value: value ?? "", choices: [{ value: "", label: this.t("looks.pageLanguage") }, ...languages] });
  }

  /** A colour can be typed, chosen, or left to the kit. */
  #color(name: (typeof COLORS)[number], saved: string | null | undefined, drafted: string | null | undefined) {
    const own = this.#field(name);
    const picked = ({ target }: Event) => {
      const picker = target as HTMLInputElement;
      (picker.previousElementSibling as HTMLInputElement).value = picker.value;
    };
    return field(
      own,
      ({ id, described, invalid }) => html`
        <span class="row">
          <input part="input" class="typed" id=${id} name=${name} .defaultValue=${saved ?? ""} placeholder="#rrggbb" maxlength="7"
            aria-describedby=${described} aria-invalid=${invalid} />
          <input part="input swatch" class="swatch" type="color" .value=${drafted || "#888888"} @input=${picked}
            aria-label=${this.t("looks.pick", { name: own.label })} />
        </span>
      `,
    );
  }

  #start(saved: Saved): void {
    this.#saved = this.#draft = saved;
    this.#isSaved = false;
  }

  #typed = (event: Event): void => {
    this.#draft = valuesOf(event.currentTarget as HTMLFormElement);
    this.requestUpdate();
  };

  #submit = (event: SubmitEvent): void => {
    event.preventDefault();
    void this.#save(event.target as HTMLFormElement);
  };

  async #save(form: HTMLFormElement): Promise<void> {
    this.#isSaved = false;
    const input: Input = { ...valuesOf(form), version: this.#saved?.version ?? 0 };
    const { file, isRemoved } = logoOf(form);
    const sent = await this.#form.send(async () => {
      const uploaded = file && (await this.#upload(file));
      if (uploaded?.userErrors.length) return { ...uploaded, portalAppearance: null };
      if (uploaded || isRemoved) input.logoId = uploaded?.id ?? null;
      return (await this.mutate(SAVE, { input })).saved;
    });
    if (!sent?.portalAppearance) return this.#form.errors.version && this.refresh(); // someone else has changed it
    this.#start(sent.portalAppearance);
    this.#isSaved = true;
    this.requestUpdate();
    this.changed("PortalAppearance", undefined, "SAVE_PORTAL_APPEARANCE");
    await this.hub.dress();
  }

  /** Upload a picture. The gateway says what's wrong with one that it refuses. */
  async #upload(file: File): Promise<{ id?: string; userErrors: readonly UserError[] }> {
    const { client } = this.hub;
    const response = await client.fetch(new URL("/files", client.url).href, { method: "POST", body: file });
    const answer = (await response.json()) as { id?: string; errors?: readonly { message: string; extensions: { code: string } }[] };
    const userErrors = (answer.errors ?? []).map(({ message, extensions: { code } }) => ({ code, message, field: ["logoId"] }));
    return { ...(answer.id && { id: answer.id }), userErrors };
  }
}

/** The picture that's chosen, and whether the stored one is to be removed. */
function logoOf(form: HTMLFormElement): { file: File | undefined; isRemoved: boolean } {
  const chosen = new FormData(form);
  const file = chosen.get("logo");
  return { file: file instanceof File && file.size > 0 ? file : undefined, isRemoved: chosen.has("noLogo") };
}

/** What is entered. An empty value is the kit's own. */
function valuesOf(form: HTMLFormElement): Draft {
  const text = (name: string) => textOf(form, name) || null;
  const radius = text("borderRadius");
  return {
    productName: text("productName"),
    colorScheme: textOf(form, "colorScheme") as Draft["colorScheme"],
    accentColor: text("accentColor"),
    accentTextColor: text("accentTextColor"),
    backgroundColor: text("backgroundColor"),
    textColor: text("textColor"),
    fontFamily: text("fontFamily"),
    borderRadius: radius === null ? null : wholeNumber(radius),
    density: textOf(form, "density") as Draft["density"],
    locale: text("locale"),
  };
}

/** The gateway says which numbers are valid. Its type for them has no fractions. */
function wholeNumber(text: string): number {
  const number = Number(text);
  return Number.isInteger(number) ? number : -1;
}

customElements.define("crossgate-appearance-form", CrossgateAppearanceForm);
