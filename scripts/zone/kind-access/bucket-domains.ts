import type { CustomCreateParams } from 'cloudflare/resources/r2/buckets/domains/custom';
import { platformErrorCode } from '../../platform/platform-client.ts';
import { foundItem } from './found-item.ts';
import { type KindAccess, ONCE } from './kind-access.ts';

const NO_SUCH_BUCKET = 10_006;

/** They carry no mark: one that is not desired counts as made by hand. Their record in DNS comes and goes with them. */
export const BUCKET_DOMAINS: KindAccess = {
  permissions: [
    { name: 'Workers R2 Storage: Edit', of: 'account' },
    { name: 'DNS: Edit', of: 'zone' },
  ],
  async list({ client, accountId: account_id }, desired) {
    const buckets = new Set(desired.map(({ fields }) => String(fields.bucket)));
    const found = [...buckets].map(async (bucket) => {
      const { domains } = await client.r2.buckets.domains.custom
        .list(bucket, { account_id })
        .catch((error) => {
          if (platformErrorCode(error) === NO_SUCH_BUCKET) return { domains: [] };
          throw error;
        });
      return domains.map((domain) => ({
        ...foundItem('bucket domain', domain.domain, { ...domain, bucket }),
        id: domain.domain,
      }));
    });
    return (await Promise.all(found)).flat();
  },
  async create({ client, accountId: account_id, zoneId }, { bucket, ...fields }) {
    const params = { account_id, zoneId, ...fields } as CustomCreateParams;
    return (await client.r2.buckets.domains.custom.create(String(bucket), params, ONCE)).domain;
  },
  change: ({ client, accountId: account_id }, { id }, { bucket, domain, ...fields }) =>
    client.r2.buckets.domains.custom.update(id, { account_id, bucket_name: String(bucket), ...fields }),
  remove: ({ client, accountId: account_id }, { id, fields }) =>
    client.r2.buckets.domains.custom.delete(id, { account_id, bucket_name: String(fields.bucket) }),
};
