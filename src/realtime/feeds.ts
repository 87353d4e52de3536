/** Every feed, registered in one list. The types of `context.events` and all that a hub knows of feeds come from it. */
import type { Feed, Watch } from './feed.ts';
import { priceFeed } from './price-events.ts';
import { saleFeed } from './sale-events.ts';

const REGISTERED = [priceFeed, saleFeed] as const;

type Registered = (typeof REGISTERED)[number];
/** Turns a union of types into their intersection. */
type Intersection<Union> = (Union extends unknown ? (member: Union) => void : never) extends (
  member: infer All,
) => void
  ? All
  : never;
type Subscriptions = Intersection<Registered['subscriptions']>;

export type FeedName = Registered['name'];

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

export const FEEDS: readonly (Feed<EventValue> & { readonly name: FeedName })[] = REGISTERED;

export function feedOf(name: FeedName): Feed<EventValue> {
  const feed = FEEDS.find((other) => other.name === name);
  if (feed === undefined) throw new Error(`no feed is registered as ${name}`);
  return feed;
}
