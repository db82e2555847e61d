// <crossgate-invoices>: invoices, and their files.

import { gql, html } from "../core.js";
import type * as gq from "../gql.js";
import { CrossgateList } from "../list.js";

const LIST = gql<gq.InvoicesQuery, gq.InvoicesQueryVariables>(/* GraphQL */ `
  query Invoices($first: Int, $after: String) {
    invoices(first: $first, after: $after) {
      totalCount
      totalCountPrecision
      nodes { id number periodStart periodEnd total { amount currency } company { tradingName } pdfUrl csvUrl viewerHides { field reason } }
      pageInfo { hasNextPage endCursor }
    }
  }
`);

type Invoice = gq.InvoicesQuery["invoices"]["nodes"][number];

export class CrossgateInvoices extends CrossgateList<Invoice> {
  protected readonly name = "invoices";
  protected readonly type = "Invoice";

  protected override async page(first: number, after: string | null) {
    return (await this.query(LIST, { first, after })).invoices;
  }

  protected override card(invoice: Invoice) {
    const words = this.hub.words!;
    const { number, company, periodStart, periodEnd, total, pdfUrl, csvUrl } = invoice;
    return this.sheet(
      invoice,
      number,
      "",
      [
        this.fact("company", company.tradingName),
        this.fact("invoices.period", this.t("invoices.range", { start: words.date(periodStart), end: words.date(periodEnd) })),
        this.fact("invoices.total", this.price(invoice, "total", total)),
      ],
      html`
        <p class="actions">
          ${this.button(invoice, number, "invoices.pdf", () => this.#download(pdfUrl, `${number}.pdf`))}
          ${this.button(invoice, number, "invoices.csv", () => this.#download(csvUrl, `${number}.csv`))}
        </p>
      `,
    );
  }

  /** The file needs the token, so a link can't open it. */
  async #download(url: string, name: string): Promise<void> {
    await this.attempt(async () => save(await this.hub.file(url), name));
  }
}

function save(file: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

customElements.define("crossgate-invoices", CrossgateInvoices);
