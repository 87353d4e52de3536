/** One source of events, as `feeds.ts` registers it: its subscriptions, and the Durable Object behind it. */
import { GraphQLError } from 'graphql';
import type { GatewayContext } from '../graphql/context.ts';
import type { TopicStates } from './topic-log.ts';

export interface Feed<Value> {
  /** Stored by hubs and with sockets: it must not change while either is deployed. */
  name: string;
  /** The functions of `context.events`, by a name that no other feed uses: each returns what it is asked to watch. */
  subscriptions: Readonly<Record<string, (...args: never[]) => Watch<Value>>>;
  /** Asks the feed's Durable Object to watch topics for a hub, in place of all that it watched for it before. */
  watch(env: Env, call: WatchCall<Value>): Promise<TopicStates<Value>>;
  /** The states of topics that were due, as soon as the feed's source has answered; absent if none is ever due. */
  refreshed?(env: Env, topics: string[]): Promise<TopicStates<Value>>;
}

export interface WatchCall<Value> {
  hubId: string;
  topics: string[];
  /** By entity, values that other sources have of newly watched topics. */
  loaded: ReadonlyMap<string, Value>;
  /** Grows with each call of a hub, so that a late call does not undo a newer one. */
  number: number;
}

/** The topics of one subscription, and their state at its beginning. */
export interface Watch<Value> {
  /** True if a subscription begins with the current state; otherwise that is sent only after a gap. */
  beginsWithState: boolean;
  /** Asks the sources. Rejects if the watch could never have an event. */
  load(context: GatewayContext, options: LoadOptions<Value>): Promise<Loaded<Value>>;
}

export interface LoadOptions<Value> {
  /** True if the state may be needed although the subscription does not begin with it. */
  isResuming: boolean;
  /** The feed's last value of a topic that is an entity too: no source needs to be asked for it. */
  knownValue(topic: string): Value | undefined;
}

export interface Loaded<Value> {
  topics: string[];
  /** By entity, as the sources have it. */
  state: Map<string, Value>;
}

/** @param argument the argument that names nothing. */
export const notFound = (message: string, argument: string) =>
  new GraphQLError(message, { extensions: { code: 'NOT_FOUND', argumentPath: [argument] } });
