// Runs queries in one batch with a client library. Prints the requests and the answers as JSON.

const [, , library, url, ...texts] = process.argv;
const sent = [];

/** Send a request, and note how many operations it has. */
async function noted(input, init) {
  const response = await fetch(input, init);
  sent.push({ operations: JSON.parse(init.body).length, status: response.status });
  return response;
}

const CLIENTS = {
  async apollo() {
    const { ApolloClient, InMemoryCache, gql } = await import("@apollo/client");
    const { BatchHttpLink } = await import("@apollo/client/link/batch-http");
    const client = new ApolloClient({ link: new BatchHttpLink({ uri: url, fetch: noted }), cache: new InMemoryCache() });
    return Promise.all(texts.map(async (text) => (await client.query({ query: gql(text) })).data));
  },
  async "graphql-request"() {
    const { batchRequests } = await import("graphql-request");
    const documents = texts.map((document) => ({ document }));
    return (await batchRequests({ url, documents, fetch: noted })).map((answer) => answer.data);
  },
};

console.log(JSON.stringify({ answers: await CLIENTS[library](), sent }));
