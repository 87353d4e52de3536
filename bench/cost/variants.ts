/** What the simulation may change of the gateway, to see what a change would save before anybody makes it. */
export interface Variant {
  name: string;
  /**
   * Between memory and KV: nothing, Workers' Cache API (one cache a location), or Workers' own cache behind the
   * Worker, which has an upper tier that all locations share.
   */
  sharedAnswers: 'none' | 'location' | 'tiered';
  /** Answers go to KV from this `max-age` on; the gateway's own rule where null. */
  kvMinMaxAgeSeconds: number | null;
  /** The values that isolates reread are kept by a location's cache for so long; not at all where 0. */
  sharedPollSeconds: number;
  /** Generations and what lives stand in one KV value. */
  mergedPolls: boolean;
  /** Operations without their fields of a pool's sale: a lifetime of prices. */
  withoutSaleFields: readonly string[];
}

export const AS_BUILT: Variant = {
  name: 'as built',
  sharedAnswers: 'none',
  kvMinMaxAgeSeconds: null,
  sharedPollSeconds: 0,
  mergedPolls: false,
  withoutSaleFields: [],
};
