// Forms: labelled controls with their errors, and what a mutation said about them.

import { type CrossgateElement, html, messagesByField, nothing, type TemplateResult, type UserError, type Words } from "./core.js";

export const TERMS = [1, 12, 24, 36, 48, 60]; // months of a contract

export interface Sent {
  readonly userErrors: readonly UserError[];
}

/** What a mutation said about an input, by field. */
export class Form {
  errors: Record<string, string[]> = {};
  failure: Error | undefined;
  sending = false;

  constructor(
    private readonly host: CrossgateElement,
    private readonly words: () => Words,
  ) {}

  /** Run a mutation, unless one is running. Resolves to its payload if it succeeded; else the first wrong control gets the focus. */
  async send<Payload extends Sent>(run: () => Promise<Payload>): Promise<Payload | undefined> {
    if (this.sending) return undefined;
    this.#set(true, {});
    try {
      const payload = await run();
      this.#set(false, messagesByField(payload.userErrors.map((error) => worded(error, this.words()))));
      if (payload.userErrors.length === 0) return payload;
    } catch (cause) {
      this.#set(false, {}, cause as Error);
    }
    await this.host.updateComplete;
    this.host.renderRoot.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
    return undefined;
  }

  clear(): void {
    this.#set(false, {});
  }

  /** The errors that no control of the form shows. */
  others(...shown: string[]): string[] {
    return Object.entries(this.errors).flatMap(([field, messages]) => (shown.includes(field) ? [] : messages));
  }

  #set(sending: boolean, errors: Record<string, string[]>, failure?: Error): void {
    Object.assign(this, { sending, errors, failure });
    this.host.requestUpdate();
  }
}

/** The error in the words of the page, if its language has them. */
function worded(error: UserError, words: Words): UserError {
  const key = `error.${error.code}`;
  if (!words.has(key)) return error;
  const values = Object.fromEntries((error.params ?? []).map(({ name, value }) => [name, value]));
  return { ...error, message: words.text(key, values) };
}

export interface Field {
  /** Unique in the element. */
  readonly id: string;
  readonly label: string;
  readonly hint?: string;
  readonly errors?: readonly string[] | undefined;
}

type Attributes = Readonly<{ id: string; described: string | typeof nothing; invalid: "true" | typeof nothing }>;

/** A labelled control with its hint and its errors, which a screen reader reads with it. */
export function field({ id, label, hint, errors }: Field, control: (attributes: Attributes) => unknown): TemplateResult {
  const described = [hint && `${id}-hint`, errors && `${id}-errors`].filter(Boolean).join(" ") || nothing;
  return html`
    <div class="field" part="field">
      <label part="label" for=${id}>${label}</label>
      ${control({ id, described, invalid: errors ? "true" : nothing })}
      ${hint ? html`<p part="hint" class="hint" id=${`${id}-hint`}>${hint}</p>` : nothing}
      ${errors ? html`<p part="error" class="error" id=${`${id}-errors`}>${errors.join(" ")}</p>` : nothing}
    </div>
  `;
}

export interface TextField extends Field {
  readonly name: string;
  readonly type?: string;
  readonly value?: string;
  readonly rows?: number;
}

export function textField(text: TextField): TemplateResult {
  const { name, type = "text", value = "", rows } = text;
  return field(text, ({ id, described, invalid }) =>
    rows
      ? html`<textarea part="textarea" id=${id} name=${name} rows=${rows} .defaultValue=${value} aria-describedby=${described} aria-invalid=${invalid}></textarea>`
      : html`<input part="input" id=${id} name=${name} type=${type} .defaultValue=${value} aria-describedby=${described} aria-invalid=${invalid} />`,
  );
}

export interface Choice {
  readonly value: string;
  readonly label: string;
}

export interface SelectField extends Field {
  readonly name: string;
  readonly value: string;
  readonly choices: readonly Choice[];
  readonly onChange?: (value: string) => void;
}

export function selectField(select: SelectField): TemplateResult {
  const { name, value, choices, onChange } = select;
  const changed = (event: Event) => onChange?.((event.target as HTMLSelectElement).value);
  return field(
    select,
    ({ id, described, invalid }) => html`
      <select part="select" id=${id} name=${name} aria-describedby=${described} aria-invalid=${invalid} @change=${changed}>
        ${choices.map((choice) => html`<option value=${choice.value} ?selected=${choice.value === value}>${choice.label}</option>`)}
      </select>
    `,
  );
}

export function alertOf(messages: readonly string[]): unknown {
  return messages.length ? html`<p part="failure" class="failure" role="alert">${messages.join(" ")}</p>` : nothing;
}

/** The text of a control, trimmed by nobody: the gateway knows the rules. */
export function textOf(form: HTMLFormElement, name: string): string {
  return String(new FormData(form).get(name) ?? "");
}
