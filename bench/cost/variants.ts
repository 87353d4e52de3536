/** What the simulation may change of the gateway, to see what a change would save before anybody makes it. */
export interface Variant {
  name: string;
  /**
   * Between memory and KV: nothing, Workers' Cache API (one cache a location), or Workers' own cache behind the
   * Worker, which has an upper tier that all locations share.
   */
  sharedAnswers: 'none' | 'location' | 'tiered';
  /** Whether any answer goes to KV. */
  answersInKv: boolean;
  /** Answers go to KV from this `max-age` on; the gateway's own rule where null. */
  kvMinMaxAgeSeconds: number | null;
  /** The values that isolates reread are kept by a location's cache for so long; not at all where 0. */
  sharedPollSeconds: number;
  /** What lives, and the price snapshot, are reread when the generations say that they have changed. */
  rereadByGeneration: boolean;
  /**
   * What is kept of an answer lives as long as what does not come from the price snapshot, which an isolate has in
   * memory anyway and puts in when it serves.
   */
  pricesPutInWhenServed: boolean;
  /** The project's page does not ask how its pools' sales stand. */
  pageWithoutSales: boolean;
}

export const AS_BUILT: Variant = {
  name: 'as built',
  sharedAnswers: 'none',
  answersInKv: true,
  kvMinMaxAgeSeconds: null,
  sharedPollSeconds: 0,
  rereadByGeneration: false,
  pricesPutInWhenServed: false,
  pageWithoutSales: false,
};

const CHEAPER = {
  rereadByGeneration: true,
} satisfies Partial<Variant>;

/** What was thought of, one change at a time and then together. */
export const VARIANTS: readonly Variant[] = [
  { ...AS_BUILT, name: 'overlay and snapshot reread when changed', rereadByGeneration: true },
  { ...AS_BUILT, name: 'polled values shared in a location, 5 s', sharedPollSeconds: 5 },
  { ...AS_BUILT, name: 'answers in KV from 60 s on', kvMinMaxAgeSeconds: 60 },
  { ...AS_BUILT, name: 'answers shared in a location', sharedAnswers: 'location' },
  { ...AS_BUILT, name: 'answers shared by all locations', sharedAnswers: 'tiered' },
  { ...AS_BUILT, name: 'project page without sale fields', pageWithoutSales: true },
  { ...AS_BUILT, ...CHEAPER, name: 'A: the first two together', sharedPollSeconds: 5 },
  {
    ...AS_BUILT,
    ...CHEAPER,
    name: 'B: A, and answers shared by all',
    sharedPollSeconds: 5,
    sharedAnswers: 'tiered',
  },
  {
    ...AS_BUILT,
    ...CHEAPER,
    name: 'C: B, and the page without sale fields',
    sharedPollSeconds: 5,
    sharedAnswers: 'tiered',
    pageWithoutSales: true,
  },
  {
    ...AS_BUILT,
    ...CHEAPER,
    name: 'D: B, and prices put in when served',
    sharedPollSeconds: 5,
    sharedAnswers: 'tiered',
    pricesPutInWhenServed: true,
    answersInKv: false,
  },
  {
    ...AS_BUILT,
    ...CHEAPER,
    name: 'E: C and D',
    sharedPollSeconds: 5,
    sharedAnswers: 'tiered',
    pageWithoutSales: true,
    pricesPutInWhenServed: true,
    answersInKv: false,
  },
];
