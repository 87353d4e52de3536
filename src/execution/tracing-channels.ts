/**
 * graphql-js tells tracing tools of every execution and resolver over diagnostics channels, where the platform has
 * them (Node, Workers with `nodejs_compat`). A plan tells nobody anything, so while somebody listens, graphql-js runs.
 */
interface Channel {
  readonly hasSubscribers: boolean;
}
interface DiagnosticsChannelModule {
  tracingChannel(name: string): Channel;
}

const CHANNELS = ['execute', 'execute:variableCoercion', 'execute:rootSelectionSet', 'resolve'];

const channels = openChannels();

export function isTraced(): boolean {
  return channels.some(({ hasSubscribers }) => hasSubscribers);
}

function openChannels(): Channel[] {
  const host = (globalThis as { process?: { getBuiltinModule?: (id: string) => unknown } }).process;
  const diagnostics = host?.getBuiltinModule?.('node:diagnostics_channel') as
    | DiagnosticsChannelModule
    | undefined;
  return CHANNELS.flatMap((name) => diagnostics?.tracingChannel(`graphql:${name}`) ?? []);
}
