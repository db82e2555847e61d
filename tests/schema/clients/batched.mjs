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
    const asked = texts.map((text) => client.query({ query: gql(text) }));
    return (await Promise.all(asked)).map((answer) => answer.data);
  },
  async "graphql-request"() {
    const { GraphQLClient } = await import("graphql-request");
    const documents = texts.map((document) => ({ document }));
    return (await new GraphQLClient(url, { fetch: noted }).batchRequests(documents)).map((answer) => answer.data);
  },
};

console.log(JSON.stringify({ answers: await CLIENTS[library](), sent }));
