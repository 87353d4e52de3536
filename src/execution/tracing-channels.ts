/**
 * graphql-js publishes every execution and resolver call to tracing tools over diagnostics channels, if the platform has
 * them (Node, Workers with `nodejs_compat`). A plan does not, so graphql-js executes while a tool listens.
 */
interface Channel {
  readonly hasSubscribers: boolean;
}
/** Not every platform has `hasSubscribers` for all five channels together. */
type TracingChannel = Partial<Channel> & Readonly<Record<(typeof EVENTS)[number], Channel>>;
interface DiagnosticsChannelModule {
  tracingChannel(name: string): TracingChannel;
}

const CHANNELS = ['execute', 'execute:variableCoercion', 'execute:rootSelectionSet', 'resolve'];

const EVENTS = ['start', 'end', 'asyncStart', 'asyncEnd', 'error'] as const;

const channels = openChannels();

export function isTraced(): boolean {
  return channels.some(
    (channel) => channel.hasSubscribers ?? EVENTS.some((event) => channel[event].hasSubscribers),
  );
}

function openChannels(): TracingChannel[] {
  const host = (globalThis as { process?: { getBuiltinModule?: (id: string) => unknown } }).process;
  const diagnostics = host?.getBuiltinModule?.('node:diagnostics_channel') as
    | DiagnosticsChannelModule
    | undefined;
  return CHANNELS.flatMap((name) => diagnostics?.tracingChannel(`graphql:${name}`) ?? []);
}
