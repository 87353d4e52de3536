import type { Fields } from '../zone-items.ts';
import { foundItem } from './found-item.ts';
import type { KindAccess } from './kind-access.ts';
import { NEITHER_ADDED_NOR_REMOVED } from './neither-added-nor-removed.ts';

export const BOT_SETTINGS: KindAccess = {
  permissions: [{ name: 'Bot Management: Edit', of: 'zone' }],
  async list({ client, zoneId: zone_id }, desired) {
    const there = (await client.botManagement.get({ zone_id })) as Fields;
    return desired.map(({ key }) => ({ ...foundItem('bot settings', key, there), id: key }));
  },
  ...NEITHER_ADDED_NOR_REMOVED,
  change: ({ client, zoneId: zone_id }, _found, fields) =>
    client.botManagement.update({ zone_id, ...fields }),
};
