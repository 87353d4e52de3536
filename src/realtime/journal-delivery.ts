/**
 * The delivery of a source's journal to its subscribers, in order, each event once.
 *
 * A group whose operation fails or takes long delays no other: it is sent what it has missed from the journal, with later
 * changes or after a pause. A socket that has missed more than the journal holds, or whose hub has lost its memory
 * meanwhile, is closed: its client resumes, and is sent the rest or a gap.
 */
import { JOURNAL_RETRY_MAX_MS, JOURNAL_RETRY_MS } from '../config.ts';
import { errorFields, log } from '../observability/log.ts';
import type { EventGroups, GroupEvent, Member } from './event-groups.ts';
import type { EventValue, SourceName } from './feeds.ts';
import type { Subscription } from './socket-attachment.ts';
import type { Clock, WatchedTopics } from './watched-topics.ts';

export interface JournalDeliverySources {
  clock: Clock;
  groups: EventGroups;
  /** Undefined if nobody watches it any more. */
  topicsOf(source: SourceName): WatchedTopics<EventValue> | undefined;
  inTurn(source: SourceName, work: () => Promise<void>): Promise<void>;
  send(event: GroupEvent): void;
}

export class JournalDelivery {
  readonly #sources: JournalDeliverySources;
  readonly #retrying = new Set<SourceName>();

  constructor(sources: JournalDeliverySources) {
    this.#sources = sources;
  }

  /** Delivers what the journal has for members who are behind it. To be called in the source's turn. */
  async deliver(source: SourceName, topics: WatchedTopics<EventValue>): Promise<void> {
    const { groups, send } = this.#sources;
    const members = [...groups.membersOf(source)];
    const least = members.reduce((least, [{ position }]) => Math.min(least, position), topics.position);
    const watched = new Set(members.flatMap(([subscription]) => subscription.topics));
    const changes = topics.changesAfter([...watched], least);
    const failures = await groups.deliver(source, changes, send);
    const isNew = failures.length > 0 && !this.#retrying.has(source);
    if (isNew)
      log.warn('hub.groups_lag', { feed: source, groups: failures.length, ...errorFields(failures[0]) });
    const reached = changes.at(-1)?.position ?? 0;
    // One that joined meanwhile has everything that the hub knew then.
    for (const member of members) this.#note(member, topics, reached);
    if (isNew) void this.#catchUp(source);
  }

  #note([subscription, { session }]: [Subscription, Member], topics: WatchedTopics<EventValue>, to: number) {
    const isLagging = subscription.position < to;
    if (isLagging && topics.hasEvicted(subscription.topics, subscription.position))
      session.on({ kind: 'behind' }, this.#sources.clock.nowMs());
    if (session.isClosed || isLagging === (subscription.isLagging ?? false)) return;
    if (isLagging) subscription.isLagging = true;
    else delete subscription.isLagging;
    try {
      session.store();
    } catch {
      // Its attachment has no room for that: after hibernation it would seem to have been sent them.
      session.on({ kind: 'behind' }, this.#sources.clock.nowMs());
    }
  }

  /** Until nobody lags: a group may fail again, or be so slow that it is sent one event each time. Never rejects. */
  async #catchUp(source: SourceName): Promise<void> {
    const { clock, inTurn, topicsOf } = this.#sources;
    this.#retrying.add(source);
    try {
      let pauseMs = JOURNAL_RETRY_MS;
      for (let least = this.#leastLagging(source); Number.isFinite(least); ) {
        await clock.sleep(pauseMs);
        await inTurn(source, async () => {
          const topics = topicsOf(source);
          if (topics !== undefined) await this.deliver(source, topics);
        });
        const reached = this.#leastLagging(source);
        pauseMs = reached > least ? JOURNAL_RETRY_MS : Math.min(2 * pauseMs, JOURNAL_RETRY_MAX_MS);
        least = reached;
      }
    } catch (error) {
      log.error('hub.catch_up_failed', { feed: source, ...errorFields(error) });
    } finally {
      this.#retrying.delete(source);
    }
  }

  /** Infinite if nobody lags. */
  #leastLagging(source: SourceName): number {
    let least = Number.POSITIVE_INFINITY;
    for (const [{ isLagging, position }, { session }] of this.#sources.groups.membersOf(source))
      if (isLagging && !session.isClosed) least = Math.min(least, position);
    return least;
  }
}
