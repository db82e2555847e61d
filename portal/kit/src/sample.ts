// A sample of the kit's looks: it loads nothing, and nothing in it can be used.

import { CrossgateElement, html } from "./core.js";
import { field } from "./form.js";
import { looks } from "./styles.js";

const RATE = { amount: "1250.00", currency: "EUR" };

class CrossgateSample extends CrossgateElement {
  static override styles = looks;

  protected override async load(): Promise<void> {}

  protected override reset(): void {}

  protected override view() {
    return html`
      <h2 part="heading">${this.t("ports.title")}</h2>
      <div part="card" class="card">
        <header><h3 part="card-heading">Alpha</h3><span part="status" class="status">${this.t("port.ACTIVE")}</span></header>
        <dl>
          <div><dt>${this.t("monthly")}</dt><dd>${this.price({}, "", RATE)}</dd></div>
          <div><dt>${this.t("speed")}</dt><dd>${this.hub.words!.speed(10_000)}</dd></div>
        </dl>
        ${field({ id: "sample", label: this.t("name") }, ({ id }) => html`<input part="input" id=${id} value="Alpha" />`)}
        <p class="actions">
          <button part="button">${this.t("order.send")}</button>
          <button part="button" class="quiet">${this.t("rename")}</button>
        </p>
      </div>
    `;
  }
}

customElements.define("crossgate-sample", CrossgateSample);
