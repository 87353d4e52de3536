/** Every feed, registered in one list. The types of `context.events` and all that a hub knows of feeds come from it. */
import { chatFeed } from './chat-events.ts';
import type { Feed, Watch } from './feed.ts';
import { priceFeed } from './price-events.ts';
import { saleFeed } from './sale-events.ts';

const REGISTERED = [priceFeed, saleFeed, chatFeed] as const;

type Registered = (typeof REGISTERED)[number];
/** Turns a union of types into their intersection. */
type Intersection<Union> = (Union extends unknown ? (member: Union) => void : never) extends (
  member: infer All,
) => void
  ? All
  : never;
type Subscriptions = Intersection<Registered['subscriptions']>;

/** The name of a feed's only source is the feed's; one of many has its own behind it. Hubs have stored both. */
type SourceOf<Known> = Known extends { readonly name: infer Name extends string; readonly hasSources: true }
  ? `${Name}/${string}`
  : Known extends { readonly name: infer Name }
    ? Name
    : never;

export type SourceName = SourceOf<Registered>;

/** `context.events`: each feed's subscriptions. Each throws if the answer of its request is one response. */
export type EventSources = {
  readonly [Name in keyof Subscriptions]: Subscriptions[Name] extends (
    ...args: infer Arguments
  ) => Watch<infer Value>
    ? (...args: Arguments) => AsyncIterable<Value>
    : never;
};

export type EventValue = EventSources[keyof EventSources] extends (
  ...args: never[]
) => AsyncIterable<infer Value>
  ? Value
  : never;

export const FEEDS: readonly Feed<EventValue>[] = REGISTERED;

/** The feed that a source is of, and the source's own name in it. Null if this deployment knows no such source. */
function sourceOf(name: string): { feed: Feed<EventValue>; source: string } | null {
  const [, feedName = '', source] = /^([^/]*)(?:\/(.+))?$/su.exec(name) ?? [];
  const feed = FEEDS.find((other) => other.name === feedName);
  if (feed === undefined || (feed.hasSources ?? false) !== (source !== undefined)) return null;
  return { feed, source: source ?? '' };
}

/** Another deployment may have stored, or may publish, a source that this one does not know. */
export const isSourceName = (name: string): name is SourceName => sourceOf(name) !== null;

/** @throws Error if the feed has many sources and none is named, or the other way round. */
export function sourceName(feed: Feed<EventValue>, source: string | undefined): SourceName {
  const name = source === undefined ? feed.name : `${feed.name}/${source}`;
  if (!isSourceName(name)) throw new Error(`no feed has a source ${name}`);
  return name;
}

export function feedOf(name: SourceName): { feed: Feed<EventValue>; source: string } {
  const found = sourceOf(name);
  if (found === null) throw new Error(`no feed has a source ${name}`);
  return found;
}
