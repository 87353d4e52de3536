/** Runs a subscription's own resolver to learn which feed it watches, and how. */
import { createSourceEventStream, validateSubscriptionArgs } from 'graphql';
import { badUserInput } from '../../schema/errors.ts';
import type { schema as gatewaySchema } from '../../schema/schema.ts';
import type { OperationsMode } from '../config.ts';
import type { EventSources, GatewayContext } from '../graphql/context.ts';
import type { PreparedOperation } from '../serving/prepare-operation.ts';
import type { Watch } from './feed.ts';
import { type EventValue, FEEDS, type SourceName, sourceName } from './feeds.ts';

export interface FeedWatch extends Watch<EventValue> {
  feed: SourceName;
}

/** Resolvers return it: a hub delivers the events, not graphql-js. */
const NO_EVENTS: AsyncIterable<never> = {
  [Symbol.asyncIterator]: () => ({ next: async () => ({ done: true, value: undefined }) }),
};

/** Events that only take note of the watch which they are asked for. */
function notingEvents(onWatch: (watch: FeedWatch) => void): EventSources {
  const sources = FEEDS.flatMap((feed) =>
    Object.entries(feed.subscriptions).map(([name, watchFor]) => [
      name,
      (...args: never[]) => {
        const watch = watchFor(...args);
        onWatch({ ...watch, feed: sourceName(feed, watch.source) });
        return NO_EVENTS;
      },
    ]),
  );
  return Object.fromEntries(sources);
}

export function createWatchOf(schema: typeof gatewaySchema, mode: OperationsMode) {
  /** @throws GraphQLError if it can watch nothing: the first reason. */
  return async (
    { document, sent }: PreparedOperation,
    openContext: (events: EventSources) => GatewayContext,
  ): Promise<FeedWatch> => {
    let watch: FeedWatch | undefined;
    const contextValue = openContext(
      notingEvents((noted) => {
        watch = noted;
      }),
    );
    const args = validateSubscriptionArgs({
      schema,
      document,
      contextValue,
      operationName: sent.operationName ?? null,
      variableValues: sent.variables ?? {},
      hideSuggestions: mode !== 'open',
    });
    if (!('schema' in args)) throw args[0];
    const stream = await createSourceEventStream(args);
    if ('errors' in stream) throw stream.errors?.[0];
    if (watch === undefined) throw badUserInput('The subscription watches nothing.', []);
    return watch;
  };
}
