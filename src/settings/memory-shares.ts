/** Shares of one budget of an isolate's memory, which `config.ts` exports with the limits. */

const MIB = 1024 * 1024;
/** The platform gives an isolate 128 MB. Code, the schema and what requests hold while they run take the rest. */
export const ISOLATE_MEMORY_MAX_BYTES = 80 * MIB;
export const MEMORY_SHARES_BYTES = {
  answers: 24.5 * MIB,
  /** A week of hourly closes of a thousand symbols. */
  closes: 10 * MIB,
  /** One value with every synced symbol, 5,000 of them. */
  priceSnapshot: 8 * MIB,
  /** URLs and bodies of requests, and the cached answers that they ask for. */
  recognisedRequests: 6 * MIB,
  /** The headers of their last hits. */
  hitHeaders: 6 * MIB,
  /** The headers of executed answers of 150 operations. */
  repeatedHeaders: 1 * MIB,
  /** Records of the registry. */
  operations: 4 * MIB,
  registeredDocuments: 7 * MIB,
  sentDocuments: 3 * MIB,
  /** Documents that Apollo clients register. Any client may send one, so no other place keeps them. */
  clientDocuments: 1 * MIB,
  /** By the hash of a document that is not registered by its exact text, the id of its normal form. */
  normalForms: 0.25 * MIB,
  unknownOperationIds: 1 * MIB,
  unknownSymbols: 1 * MIB,
  /** Prices of 700 symbols outside the snapshot. */
  onDemandPrices: 1 * MIB,
  acceptHeaders: 0.25 * MIB,
  /** Access tokens that were verified, a thousand of them. */
  verifiedTokens: 1 * MIB,
  /** Sessions and their users, a thousand of them. */
  sessions: 2 * MIB,
  /** Counts of the requests of 3,000 clients. */
  clients: 1 * MIB,
  /** Counts since the last write; `operations/usage.ts` bounds their number. */
  usage: 0.75 * MIB,
  /** Counts of requests since the last write; `metrics/` bounds their number. */
  requestMetrics: 1.25 * MIB,
} as const;
export type MemoryName = keyof typeof MEMORY_SHARES_BYTES;
