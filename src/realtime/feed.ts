/** One source of events, as `feeds.ts` registers it: its subscriptions, and the Durable Object behind it. */
import { GraphQLError } from 'graphql';
import type { GatewayContext } from '../graphql/context.ts';
import type { TopicChange, TopicStates } from './topic-log.ts';

export interface Feed<Value> {
  /** Stored by hubs and with sockets: it must not change while either is deployed. No slash. */
  name: string;
  /**
   * True if it has many sources: Durable Objects that each have positions of their own, `<name>/<source>` for hubs. Left
   * out if one object has the feed's name.
   */
  hasSources?: true;
  /** How hubs remember changes of which each is an event of its own; left out for states. */
  journal?: Journal<Value>;
  /** The functions of `context.events`, by a name that no other feed uses: each returns what it is asked to watch. */
  subscriptions: Readonly<Record<string, (...args: never[]) => Watch<Value>>>;
  /** Asks the source's Durable Object to watch topics for a hub, in place of all that it watched for it before. */
  watch(env: Env, call: WatchCall<Value>): Promise<TopicStates<Value>>;
  /** The states of topics that were due, as soon as the feed's source has answered; absent if none is ever due. */
  refreshed?(env: Env, topics: string[]): Promise<TopicStates<Value>>;
}

/**
 * Each change is an event: one with an equal result is sent again. Without it a hub keeps the latest change of each
 * entity, and sends no result twice in a row.
 */
export interface Journal<Value> {
  /** A hub keeps so many of the latest changes of each source. */
  changesKept: number;
  /**
   * The part of an entity's earlier value that may be shown once a later change of its topic is known; null if nothing. It
   * is the same object if the later change takes nothing away.
   */
  revise(entity: string, earlier: Value, later: TopicChange<Value>): Value | null;
  /** The state that takes the place of changes which are not known any more. */
  afterGap(context: GatewayContext, source: string): Promise<StateAt<Value>>;
}

export interface WatchCall<Value> {
  hubId: string;
  /** The source within a feed that has many; empty otherwise. */
  source: string;
  topics: string[];
  /** By entity, values that other sources have of newly watched topics. */
  loaded: ReadonlyMap<string, Value>;
  /** Grows with each call of a hub, so that a late call does not undo a newer one. */
  number: number;
}

/** The topics of one subscription, and their state at its beginning. */
export interface Watch<Value> {
  /** The source within a feed that has many; left out otherwise. */
  source?: string;
  /** True if a subscription begins with the current state; otherwise that is sent only after a gap. */
  beginsWithState: boolean;
  /** Asks the sources. Rejects if the watch could never have an event. */
  load(context: GatewayContext, options: LoadOptions<Value>): Promise<Loaded<Value>>;
}

/** A state in the order in which it is sent, and the position up to which it has every change. */
export interface StateAt<Value> {
  state: Map<string, Value>;
  position: number;
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
