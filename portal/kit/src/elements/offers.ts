// <crossgate-offers>: private offers: to accept, and for their seller to publish, extend and withdraw.

import { gql, html, type Hub, nothing } from "../core.js";
import { alertOf, selectField, textField, textOf } from "../form.js";
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
      totalCountPrecision
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

const PUBLISH = gql<gq.PublishOfferMutation, gq.PublishOfferMutationVariables>(/* GraphQL */ `
  mutation PublishOffer($input: PublishOfferInput!) {
    changed: publishOffer(input: $input) { offer { ...OfferFields } userErrors { code message field params { name value } } }
  }
  ${OFFER}
`);
const EXTEND = gql<gq.ExtendOfferMutation, gq.ExtendOfferMutationVariables>(/* GraphQL */ `
  mutation ExtendOffer($input: ExtendOfferInput!) {
    changed: extendOffer(input: $input) { offer { ...OfferFields } userErrors { code message field params { name value } } }
  }
  ${OFFER}
`);
const WITHDRAW = gql<gq.WithdrawOfferMutation, gq.WithdrawOfferMutationVariables>(/* GraphQL */ `
  mutation WithdrawOffer($input: WithdrawOfferInput!) {
    changed: withdrawOffer(input: $input) { offer { ...OfferFields } userErrors { code message field params { name value } } }
  }
  ${OFFER}
`);

type Offer = gq.OfferFieldsFragment;
const STEPS = ["ACCEPT", "PUBLISH", "EXTEND", "WITHDRAW"] as const; // each is confirmed
type Step = (typeof STEPS)[number];

export class CrossgateOffers extends CrossgateList<Offer> {
  protected readonly name = "offers";
  protected readonly type = "Offer";
  #open: { readonly id: string; readonly step: Step } | undefined;

  protected override async page(first: number, after: string | null) {
    return (await this.query(LIST, { first, after })).offers;
  }

  protected override reset(): void {
    super.reset();
    this.#open = undefined;
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
    const steps = STEPS.filter((step) => offer.viewerCan.includes(step));
    const open = this.#open?.id === offer.id && steps.find((step) => step === this.#open?.step);
    if (open) return open === "ACCEPT" ? this.#acceptance(offer) : this.#confirmation(offer, open);
    return html`
      ${alertOf(form.others())} ${this.problem(form.failure)}
      <p class="actions">${steps.map((step) => this.button(offer, offer.name, `offers.${step}`, () => this.#ask(offer, step), kindOf(step)))}</p>
    `;
  }

  #confirmation(offer: Offer, step: Exclude<Step, "ACCEPT">) {
    const { id, name } = offer;
    const form = this.formOf(offer);
    const submit = (event: SubmitEvent) => {
      event.preventDefault();
      void this.#take(offer, step, textOf(event.target as HTMLFormElement, "expiresOn"));
    };
    const fields = step === "EXTEND" ? ["expiresOn"] : [];
    return html`
      <form novalidate @submit=${submit}>
        ${alertOf(form.others(...fields))} ${this.problem(form.failure)}
        ${step === "EXTEND"
          ? textField({
              id: `${id}-until`,
              name: "expiresOn",
              type: "date",
              label: this.t("offers.expires"),
              value: offer.expiresOn ?? "",
              errors: form.errors.expiresOn,
            })
          : html`<p>${this.t(`offers.confirm.${step}`, { name })}</p>`}
        ${this.#buttons(offer, step)}
      </form>
    `;
  }

  #buttons(offer: Offer, step: Step) {
    return html`
      <p class="actions">
        <button part="button" class=${kindOf(step)} aria-disabled=${this.formOf(offer).sending}>${this.t(`offers.${step}`)}</button>
        ${this.button(offer, "", "cancel", () => this.#leave(offer))}
      </p>
    `;
  }

  /** For whom, and what of it. A partner can accept for an account that it manages. */
  #acceptance(offer: Offer) {
    const { id, name, dimensions, buyers } = offer;
    const { failure, errors } = this.formOf(offer);
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
        ${this.#buttons(offer, "ACCEPT")}
      </form>
    `;
  }

  #dimension(offer: Offer, { id, name, unit }: Offer["dimensions"][number]) {
    const key = `${offer.id}-${id}`;
    return html`<p><input part="checkbox" type="checkbox" id=${key} name="dimension" value=${id} /><label part="label" for=${key}>${name} (${unit})</label></p>`;
  }

  async #ask(offer: Offer, step: Step): Promise<void> {
    this.#open = { id: offer.id, step };
    this.formOf(offer).clear();
    await this.focusIn(offer, "form :is(select, input, button)");
  }

  async #leave(offer: Offer): Promise<void> {
    this.#open = undefined;
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

  async #take(offer: Offer, step: Exclude<Step, "ACCEPT">, expiresOn: string): Promise<void> {
    const input = { id: offer.id };
    const sent = await this.take(offer, step, async () => {
      if (step === "EXTEND") return (await this.mutate(EXTEND, { input: { ...input, expiresOn } })).changed;
      return (await this.mutate(step === "PUBLISH" ? PUBLISH : WITHDRAW, { input })).changed;
    });
    if (!sent?.offer) return;
    this.news = this.#newsOf(sent.offer);
    this.put(sent.offer);
    await this.#leave(offer);
  }

  #newsOf({ name, status }: Offer): string {
    return this.t("offers.news", { name, status: this.t(`offer.${status}`) });
  }
}

function kindOf(step: Step): string {
  return { ACCEPT: "", PUBLISH: "", EXTEND: "quiet", WITHDRAW: "danger" }[step];
}

customElements.define("crossgate-offers", CrossgateOffers);
