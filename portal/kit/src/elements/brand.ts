// <crossgate-brand>: the name and the logo of the portal, as the company or its partner has stored them.

import { CrossgateElement, css, html, nothing } from "../core.js";
import { looks } from "../styles.js";

export class CrossgateBrand extends CrossgateElement {
  static override styles = [
    looks,
    css`
      :host { min-block-size: 0; }
      .brand { display: flex; flex-wrap: wrap; align-items: center; gap: calc(var(--gap) * 2); font-weight: var(--cg-heading-weight, 600); }
      .logo { max-block-size: var(--cg-logo-size, 3rem); max-inline-size: 100%; }
    `,
  ];
  #logo: string | undefined;
  #url: string | undefined;

  protected override async load(): Promise<void> {
    await this.hub.dressed;
    const url = this.hub.stored?.logo?.url;
    if (url === this.#url) return;
    const logo = url && URL.createObjectURL(await this.hub.file(url));
    this.reset();
    this.#url = url;
    this.#logo = logo;
  }

  protected override reset(): void {
    if (this.#logo) URL.revokeObjectURL(this.#logo);
    this.#logo = this.#url = undefined;
  }

  protected override view() {
    const name = this.hub.stored?.productName;
    if (!name && !this.#logo) return nothing;
    return html`
      <p part="brand" class="brand">
        ${this.#logo ? html`<img part="logo" class="logo" src=${this.#logo} alt=${name ? "" : this.t("brand.logo")} />` : nothing}
        ${name ? html`<span part="name">${name}</span>` : nothing}
      </p>
    `;
  }
}

customElements.define("crossgate-brand", CrossgateBrand);
