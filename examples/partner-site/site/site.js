// The page of the customer: the kit comes from the gateway, and the token from this site's own back end.

const { gateway } = await (await fetch("/config")).json();
const { connect } = await import(`${gateway}/kit/v1/kit.js`);

connect({
  endpoint: `${gateway}/graphql`,
  fetchToken: async () => {
    const response = await fetch("/token", { method: "POST" });
    if (!response.ok) throw new Error(`The back end answered ${response.status}.`);
    return response.text();
  },
});
