import type { RecordCreateParams, RecordEditParams } from 'cloudflare/resources/dns/records';
import { recordKey } from '../../../zone/item-kinds.ts';
import type { Fields, FoundItem } from '../zone-items.ts';
import { foundItem, isMarked } from './found-item.ts';
import { type KindAccess, ONCE } from './kind-access.ts';

const RECORDS_PER_PAGE = 500;

export const DNS_RECORDS: KindAccess = {
  permissions: [{ name: 'DNS: Edit', of: 'zone' }],
  async list({ client, zoneId: zone_id }) {
    const records: FoundItem[] = [];
    for await (const record of client.dns.records.list({ zone_id, per_page: RECORDS_PER_PAGE })) {
      const fields: Fields = { ...record };
      // The platform makes such records for custom domains, and removes them itself.
      if ((fields.meta as Fields | undefined)?.read_only === true) continue;
      const item = foundItem('DNS record', recordKey(record.type ?? '', record.name ?? ''), fields);
      records.push({ ...item, isOurs: isMarked(fields.comment) });
    }
    return records;
  },
  create: async ({ client, zoneId: zone_id }, fields) =>
    (await client.dns.records.create({ zone_id, ...fields } as RecordCreateParams, ONCE)).id,
  change: ({ client, zoneId: zone_id }, { id }, fields) =>
    client.dns.records.edit(id, { zone_id, ...fields } as RecordEditParams),
  remove: ({ client, zoneId: zone_id }, { id }) => client.dns.records.delete(id, { zone_id }),
};
