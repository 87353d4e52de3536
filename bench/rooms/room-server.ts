/** The gateway with a synced market, rooms and people who are signed in, watched like the servers of `live/`. */
import { encodeGlobalId } from '../../schema/global-ids.ts';
import { CHAT_YOUNG_ACCOUNT_SECONDS } from '../../src/config.ts';
import { bundleWorker, gatewayObjects } from '../bundle.ts';
import type { EventSource } from '../live/fan-out.ts';
import type { LiveServer } from '../live/live-servers.ts';
import { startPriceSource } from '../live/price-source.ts';

import { operationId } from '../requests.ts';
import { type SignedInUser, signInUsers } from '../signed-in-users.ts';
import { migrateAndSync, startBenchUpstream } from '../synced-market.ts';
import { startWorkerd, type Workerd } from '../workerd.ts';
import { MESSAGE_TEXT } from './posted-message.ts';
import type { Authors } from './room-worker.ts';

export interface RoomServer extends LiveServer {
  workerd: Workerd;
  /** Global ids of rooms. */
  roomIds: string[];
  users: SignedInUser[];
  /** A message in a room, by one user after the other. */
  messages(roomId: string): Promise<EventSource>;
}

export const GATEWAY = 'gateway';
const ENVIRONMENT = 'production';
const HUB = 'hub-0';

export async function startRoomServer(users: number, signal: AbortSignal): Promise<RoomServer> {
  const script = await bundleWorker(signal, 'bench/rooms/room-worker.ts');
  const [upstream, prices] = await Promise.all([startBenchUpstream(), startPriceSource('by hand')]);
  let workerd: Workerd | undefined;
  const stop = () => Promise.all([workerd?.stop(), upstream.close(), prices.close()]);
  try {
    const jwtSecret = upstream.gatewayVars.JWT_SECRET ?? '';
    workerd = await startWorkerd([
      {
        name: GATEWAY,
        script,
        storage: GATEWAY,
        durableObjects: { ...gatewayObjects(), BARE_ROOM: 'BareRoom' },
        keepsObjects: true,
        vars: {
          ...upstream.gatewayVars,
          PRICE_API_URL: prices.url,
          SIWE_ORIGIN: 'https://app.example',
          ENVIRONMENT,
          OPERATIONS_MODE: 'open',
          POLLS: 'by hand',
        },
      },
    ]);
    await migrateAndSync(workerd, GATEWAY, { afterTheNight: false });
    const people = await signInUsers(workerd, {
      gateway: GATEWAY,
      environment: ENVIRONMENT,
      jwtSecret,
      ids: Array.from({ length: users }, (_, at) => `user-${at}`),
      ageSeconds: 2 * CHAT_YOUNG_ACCOUNT_SECONDS,
    });
    const server = workerd;
    const url = server.urlOf(GATEWAY);
    return {
      workerd: server,
      roomIds: await roomsOf(server),
      users: people,
      protocol: 'graphql-transport-ws',
      urls: [new URL(`/hub/${HUB}`, url).href],
      currentFirst: true,
      eventUrl: new URL('/event', url).href,
      changeUrl: prices.url,
      cpuMs: () => server.cpuMs(),
      memoryBytes: () => server.memoryBytes(),
      check: (message) => assertHolds(message, `:${prices.price()},`),
      async messages(roomId) {
        const accessTokens = people.map(({ accessToken }) => accessToken);
        const authors: Authors = { roomId, documentId: operationId('PostChatMessage'), accessTokens };
        const answer = await fetch(new URL('/authors', url), {
          method: 'PUT',
          body: JSON.stringify(authors),
        });
        if (!answer.ok) throw new Error(`the Worker took no authors: ${answer.status}`);
        return {
          eventUrl: new URL('/message', url).href,
          check: (message) => assertHolds(message, MESSAGE_TEXT),
        };
      },
      stop: async () => {
        await stop();
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function roomsOf({ miniflare }: Workerd): Promise<string[]> {
  const db = await miniflare.getD1Database('DB', GATEWAY);
  const { results } = await db
    .prepare("SELECT id FROM project_cache WHERE status = 'live' ORDER BY id LIMIT 2")
    .all();
  return (results as { id: string }[]).map(({ id }) => encodeGlobalId('ChatRoom', `project:${id}`));
}

function assertHolds(message: string, part: string): void {
  if (!message.includes(part)) throw new Error(`an event without ${part}: ${message}`);
}
