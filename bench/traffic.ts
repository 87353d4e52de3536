/**
 * The mixed traffic that latency is measured for: public operations of the manifest, whose
 * distinct requests are asked for by Zipf's law, and a share of private ones.
 *
 * The same catalog, options and seed give the same requests in the same order, wherever it runs. It says what is
 * asked, not how it is sent; and every public query of the manifest takes part, or it throws.
 */
import manifest from '../operations/manifest.json' with { type: 'json' };
import { drawsOf } from '../test/support/upstream/random.ts';
import { ASKED_OPERATIONS, type Catalog, type Variables } from './asked-operations.ts';

export interface TrafficRequest {
  operation: string;
  documentId: string;
  variables: Record<string, unknown>;
  scope: 'public' | 'private';
}

/** `distinct` is the number of distinct public requests. */
export const TRAFFIC = { seed: 1, distinct: 2_000, privateShare: 0.1 };

export interface Traffic {
  /** By rank, the most frequent first. */
  publicRequests: readonly TrafficRequest[];
  privateRequests: readonly TrafficRequest[];
  next(): TrafficRequest;
}

export function createTraffic(catalog: Catalog, options: typeof TRAFFIC): Traffic {
  const random = drawsOf(options.seed);
  const publicRequests = rankedRequests(catalog, options.distinct, random);
  const privateRequests = catalog.poolIds.map((id) => requestOf('PoolPage', { id }, 'private'));
  const pick = (requests: readonly TrafficRequest[], index: number) => {
    const request = requests[Math.min(index, requests.length - 1)];
    if (request === undefined) throw new Error('the catalog is empty');
    return request;
  };
  return {
    publicRequests,
    privateRequests,
    next: () =>
      random() < options.privateShare
        ? pick(privateRequests, Math.floor(random() * privateRequests.length))
        : // Zipf's law with s = 1: the logarithm of the rank is uniform.
          pick(publicRequests, Math.floor((publicRequests.length + 1) ** random()) - 1),
  };
}

/** The likely requests of every operation come first, in an order that the seed decides. */
function rankedRequests(catalog: Catalog, distinct: number, random: () => number): TrafficRequest[] {
  const places: { place: number; request: TrafficRequest }[] = [];
  for (const { name, kind, cachePolicy } of manifest.operations) {
    if (kind !== 'query' || cachePolicy.scope !== 'public') continue;
    const asked = ASKED_OPERATIONS[name];
    if (asked === undefined) throw new Error(`the traffic does not know the public operation ${name}`);
    const count = Math.round(asked.share * distinct);
    const variables = asked.variables(catalog).slice(0, count);
    if (variables.length < count)
      throw new Error(`the catalog has ${variables.length} of ${count} requests for ${name}`);
    for (const [index, of] of variables.entries()) {
      places.push({ place: (index + random()) / count, request: requestOf(name, of, 'public') });
    }
  }
  return places.sort((a, b) => a.place - b.place).map(({ request }) => request);
}

function requestOf(name: string, variables: Variables, scope: TrafficRequest['scope']): TrafficRequest {
  const operation = manifest.operations.find((candidate) => candidate.name === name);
  if (operation === undefined) throw new Error(`operations/manifest.json has no ${name}`);
  return { operation: name, documentId: operation.id, variables, scope };
}
