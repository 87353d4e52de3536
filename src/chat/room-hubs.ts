/** The hubs that watch a room, as its rows have them. */
import type { OpenRoom } from './room-store.ts';

/** @throws Error if a later call of the hub has arrived before */
export function noteWatch({ sql }: OpenRoom, hubId: string, isWatched: boolean, callNumber: number): void {
  const [known] = sql
    .exec<{ call_number: number }>('SELECT call_number FROM hub WHERE hub_id = ?', hubId)
    .toArray();
  if (known !== undefined && callNumber < known.call_number)
    throw new Error('a later call of the hub has arrived before this one');
  sql.exec(
    `INSERT INTO hub (hub_id, call_number, is_watching) VALUES (?, ?, ?) ON CONFLICT (hub_id) DO UPDATE
       SET call_number = excluded.call_number, is_watching = excluded.is_watching`,
    ...[hubId, callNumber, isWatched ? 1 : 0],
  );
}

export const watchingHubIds = ({ sql }: OpenRoom): string[] =>
  sql
    .exec<{ hub_id: string }>('SELECT hub_id FROM hub WHERE is_watching = 1')
    .toArray()
    .map(({ hub_id }) => hub_id);
