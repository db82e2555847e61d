// <crossgate-offers>: private offers, and accepting them.

import { gql, html, type Hub, nothing } from "../core.js";
import { alertOf, selectField, textOf } from "../form.js";
import type * as gq from "../gql.js";
import { CrossgateList } from "../list.js";

const OFFER = /* GraphQL */ `
  fragment OfferFields on Offer {
    id name status paymentModel expiresOn contractEndDate version viewerCan viewerHides { field reason }
    product { title }
    seller { tradingName }
    buyers { id tradingName }
    totalValue { amount currency }
    waitsFor { side }
    dimensions { id name unit price { amount currency } }
  }
`;
const LIST = gql<gq.OffersQuery, gq.OffersQueryVariables>(/* GraphQL */ `
  query Offers($first: Int, $after: String) {
    offers(first: $first, after: $after) {
      totalCount
      nodes { ...OfferFields }
      pageInfo { hasNextPage endCursor }
    }
  }
  ${OFFER}
`);
const UPDATED = gql<gq.OfferUpdatedSubscription, object>(/* GraphQL */ `
  subscription OfferUpdated { offerUpdated { ...OfferFields } }
  ${OFFER}
`);
const ACCEPT = gql<gq.AcceptOfferMutation, gq.AcceptOfferMutationVariables>(/* GraphQL */ `
  mutation AcceptOffer($input: AcceptOfferInput!) {
    acceptOffer(input: $input) { agreement { offer { ...OfferFields } } userErrors { code message field params { name value } } }
  }
  ${OFFER}
`);

type Offer = gq.OfferFieldsFragment;

export class CrossgateOffers extends CrossgateList<Offer> {
  protected readonly name = "offers";
  protected readonly type = "Offer";
  #confirming = "";

  protected override async page(first: number, after: string | null) {
    return (await this.query(LIST, { first, after })).offers;
  }

  protected override reset(): void {
    super.reset();
    this.#confirming = "";
  }

  protected override follow(hub: Hub, signal: AbortSignal): void {
    void hub.follow(UPDATED, ({ offerUpdated }) => this.arrived(offerUpdated, this.#newsOf(offerUpdated)), signal);
  }

  protected override card(offer: Offer) {
    const words = this.hub.words!;
    return this.sheet(
      offer,
      offer.name,
      this.badge(offer.status, this.t(`offer.${offer.status}`)),
      [
        this.fact("offers.product", offer.product.title),
        this.fact("offers.seller", offer.seller.tradingName),
        this.fact("offers.payment", this.t(`payment.${offer.paymentModel}`)),
        this.fact("offers.total", this.price(offer, "totalValue", offer.totalValue)),
        offer.expiresOn ? this.fact("offers.expires", words.date(offer.expiresOn)) : nothing,
        offer.contractEndDate ? this.fact("offers.ends", words.date(offer.contractEndDate)) : nothing,
        offer.waitsFor ? this.fact("waitsFor", this.t(`side.${offer.waitsFor.side}`)) : nothing,
        ...offer.dimensions.map((each) => html`<div><dt>${each.name} (${each.unit})</dt><dd>${this.price(each, "price", each.price)}</dd></div>`),
      ],
      this.#steps(offer),
    );
  }

  #steps(offer: Offer) {
    const form = this.formOf(offer);
    if (!offer.viewerCan.includes("ACCEPT")) return nothing;
    if (this.#confirming === offer.id) return this.#sheet(offer);
    return html`
      ${alertOf(form.others())} ${this.problem(form.failure)}
      <p class="actions">${this.button(offer, offer.name, "offers.accept", () => this.#ask(offer), "")}</p>
    `;
  }

  /** For whom, and what of it. A partner can accept for an account that it manages. */
  #sheet(offer: Offer) {
    const { id, name, dimensions, buyers } = offer;
    const { sending, failure, errors } = this.formOf(offer);
    const submit = (event: SubmitEvent) => {
      event.preventDefault();
      void this.#accept(offer, event.target as HTMLFormElement);
    };
    return html`
      <form novalidate @submit=${submit}>
        ${alertOf(this.formOf(offer).others("companyId"))} ${this.problem(failure)}
        <p>${this.t("offers.binding", { name })}</p>
        ${buyers && buyers.length > 1
          ? selectField({
              id: `${id}-buyer`,
              name: "companyId",
              label: this.t("offers.buyer"),
              value: buyers[0]!.id,
              choices: buyers.map((buyer) => ({ value: buyer.id, label: buyer.tradingName })),
              errors: errors.companyId,
            })
          : nothing}
        ${dimensions.length > 1
          ? html`<fieldset part="choices"><legend>${this.t("offers.dimensions")}</legend>${dimensions.map((each) => this.#dimension(offer, each))}</fieldset>`
          : nothing}
        <p class="actions">
          <button part="button" aria-disabled=${sending}>${this.t("offers.accept")}</button>
          ${this.button(offer, "", "cancel", () => this.#leave(offer))}
        </p>
      </form>
    `;
  }

  #dimension(offer: Offer, { id, name, unit }: Offer["dimensions"][number]) {
    const key = `${offer.id}-${id}`;
    return html`<p><input part="checkbox" type="checkbox" id=${key} name="dimension" value=${id} /><label part="label" for=${key}>${name} (${unit})</label></p>`;
  }

  async #ask(offer: Offer): Promise<void> {
    this.#confirming = offer.id;
    this.formOf(offer).clear();
    await this.focusIn(offer, "form :is(select, input, button)");
  }

  async #leave(offer: Offer): Promise<void> {
    this.#confirming = "";
    await this.focusIn(offer);
  }

  async #accept(offer: Offer, form: HTMLFormElement): Promise<void> {
    const { id, version, dimensions, buyers } = offer;
    const [first, ...more] = dimensions;
    const dimensionIds = more.length ? new FormData(form).getAll("dimension").map(String) : first ? [first.id] : null;
    const companyId = textOf(form, "companyId") || buyers?.[0]?.id || null;
    const input = { id, version: version ?? 0, companyId, dimensionIds };
    const sent = await this.take(offer, "ACCEPT", async () => (await this.mutate(ACCEPT, { input })).acceptOffer);
    if (!sent?.agreement) return;
    this.news = this.t("offers.accepted", { name: offer.name });
    this.put(sent.agreement.offer);
    await this.#leave(offer);
  }

  #newsOf({ name, status }: Offer): string {
    return this.t("offers.news", { name, status: this.t(`offer.${status}`) });
  }
}

customElements.define("crossgate-offers", CrossgateOffers);
