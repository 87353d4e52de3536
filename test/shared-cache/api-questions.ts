/** What is asked by `/api`: public, private, and such as fails. */
import type { ExecutionResult } from 'graphql';
import restManifest from '../../operations/rest/manifest.json' with { type: 'json' };
import { localId, type NodeTypeName } from '../../schema/global-ids.ts';
import { isProtected } from '../../src/rest/endpoint.ts';
import { outcomeOf } from '../../src/rest/rest-outcome.ts';
import { RestRefusal } from '../../src/rest/rest-refusal.ts';
import { readCall } from '../support/rest-variables.ts';
import type { Held, Question } from './questions.ts';

interface Sent {
  path?: Record<string, string>;
  query?: Record<string, string>;
}

/** The same as the operation's document, whose answer `inShapeOf` makes one of `/api`. */
function byApi(kind: Question['kind'], operation: string, sent: Sent = {}): Question {
  const { endpoint, parameters } = readCall(operation, sent);
  const query = restManifest.operations.find(({ name }) => name === operation)?.document ?? '';
  return {
    kind,
    path: urlOf(endpoint.path, sent),
    ...(isProtected(endpoint) ? { isForUsers: true } : {}),
    source: { query, variables: endpoint.variables(parameters) },
    shaped(body) {
      const result = JSON.parse(body) as ExecutionResult;
      const outcome = outcomeOf(endpoint, result, { parameters, executedAtMs: 0 });
      if (outcome instanceof RestRefusal) throw outcome;
      return JSON.stringify(outcome.body);
    },
  };
}

function urlOf(path: string, { path: segments = {}, query = {} }: Sent): string {
  const filled = path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(segments[name] ?? ''));
  const search = new URLSearchParams(query).toString();
  return search === '' ? filled : `${filled}?${search}`;
}

const failing = (path: string): Question => ({ kind: 'failing', path });

export function apiQuestionsAbout({ projectIds, poolIds, symbols }: Held): Question[] {
  const local = (type: NodeTypeName, ids: readonly string[]) => localId(type, ids[0] ?? '') ?? '';
  const id = local('Project', projectIds);
  const poolId = local('IdoPool', poolIds);
  const byName = { sortBy: 'name', sortOrder: 'asc' };
  return [
    // One question by two URLs: caches in front keep an answer of each.
    byApi('public', 'RestProjectList', { query: { limit: '4', ...byName } }),
    byApi('public', 'RestProjectList', { query: { ...byName, limit: '4' } }),
    byApi('public', 'RestProject', { path: { id } }),
    byApi('public', 'RestPriceHistory', { path: { id } }),
    byApi('public', 'RestPrices', { query: { symbols: symbols.join() } }),
    byApi('public', 'RestPrice', { path: { symbol: symbols[0] ?? '' } }),
    byApi('public', 'RestIdoPool', { path: { id: poolId } }),

    byApi('private', 'RestProfile'),
    byApi('private', 'RestPortfolio'),
    byApi('private', 'RestInvestmentList', { query: { limit: '100' } }),
    byApi('private', 'RestTransactionList', { query: { limit: '100' } }),

    failing('/api/nothing'),
    failing('/api/projects/nothing'),
    failing('/api/projects?unknown=1'),
    failing('/api/projects?limit=1000'),
    // The price API fails while this is asked: an answer with warnings, and none at all.
    failing(`/api/prices?symbols=${symbols[0]},NOT-HELD`),
    failing('/api/prices/NOT-HELD'),
    failing('/api/protected/nothing'),
    failing('/api/auth/login'),
  ];
}
