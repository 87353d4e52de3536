/**
 * The beginning of a subscription: it is stored, its feed watches its topics, it is sent its first events, and it joins
 * the group of equal subscriptions.
 *
 * Guaranteed: a subscription is in its socket's attachment before its first event, so that it outlives the hub's memory.
 * The current state, or the missed changes, come before any other event. While the first events take long, nobody else
 * waits for them.
 */
import { rateLimited } from '../auth/attempts.ts';
import { SOCKET_SOURCES_PER_SECOND } from '../config.ts';
import type { SentRequest, Viewer } from '../graphql/context.ts';
import type { LiveCounts } from '../metrics/live-counts.ts';
import type { PreparedOperation } from '../serving/prepare-operation.ts';
import type { EventGroupsSources } from './event-groups.ts';
import type { Journal } from './feed.ts';
import { type EventValue, feedOf } from './feeds.ts';
import {
  type FirstEvent,
  type FirstEvents,
  latestChanges,
  latestState,
  missedEvents,
  resumePosition,
  stateEvents,
} from './first-events.ts';
import type { LiveSubscriptions } from './live-subscriptions.ts';
import type { Subscription } from './socket-attachment.ts';
import type { SocketSession } from './socket-session.ts';
import { withExtensions } from './transport-messages.ts';
import type { createWatchOf, FeedWatch } from './watch.ts';
import type { WatchedTopics } from './watched-topics.ts';

export interface JoinSources extends Pick<EventGroupsSources, 'createContext' | 'execute' | 'nowMs'> {
  recorder: { live: LiveCounts };
  watchOf: ReturnType<typeof createWatchOf>;
  /** True if the answers are the viewer's own. */
  isPrivate(prepared: PreparedOperation): boolean;
}

/** A started operation. */
export interface Run {
  session: SocketSession;
  /** The client's, unique on its socket. */
  id: string;
  prepared: PreparedOperation;
  request: SentRequest;
  viewer: Viewer | null;
  isOver(): boolean;
}

/** Resolves when the subscription has joined the others, or is over. */
export async function joinSubscription(
  run: Run,
  live: LiveSubscriptions,
  sources: JoinSources,
): Promise<void> {
  const { session, id, prepared, request, viewer, isOver } = run;
  const { createContext, watchOf, isPrivate } = sources;
  const watch = await watchOf(prepared, (events) => createContext(request, viewer, events));
  const from = resumePosition(prepared.sent.extensions?.resumeFrom);
  const load = () =>
    watch.load(createContext(request, viewer), {
      isResuming: from !== null,
      knownValue: (topic) => live.knownValue(watch.feed, topic),
    });
  const isFirst = watch.source !== undefined && !live.isWatching(watch.feed);
  if (isFirst && !session.newSources.spend(sources.nowMs()))
    throw rateLimited('This connection begins to watch too many rooms.', 1000 / SOCKET_SOURCES_PER_SECOND);
  // It is the same for everybody who watches one of many sources.
  const { topics, state } = await (watch.source === undefined
    ? load()
    : live.loading.share(watch.feed, load));
  if (isOver()) return;

  const owner = isPrivate(prepared) ? (viewer?.id ?? '') : null;
  const subscription = { id, sent: storedRequest(prepared), feed: watch.feed, topics, owner, position: 0 };
  session.store(subscription);
  const feed = live.topicsOf(watch.feed);
  feed.add(topics, state);
  await feed.watching(topics, from ?? 0);
  const { journal } = feedOf(watch.feed).feed;
  const joining = { run, subscription, feed, watch, journal, live, sources };
  const resumed = () => {
    const missed = from === null ? null : feed.since(topics, from);
    if (from !== null) sources.recorder.live.resumed(missed === null);
    return missed;
  };
  if (journal !== undefined) {
    const missed = resumed();
    if (from !== null && missed === null) return sendFirstEvents(await eventsAfterGap(joining), joining);
    const events = missedEvents(missed ?? []);
    return sendFirstEvents({ events, isWhole: false, position: feed.position, newestPosition: 0 }, joining);
  }
  const isSent = from !== null || watch.beginsWithState;
  const refreshed = isSent ? await feed.refreshed(topics) : null;
  const newest = refreshed?.topics.flatMap(({ changes }) => changes) ?? [];
  const reached = {
    position: Math.max(feed.position, refreshed?.position ?? 0),
    newestPosition: Math.max(0, ...newest.map(({ position }) => position)),
  };
  const missed = resumed();
  const changes = missed ?? feed.changesAfter(topics, 0);
  const latest = latestChanges([...newest.filter(({ position }) => position > (from ?? 0)), ...changes]);
  let events: FirstEvent[] = [];
  if (missed !== null) events = missedEvents(latest);
  else if (isSent) events = stateEvents(latestState(state, latest), reached.position, from !== null);
  await sendFirstEvents({ events, isWhole: missed === null, ...reached }, joining);
}

