/**
 * The peers that people would build on Node, as their documentation shows: Yoga's server-sent events, or graphql-ws with
 * `ws`, over one schema and Yoga's publish and subscribe (the-guild.dev/graphql/yoga-server/docs/features/subscriptions,
 * the-guild.dev/graphql/ws/get-started). `POST /event` publishes a price.
 *
 * Beyond that they are given what helps them: no log, no GraphiQL, and payloads that need no work to be resolved.
 */
import { setMaxListeners } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { useServer } from 'graphql-ws/use/ws';
import { createPubSub, createSchema, createYoga } from 'graphql-yoga';
import { WebSocketServer } from 'ws';

interface PriceEvent {
  symbol: string;
  price: number;
  changePercent: number;
  updatedAt: string;
}

const FIRST_PRICE = 100_000.5;
/** So many listeners are no leak here. */
const eventTarget = new EventTarget();
setMaxListeners(0, eventTarget);
const pubSub = createPubSub<{ price: [symbol: string, event: PriceEvent] }>({ eventTarget });
let published = 0;

const schema = createSchema({
  typeDefs: /* GraphQL */ `
    type Query {
      ready: Boolean!
    }
    type Price {
      symbol: String!
      price: Float!
      changePercent: Float
      updatedAt: String!
    }
    type Subscription {
      priceUpdated(symbols: [String!]!): Price!
    }
  `,
  resolvers: {
    Query: { ready: () => true },
    Subscription: {
      priceUpdated: {
        subscribe: (_root: unknown, { symbols }: { symbols: [string] }) =>
          pubSub.subscribe('price', symbols[0]),
        resolve: (event: PriceEvent) => event,
      },
    },
  },
});

function listener(): RequestListener {
  if (process.argv[2] !== 'yoga') return (_request, response) => response.writeHead(404).end();
  const yoga = createYoga({ schema, graphiql: false, landingPage: false, logging: false });
  return (request, response) => void yoga(request, response);
}

const answer = listener();
const server = createServer((request, response) => {
  if (request.url !== '/event') return answer(request, response);
  published += 1;
  const updatedAt = new Date().toISOString().replace(/\.\d+Z$/, 'Z');
  pubSub.publish('price', 'BTC', {
    symbol: 'BTC',
    price: FIRST_PRICE + published,
    changePercent: -1.5,
    updatedAt,
  });
  response.writeHead(204).end();
});
if (process.argv[2] === 'graphql-ws') {
  useServer({ schema }, new WebSocketServer({ server, path: '/graphql' }));
}
server.listen(0, '127.0.0.1', 4096, () => {
  process.send?.({ port: (server.address() as AddressInfo).port });
});
process.on('disconnect', () => process.exit());
