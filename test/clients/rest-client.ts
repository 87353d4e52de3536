/** `/api` by the types that openapi-typescript makes of its description. Prints a line for each call. */
import createClient from 'openapi-fetch';
import type { components, paths } from './.rest/api.d.ts';

const [baseUrl = ''] = process.argv.slice(2);
const api = createClient<paths>({ baseUrl });

const print = (name: string, value: unknown) => process.stdout.write(`${name} ${JSON.stringify(value)}\n`);
const refused = (error: components['schemas']['Error'] | undefined) => {
  throw new Error(`${error?.error.code}: ${error?.error.message}`);
};

const list = await api.GET('/api/projects', { params: { query: { limit: 3, sortBy: 'market_cap' } } });
if (list.data === undefined) throw refused(list.error);
print('list', { symbols: list.data.data.map(({ symbol }) => symbol), page: list.data.pagination.page });

const detail = await api.GET('/api/projects/{id}', { params: { path: { id: 'bitcoin' } } });
if (detail.data === undefined) throw refused(detail.error);
const marketCap: number | null = detail.data.market_cap;
print('detail', { id: detail.data.id, hasMarketCap: marketCap !== null, tags: detail.data.tags.length > 0 });

const missing = await api.GET('/api/projects/{id}', { params: { path: { id: 'no-such-project' } } });
print('error', { status: missing.response.status, code: missing.error?.error.code });

const registered = await api.POST('/api/auth/register', {
  body: { email: 'typed@example.com', password: 'a long sentence of a type' },
});
if (registered.data === undefined) throw refused(registered.error);
print('register', { email: registered.data.user.email, kycLevel: registered.data.user.kycLevel });

const signedIn = await api.POST('/api/auth/login', {
  body: { email: 'cleo@example.com', password: 'four paper whales drift' },
});
if (signedIn.data === undefined) throw refused(signedIn.error);
const { accessToken } = signedIn.data;
api.use({
  onRequest({ request }) {
    request.headers.set('Authorization', `Bearer ${accessToken}`);
  },
});

const pools = await api.GET('/api/ido/pools', {
  params: { query: { status: 'active', type: 'public', limit: 1 } },
});
const [pool] = pools.data?.data ?? [];
if (pool === undefined) throw refused(pools.error);
const invest = () =>
  api.POST('/api/protected/ido/pools/{id}/invest', {
    params: { path: { id: pool.id }, header: { 'idempotency-key': 'typed-intent' } },
    body: { amount: pool.minAllocation },
  });
const made = await invest();
if (made.data === undefined) throw refused(made.error);
const again = await invest();
const isSame = again.data?.id === made.data.id;
print('invest', {
  statuses: [made.response.status, again.response.status],
  status: made.data.status,
  isSame,
});

// What the types forbid.
// @ts-expect-error `sortBy` has no such value.
await api.GET('/api/projects', { params: { query: { sortBy: 'size' } } });
// @ts-expect-error There is no such route.
await api.GET('/api/nothing');
// @ts-expect-error A pool is asked for by its id.
await api.GET('/api/ido/pools/{id}', {});
