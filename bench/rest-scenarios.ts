/**
 * `/api` beside GET of the operation that it runs: the same page of projects with the same headers, in two shapes. The
 * table says how long each body is.
 */
import { projectList } from '../src/rest/projects.ts';
import { isRestList, isRestOperation } from './answers.ts';
import { getRequest, operationByGet, operationId, type RequestSource } from './requests.ts';
import type { Claim } from './results.ts';
import type { ExpectedAnswer, Scenario } from './scenario.ts';
import { type WorkerKind, workerName } from './stage.ts';

/** Projects have the same fields before the first night and after it. */
const LIST = 'prices';
const OPERATION = operationId(projectList.operation);

/** No project is in them: sources in memory give the same page for each, and each is another question. */
let distinctCategories = 0;
function distinctCategory(): { category: string } {
  distinctCategories += 1;
  return { category: `category-${distinctCategories}` };
}

const byApi = (query: Record<string, string> = {}) => {
  const search = new URLSearchParams(query).toString();
  return getRequest(search === '' ? projectList.path : `${projectList.path}?${search}`);
};

/** The variables that `/api` makes of the query. */
const byOperation = (query: Record<string, string> = {}) =>
  operationByGet(OPERATION, projectList.variables({ query: projectList.parameters.query?.parse(query) }));

const same = (request: Uint8Array): RequestSource => {
  return () => request;
};

const scenario = (
  key: string,
  name: string,
  kind: WorkerKind,
  next: RequestSource,
  expected: ExpectedAnswer,
): Scenario => ({ key, name, list: LIST, worker: workerName(kind, LIST), next, expected });

export function restScenarios(): Scenario[] {
  const hit = { status: 200, cache: 'HIT' } as const;
  const miss = { status: 200, cache: 'MISS' } as const;
  return [
    scenario('api-hit', 'gateway, hit by /api', 'gateway', same(byApi()), { ...hit, body: isRestList }),
    scenario('api-operation-hit', 'gateway, hit by GET of its operation', 'gateway', same(byOperation()), {
      ...hit,
      body: isRestOperation,
    }),
    scenario(
      'api-miss',
      'gateway, miss by /api, sources in memory',
      'gateway-in-memory',
      () => byApi(distinctCategory()),
      { ...miss, body: isRestList },
    ),
    scenario(
      'api-operation-miss',
      'gateway, miss by GET of its operation, sources in memory',
      'gateway-in-memory',
      () => byOperation(distinctCategory()),
      { ...miss, body: isRestOperation },
    ),
  ];
}

export const REST_CLAIMS: readonly Omit<Claim, 'list'>[] = [
  {
    name: 'hit by /api over GET of its operation',
    of: 'api-hit',
    over: 'api-operation-hit',
    measure: 'requestsPerSecond',
    target: { atLeast: 0.9 },
  },
];