/** A subscription that its source watches, and that has not joined the others. */
interface Joining {
  run: Run;
  subscription: Subscription;
  feed: WatchedTopics<EventValue>;
  watch: FeedWatch;
  journal: Journal<EventValue> | undefined;
  live: LiveSubscriptions;
  sources: JoinSources;
}

/** The state that takes the place of changes which are not known any more. */
async function eventsAfterGap({ run, watch, journal, live, sources }: Joining): Promise<FirstEvents> {
  // Nothing but a journal is ever behind, or has events after a gap that `load` did not give.
  if (journal === undefined) throw new Error('the feed keeps no journal');
  const read = () =>
    journal.afterGap(sources.createContext(run.request, run.viewer), feedOf(watch.feed).source);
  const { state, position } = await live.readingState.share(watch.feed, read);
  return { events: stateEvents(state, position, true), position, newestPosition: 0, isWhole: false };
}

function storedRequest({ sent, chosen }: PreparedOperation): Subscription['sent'] {
  const { documentIds, operationName, variables } = sent;
  // The id of a document that is not registered may be known to this hub's memory alone.
  const document = chosen.found === null ? chosen.document : sent.document;
  return { documentIds, document, operationName, variables };
}

/** Sends the first events, and then the changes that came meanwhile, to one subscriber; with none left it joins. */
async function sendFirstEvents(first: FirstEvents, joining: Joining): Promise<void> {
  const { run, subscription, feed, live } = joining;
  const { session, prepared, isOver } = run;
  const { topics } = subscription;
  const sentResults = new Map<string, string>();
  let { events, position } = first;
  for (let hasJoined = false; !hasJoined && !isOver(); ) {
    await sendEvents(events, sentResults, joining);
    let isBehind = false;
    await live.inTurn(subscription.feed, async () => {
      if (isOver()) return;
      isBehind = feed.hasEvicted(topics, position);
      if (isBehind) return;
      events = missedEvents(feed.changesAfter(topics, position));
      // The first events may be newer than all that the hub knows.
      position = Math.max(position, feed.position);
      hasJoined = events.length === 0;
      if (!hasJoined) return;
      subscription.position = position;
      session.store();
      const known = feed.changesAfter(topics, 0).at(-1)?.position ?? 0;
      const latest = Math.max(known, first.newestPosition);
      live.groups.join(session, subscription, prepared, first.isWhole ? sentResults : null, latest);
    });
    if (isBehind) ({ events, position } = await eventsAfterGap(joining));
  }
}

/** @param sentResults by entity, the results that it was sent: it grows with them, unless each change is an event. */
async function sendEvents(
  events: readonly FirstEvent[],
  sentResults: Map<string, string>,
  { run, subscription, feed, journal, sources }: Joining,
): Promise<void> {
  const { session, id, prepared, request, viewer, isOver } = run;
  const { createContext, execute, nowMs, recorder } = sources;
  const context = createContext(request, viewer);
  for (const { entity, value, at, extensions } of events) {
    await session.untilRead(isOver);
    // While it waits, a later change may take away what it would show.
    const shown = feed.revised(subscription.topics, entity, value, at);
    if (shown === null) continue;
    const result = JSON.stringify(await execute(prepared, context, shown));
    if (isOver()) return;
    if (journal === undefined) {
      if (sentResults.get(entity) === result) continue;
      sentResults.set(entity, result);
    }
    session.on({ kind: 'result', id, payload: withExtensions(result, extensions) }, nowMs());
    recorder.live.sent(1);
  }
}
