// <crossgate-dashboard>: how many ports there are, what waits, and what it costs per month.

import { CrossgateElement, gql, html, nothing } from "../core.js";
import type * as gq from "../gql.js";
import { looks } from "../styles.js";

const DASHBOARD = gql<gq.DashboardQuery, gq.DashboardQueryVariables>(/* GraphQL */ `
  query Dashboard {
    viewer {
      dashboard {
        ordersWaiting
        monthlySpend { amount currency }
        portsByStatus { status count }
        portsByMetro { metro count }
      }
    }
  }
`);

interface Row {
  readonly name: string;
  readonly count: number;
}

export class CrossgateDashboard extends CrossgateElement {
  static override styles = looks;
  #viewer: gq.DashboardQuery["viewer"] | undefined;

  protected override async load(): Promise<void> {
    this.#viewer = (await this.query(DASHBOARD, {})).viewer;
  }

  protected override reset(): void {
    this.#viewer = undefined;
  }

  protected override view() {
    return html`<h2 part="heading">${this.t("dashboard.title")}</h2>${this.#viewer ? this.#body(this.#viewer) : this.#waiting()}`;
  }

  #waiting() {
    return this.failure ? nothing : html`<p role="status">${this.t("loading")}</p>`;
  }

  #body(viewer: gq.DashboardQuery["viewer"]) {
    const { dashboard } = viewer;
    if (!dashboard) return html`<p part="notice">${this.whyHidden(viewer, "dashboard") ?? this.t("none")}</p>`;
    const statuses = dashboard.portsByStatus.map(({ status, count }) => ({ name: this.t(`port.${status}`), count }));
    const metros = dashboard.portsByMetro.map(({ metro, count }) => ({ name: metro, count }));
    return html`
      <dl part="card" class="card">
        <div><dt>${this.t("dashboard.waiting")}</dt><dd part="figure">${this.hub.words!.number(dashboard.ordersWaiting)}</dd></div>
        <div><dt>${this.t("dashboard.spend")}</dt><dd part="figure">${this.#spend(dashboard)}</dd></div>
      </dl>
      ${this.#counts("status", statuses)} ${this.#counts("dashboard.metro", metros)}
    `;
  }

  #spend(dashboard: NonNullable<gq.DashboardQuery["viewer"]["dashboard"]>) {
    const { monthlySpend } = dashboard;
    if (!monthlySpend?.length) return this.price(dashboard, "monthlySpend", null);
    return monthlySpend.map((money) => html`<div>${this.price(dashboard, "monthlySpend", money)}</div>`);
  }

  #counts(label: string, rows: readonly Row[]) {
    return html`
      <section part="card" class="card">
        <h3 part="card-heading">${this.t("dashboard.by", { what: this.t(label) })}</h3>
        <dl>${rows.map(({ name, count }) => html`<div><dt>${name}</dt><dd>${this.hub.words!.number(count)}</dd></div>`)}</dl>
      </section>
    `;
  }
}

customElements.define("crossgate-dashboard", CrossgateDashboard);
