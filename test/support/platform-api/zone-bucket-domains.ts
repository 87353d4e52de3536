/** Custom domains of buckets. Each has a record in DNS that nobody else may change. */
import { ApiError, type ApiRequest, type Resource } from './resource.ts';
import type { PlatformState } from './state.ts';
import { recordOf } from './zone-records.ts';

const DOMAINS = '/accounts/:accountId/r2/buckets/:bucket/domains/custom';

const NO_SUCH_DOMAIN = 10_065;
const DOMAIN_EXISTS = 10_066;

/** @throws ApiError where there is no such bucket. */
function domainsOf(request: ApiRequest, { buckets, zone: { bucketDomains } }: PlatformState) {
  const { name } = buckets.get(request.param('bucket'));
  return bucketDomains.filter(({ bucket }) => bucket === name);
}

function domainOf(request: ApiRequest, state: PlatformState) {
  const found = domainsOf(request, state).find(({ domain }) => domain === request.param('domain'));
  if (found === undefined)
    throw new ApiError(404, NO_SUCH_DOMAIN, 'The specified custom domain does not exist.');
  return found;
}

const described = ({ bucket: _bucket, ...domain }: Record<string, unknown>) => domain;

export const zoneBucketDomains: Resource = [
  {
    method: 'GET',
    path: DOMAINS,
    handle: (request, state) => ({ domains: domainsOf(request, state).map(described) }),
  },
  {
    method: 'POST',
    path: DOMAINS,
    handle(request, state) {
      const draft = request.json<{ domain: string; enabled: boolean; minTLS?: string }>();
      const { bucketDomains, records } = state.zone;
      domainsOf(request, state);
      if (bucketDomains.some(({ domain }) => domain === draft.domain))
        throw new ApiError(409, DOMAIN_EXISTS, 'This domain is already in use.');
      const status = { ownership: 'active', ssl: 'active' };
      const domain = {
        minTLS: '1.0',
        ...draft,
        status,
        zoneName: state.zoneName,
        bucket: request.param('bucket'),
      };
      bucketDomains.push(domain);
      const meta = { r2_bucket: domain.bucket, read_only: true };
      records.push(
        recordOf({ type: 'CNAME', name: draft.domain, content: 'public.r2.dev', proxied: true, meta }),
      );
      return described(domain);
    },
  },
  {
    method: 'PUT',
    path: `${DOMAINS}/:domain`,
    handle: (request, state) => described(Object.assign(domainOf(request, state), request.json<object>())),
  },
  {
    method: 'DELETE',
    path: `${DOMAINS}/:domain`,
    handle(request, state) {
      const domain = domainOf(request, state);
      const { bucketDomains, records } = state.zone;
      bucketDomains.splice(bucketDomains.indexOf(domain), 1);
      records.splice(
        records.findIndex(({ name }) => name === domain.domain),
        1,
      );
      return { domain: domain.domain };
    },
  },
];
