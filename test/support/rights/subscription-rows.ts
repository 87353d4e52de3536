/** Subscriptions of all askers at one hub, and the event that each gets. */
import { runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { expect, vi } from 'vitest';
import { localId } from '../../../schema/global-ids.ts';
import type { ClientSocket, SocketMessage } from '../client-socket.ts';
import { type LiveMarket, saleFeed, watchedSaleTopics } from '../live-market.ts';
import type { OpenedEntry } from './entries.ts';
import type { Held } from './field-arguments.ts';
import { documentFor } from './field-document.ts';
import { NO_OBJECT, outcomeOf } from './outcome.ts';
import { ASKERS, type Asker } from './people.ts';
import { coordinateOf, type Row } from './rights-table.ts';
import type { Way } from './schema-walk.ts';

const HUB = 'hub-0';

export async function subscriptionRow(held: Held, way: Way, live: LiveMarket): Promise<Row> {
  const isOwn = coordinateOf(way) === 'Subscription.investmentUpdated';
  // Everybody is sent what came behind it.
  const resumeFrom =
    way.steps[0]?.coordinate === 'Subscription.chatEvents' ? await positionBeforePost(held) : undefined;
  const path = way.steps.map(({ name }) => name);
  const sockets: [Asker, ClientSocket][] = [];
  for (const asker of ASKERS) {
    const token = asker === 'stranger' ? undefined : `Bearer ${held.people.of[asker].accessToken}`;
    const socket = await live.connected(HUB, token);
    const document = await documentFor(held, asker, [way]);
    socket.subscribe('a', document, {}, resumeFrom === undefined ? {} : { resumeFrom });
    if (isOwn) await untilWatchedOrRefused(held, asker, socket);
    sockets.push([asker, socket]);
  }
  if (isOwn) await changeInvestmentOfUser(held);
  const outcomes: [Asker, string][] = [];
  for (const [asker, socket] of sockets) {
    const isSure = !isOwn || asker === 'user' || asker === 'stranger';
    const message = isSure ? await socket.next() : await nextBeforeFence(socket);
    outcomes.push([asker, message === null ? NO_OBJECT : outcomeOf(answerIn(message), path)]);
  }
  return {
    entry: way.entry as OpenedEntry,
    coordinate: coordinateOf(way),
    outcomes: Object.fromEntries(outcomes) as Row['outcomes'],
  };
}

async function positionBeforePost({ gateway, chat, projectId }: Held): Promise<string> {
  const { data } = await gateway.query<{ chatRoom: { position: string } }>(
    `{ chatRoom(of: { projectId: "${projectId}" }) { position } }`,
  );
  await chat.post(chat.talker, 'Hello to those who watch');
  return data.chatRoom.position;
}

const answerIn = ({ type, payload }: SocketMessage) => (type === 'error' ? { errors: payload } : payload);

/** Of the user whom all others ask about. The user's socket comes first, so the event has been delivered then. */
async function changeInvestmentOfUser({ people }: Held): Promise<void> {
  await env.DB.prepare(
    "UPDATE user_investment_cache SET status = 'refunded', updated_at = updated_at + 1 WHERE id = ?1",
  )
    .bind(localId('Investment', people.of.user.investmentIds[0] ?? ''))
    .run();
  await saleFeed().changed();
  await runDurableObjectAlarm(saleFeed());
}

async function untilWatchedOrRefused({ people }: Held, asker: Asker, socket: ClientSocket): Promise<void> {
  const topic = asker === 'stranger' ? null : `investor:${people.of[asker].id}`;
  await vi.waitFor(async () => {
    if (socket.unread.length === 0) expect(await watchedSaleTopics()).toContain(topic);
  });
}

/** The next message that was sent before the answer to a ping; null if there is none. */
async function nextBeforeFence(socket: ClientSocket): Promise<SocketMessage | null> {
  socket.send({ type: 'ping', payload: { fence: 'here' } });
  const message = await socket.next();
  return message.type === 'pong' ? null : message;
}
