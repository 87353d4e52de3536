/** What is asked: operations and documents, public, private, both in one, and such as fail. */
import { operationPath } from '../../bench/requests.ts';
import manifest from '../../operations/manifest.json' with { type: 'json' };
import { encodeGlobalId } from '../../schema/global-ids.ts';
import { apiQuestionsAbout } from './api-questions.ts';
import { USER_IDS } from './canaries.ts';

export interface Question {
  kind: 'public' | 'private' | 'failing';
  path: string;
  /** The same as the body of a POST; absent where it can only be a GET. */
  body?: string;
  /** The same as a document, where it has one. */
  source?: { query: string; variables: Variables };
  /** The body that the document's makes; the document's own where absent. */
  shaped?(body: string): string;
  /** True if anybody else is refused. */
  isForUsers?: boolean;
}

/** What the gateway holds, to ask for by id. */
export interface Held {
  projectIds: readonly string[];
  poolIds: readonly string[];
  symbols: readonly string[];
  /** Of both users. */
  investmentIds: readonly string[];
}

type Variables = Record<string, unknown>;

function operation(kind: Question['kind'], name: string, variables: Variables): Question {
  const found = manifest.operations.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`operations/manifest.json has no ${name}`);
  const { id: documentId, document: query } = found;
  return {
    kind,
    path: operationPath(documentId, variables),
    body: JSON.stringify({ documentId, variables }),
    source: { query, variables },
  };
}

function document(kind: Question['kind'], query: string, variables: Variables = {}): Question {
  const search = new URLSearchParams({ query, variables: JSON.stringify(variables) });
  const source = { query, variables };
  return { kind, path: `/graphql?${search}`, body: JSON.stringify(source), source };
}

const USER_FIELDS =
  'id email walletAddresses displayName avatarUrl sessions { id userAgent ipAddress } ' +
  'portfolio { invested { token amount } unpricedSymbols holdings { symbol tokenAmount } } ' +
  'transactions(first: 5) { nodes { id amount token transactionHash } } ' +
  'investments(first: 100) { nodes { id transactionHash amount } }';
const PRICES = 'prices(symbols: $symbols) { symbol price }';

export function questionsAbout(held: Held): Question[] {
  const { projectIds, poolIds, symbols, investmentIds } = held;
  const userIds = Object.values(USER_IDS).map((id) => encodeGlobalId('User', id));
  const ids = [...userIds, ...investmentIds, ...projectIds, ...poolIds];
  const [investmentId = ''] = investmentIds;
  return [
    operation('public', 'MarketList', { first: 5 }),
    operation('public', 'MarketList', { first: 10, currency: 'EUR' }),
    operation('public', 'WatchlistPrices', { symbols }),
    operation('public', 'Trending', {}),
    operation('public', 'Search', { query: 'bit' }),
    operation('public', 'PoolList', { first: 5 }),
    ...projectIds.map((id) => operation('public', 'ProjectPage', { by: { id } })),
    document('public', `query ($symbols: [String!]!) { ${PRICES} projects(first: 3) { totalCount } }`, {
      symbols,
    }),
    document('public', '{ projects(first: 4) { nodes { name price { price updatedAt } } } }'),

    document('private', `{ viewer { ${USER_FIELDS} } }`),
    document('private', `{ projects(first: 3) { nodes { name } } viewer { ${USER_FIELDS} } }`),
    document(
      'private',
      `query ($symbols: [String!]!) { me: viewer { ...Mine } ${PRICES} }
      fragment Mine on User { email displayName }`,
      { symbols },
    ),
    document(
      'private',
      `query ($mine: Boolean!) { trendingProjects { name }
      ... @include(if: $mine) { viewer { email sessions { id } } } }`,
      { mine: true },
    ),
    document('private', 'query ($id: ID!) { node(id: $id) { id ... on Investment { transactionHash } } }', {
      id: investmentId,
    }),
    ...userIds.map((id) =>
      document(
        'private',
        `query ($id: ID!) { node(id: $id) { __typename ... on User { ${USER_FIELDS} } } }`,
        {
          id,
        },
      ),
    ),
    document(
      'private',
      `query ($ids: [ID!]!) { nodes(ids: $ids) { id __typename
      ... on User { email } ... on Investment { transactionHash } ... on Project { name } } }`,
      { ids },
    ),
    ...poolIds.map((id) => operation('private', 'PoolPage', { id })),

    document('failing', '{ nonsense }'),
    document('failing', '{ viewer { email } nonsense }'),
    document('failing', '{ projects(first: 1000) { totalCount } }'),
    // The price API fails while this is asked: an answer with data and errors.
    document('failing', '{ projects(first: 2) { nodes { name } } price(symbol: "NOT-HELD") { price } }'),
    document('failing', '{ viewer { email } price(symbol: "NOT-HELD") { price } }'),
    operation('failing', 'ProjectPage', {}),
    { kind: 'failing', path: `/graphql?documentId=sha256:${'0'.repeat(64)}` },
    { kind: 'failing', path: '/graphql?query=%7B' },
    { kind: 'failing', path: '/graphql' },
    { kind: 'failing', path: '/nothing' },
    { kind: 'failing', path: '/admin/nothing' },
    ...apiQuestionsAbout(held),
  ];
}
