# Offers and agreements: who meets them, who reads their prices, and who acts.

# Only the seller's side and the operator meet an offer that isn't published. A draft is met by no buyer. V19 V37
never(viewer: Viewer, _action, offer: Offer) if
    not operator(viewer) and unextended(offer.status) and
    offer.company_id != viewer.company_id and offer.partner_id != viewer.company_id;

# A published offer is met by its seller's side, its buyers' side and the operator alone. V19
only(viewer: Viewer, _action, offer: Offer) if concerned_with(viewer, offer);
concerned_with(viewer: Viewer, _offer: Offer) if operator(viewer);
concerned_with(viewer: Viewer, offer: Offer) if offer.company_id = viewer.company_id;
concerned_with(viewer: Viewer, offer: Offer) if offer.partner_id = viewer.company_id;
concerned_with(viewer: Viewer, offer: Offer) if extended_to(viewer, offer);
extended_to(viewer: Viewer, offer: Offer) if
    buyer in offer.buyers and buyer.company_id = viewer.company_id;
extended_to(viewer: Viewer, offer: Offer) if
    buyer in offer.buyers and buyer.partner_id = viewer.company_id;

# An agreement is met by its two sides and the operator alone. V4
never(viewer: Viewer, _action, agreement: Agreement) if
    not operator(viewer) and agreement.company_id != viewer.company_id and agreement.partner_id != viewer.company_id and
    agreement.seller_id != viewer.company_id and agreement.seller_partner_id != viewer.company_id;

# Nobody reads prices while they are hidden from its account. R121 A16 X7
never(viewer: Viewer, "read", _offer: Offer, field) if
    field in ["total_value", "service_agreement", "zero_price_confirmed", "approval_reason"] and prices_hidden(viewer);
never(viewer: Viewer, "read", _document: OfferDocument, _field) if prices_hidden(viewer);
never(viewer: Viewer, "read", _dimension: OfferDimension, "price") if prices_hidden(viewer);
never(viewer: Viewer, "read", _instalment: Instalment, "amount") if prices_hidden(viewer);
never(viewer: Viewer, "read", _agreement: Agreement, "total_value") if prices_hidden(viewer);

# Prices are read by the roles that can read prices, and by those who write the seller's offers. V23 V54
only(viewer: Viewer, "read", offer: Offer, "total_value") if prices_of_offer(viewer, offer);
only(viewer: Viewer, "read", offer: Offer, "service_agreement") if prices_of_offer(viewer, offer);
prices_of_offer(viewer: Viewer, _offer: Offer) if reads_prices(viewer);
prices_of_offer(viewer: Viewer, offer: Offer) if writes_products(viewer) and offer.company_id = viewer.company_id;
prices_of_offer(viewer: Viewer, offer: Offer) if writes_products(viewer) and offer.partner_id = viewer.company_id;
only(viewer: Viewer, "read", dimension: OfferDimension, "price") if price_of_dimension(viewer, dimension);
price_of_dimension(viewer: Viewer, _dimension: OfferDimension) if reads_prices(viewer);
price_of_dimension(viewer: Viewer, dimension: OfferDimension) if
    writes_products(viewer) and offer in dimension.offers and offer.company_id = viewer.company_id;
price_of_dimension(viewer: Viewer, dimension: OfferDimension) if
    writes_products(viewer) and offer in dimension.offers and offer.partner_id = viewer.company_id;
only(viewer: Viewer, "read", document: OfferDocument, "url") if prices_in_document(viewer, document);
prices_in_document(viewer: Viewer, _document: OfferDocument) if reads_prices(viewer);
prices_in_document(viewer: Viewer, document: OfferDocument) if
    writes_products(viewer) and offer in document.offers and offer.company_id = viewer.company_id;
prices_in_document(viewer: Viewer, document: OfferDocument) if
    writes_products(viewer) and offer in document.offers and offer.partner_id = viewer.company_id;
only(viewer: Viewer, "read", instalment: Instalment, "amount") if amount_of_instalment(viewer, instalment);
amount_of_instalment(viewer: Viewer, _instalment: Instalment) if reads_prices(viewer);
amount_of_instalment(viewer: Viewer, instalment: Instalment) if
    writes_products(viewer) and offer in instalment.offers and offer.company_id = viewer.company_id;
amount_of_instalment(viewer: Viewer, instalment: Instalment) if
    writes_products(viewer) and offer in instalment.offers and offer.partner_id = viewer.company_id;
only(viewer: Viewer, "read", agreement: Agreement, "total_value") if value_of_agreement(viewer, agreement);
value_of_agreement(viewer: Viewer, _agreement: Agreement) if reads_prices(viewer);
value_of_agreement(viewer: Viewer, agreement: Agreement) if
    writes_products(viewer) and agreement.seller_id = viewer.company_id;
value_of_agreement(viewer: Viewer, agreement: Agreement) if
    writes_products(viewer) and agreement.seller_partner_id = viewer.company_id;

# Only reviewers decide, only support cancels, and a managed account without prices commits its partner to nothing. A23 V35 V38 V62 X7
never(viewer: Viewer, "approve", _offer: Offer) if not reviews(viewer);
never(viewer: Viewer, "reject", _offer: Offer) if not reviews(viewer);
never(viewer: Viewer, "cancel", _agreement: Agreement) if not supports(viewer);
never(viewer: Viewer, "accept", _offer: Offer) if prices_hidden(viewer);
never(viewer: Viewer, "accept", _offer: Offer) if viewer.order_approval_required;
only(viewer: Viewer, "accept", offer: Offer) if extended_to(viewer, offer);
never(viewer: Viewer, action, offer: Offer) if
    action in ["update", "publish", "extend", "withdraw"] and
    offer.company_id != viewer.company_id and offer.partner_id != viewer.company_id;
