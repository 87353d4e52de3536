import type { Fields } from '../zone-items.ts';
import { foundItem } from './found-item.ts';
import type { KindAccess } from './kind-access.ts';
import { NEITHER_ADDED_NOR_REMOVED } from './neither-added-nor-removed.ts';

export const SETTINGS: KindAccess = {
  permissions: [{ name: 'Zone Settings: Edit', of: 'zone' }],
  async list({ client, zoneId: zone_id }, desired) {
    const found = desired.map(async ({ key }) => {
      const setting = (await client.zones.settings.get(key, { zone_id })) as Fields;
      return { ...foundItem('setting', key, setting), id: key, isFixed: setting.editable === false };
    });
    return Promise.all(found);
  },
  ...NEITHER_ADDED_NOR_REMOVED,
  change: ({ client, zoneId: zone_id }, { id }, { value }) =>
    client.zones.settings.edit(id, { zone_id, value }),
};
