// <crossgate-offers>: private offers, and accepting them.

import { gql, html, type Hub, nothing } from "../core.js";
import { alertOf } from "../form.js";
import type * as gq from "../gql.js";
import { CrossgateList } from "../list.js";

const OFFER = /* GraphQL */ `
  fragment OfferFields on Offer {
    id name status paymentModel expiresOn contractEndDate version viewerCan viewerHides { field reason }
    product { title }
    seller { tradingName }
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
    const errors = html`${alertOf(form.others())} ${this.problem(form.failure)}`;
    if (!offer.viewerCan.includes("ACCEPT")) return errors;
    if (this.#confirming !== offer.id) {
      return html`${errors}<p class="actions">${this.button(offer, offer.name, "offers.accept", () => this.#ask(offer), "")}</p>`;
    }
    return html`
      ${errors}
      <div role="group" aria-label=${this.t("offers.accept")}>
        <p>${this.t("offers.binding", { name: offer.name })}</p>
        <p class="actions">
          ${this.button(offer, offer.name, "offers.accept", () => this.#accept(offer), "")}
          ${this.button(offer, "", "cancel", () => this.#leave(offer))}
        </p>
      </div>
    `;
  }

  async #ask(offer: Offer): Promise<void> {
    this.#confirming = offer.id;
    this.formOf(offer).clear();
    await this.focusIn(offer, "[role=group] .quiet");
  }

  async #leave(offer: Offer): Promise<void> {
    this.#confirming = "";
    await this.focusIn(offer, ".actions button");
  }

  async #accept(offer: Offer): Promise<void> {
    const input = { id: offer.id, version: offer.version ?? 0, dimensionIds: null };
    const sent = await this.take(offer, "ACCEPT", async () => (await this.mutate(ACCEPT, { input })).acceptOffer);
    if (!sent?.agreement) return;
    const accepted = sent.agreement.offer;
    this.news = this.#newsOf(accepted);
    this.put(accepted);
    await this.#leave(offer);
  }

  #newsOf({ name, status }: Offer): string {
    return this.t("offers.news", { name, status: this.t(`offer.${status}`) });
  }
}

customElements.define("crossgate-offers", CrossgateOffers);
