/** The gateway as wrangler bundled it, from one version of the project. */
declare module '*.bundle.js' {
  export const PriceFeed: ObjectClass;
  export const SaleFeed: ObjectClass;
  export const SubscriptionHub: ObjectClass;
  export const Attempts: ObjectClass;
  export const PoolLedger: ObjectClass;
  /** The older version may not have it. */
  export const RealtimeChat: ObjectClass;
  const gateway: Required<Pick<ExportedHandler<Env>, 'fetch' | 'scheduled'>>;
  export default gateway;

  type ObjectClass = new (
    state: DurableObjectState,
    env: Env,
  ) => import('cloudflare:workers').DurableObject<Env>;
}
