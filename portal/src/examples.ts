// The tabs of a first visit, in this order. A tab has the name of its operation.

import managedAccounts from "./examples/managed-accounts.graphql?raw";
import marketplace from "./examples/marketplace.graphql?raw";
import portsAndPrices from "./examples/ports-and-prices.graphql?raw";
import privateOffers from "./examples/private-offers.graphql?raw";
import orderAPort from "./examples/signed-in/order-a-port.graphql?raw";
import portUpdates from "./examples/signed-in/port-updates.graphql?raw";
import whoAmI from "./examples/who-am-i.graphql?raw";

const QUERIES = [portsAndPrices, marketplace, managedAccounts, whoAmI, privateOffers];
const OTHERS = [orderAPort, portUpdates]; // for those who are signed in

export const EXAMPLES = [...QUERIES, ...OTHERS].map((query) => ({ query }));
