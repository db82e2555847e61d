// The queries that a newcomer finds as tabs, in this order. A tab is named by its operation.

import managedAccounts from "./examples/managed-accounts.graphql?raw";
import marketplace from "./examples/marketplace.graphql?raw";
import portsAndPrices from "./examples/ports-and-prices.graphql?raw";
import privateOffers from "./examples/private-offers.graphql?raw";
import whoAmI from "./examples/who-am-i.graphql?raw";

export const EXAMPLES = [portsAndPrices, marketplace, managedAccounts, whoAmI, privateOffers].map((query) => ({ query }));
