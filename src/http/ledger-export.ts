/**
 * `GET /ledger/<pool id>.jsonl?after=<sequence>`: the entries of a pool's ledger for anybody, oldest first, up to the head that
 * D1 shows; 10,000 at most an answer. A full answer never changes.
 *
 * Asks an object only for entries that D1 says it has, so invented ids and sequences make and wake none. It asks for a part at
 * a time, as the client reads, so an export holds neither the ledger nor this isolate's memory. Exports may not slow a sale:
 * an isolate begins few of them a second, and refuses the others.
 */
import { GraphQLError } from 'graphql';
import * as z from 'zod';
import { localId } from '../../schema/global-ids.ts';
import {
  LEDGER_EXPORT_MAX_AGE_SECONDS,
  LEDGER_EXPORT_MAX_ENTRIES,
  LEDGER_EXPORT_PART_ENTRIES,
  LEDGER_EXPORTS_BURST,
  LEDGER_EXPORTS_PER_SECOND,
  LEDGER_RETRY_SECONDS,
} from '../config.ts';
import { retryAfterOf, statusOfCode } from '../graphql/error-policy.ts';
import type { Ledgers } from '../investing/ledger-client.ts';
import type { PoolLedgerCalls } from '../investing/pool-ledger.ts';
import { type IdoPoolRow, idoPoolsByIds } from '../storage/d1/ido-pools.ts';
import { TokenBucket } from '../storage/token-bucket.ts';
import { clientHolds } from './holds-already.ts';
import { errorResponse } from './responses.ts';
import type { Route } from './router.ts';
import { decodedPart, pathOf, queryOf } from './url-parts.ts';

/** JSON Lines have no registered type. This is their own; RFC 6648 advises against `application/x-ndjson`. */
const MEDIA_TYPE = 'application/jsonl';
const PATH = /^\/ledger\/([^/]+)\.jsonl$/;
/** The greatest of `Int`, which the API gives sequences as. */
const SEQUENCE_MAX = 2 ** 31 - 1;
const YEAR_SECONDS = 31_536_000;

export interface LedgerExportSources {
  db: D1Database;
  ledgers: Pick<Ledgers, 'ofPool'>;
  nowMs(): number;
}

export function ledgerExportRoute(sources: LedgerExportSources): Route {
  const exports = new TokenBucket({ burst: LEDGER_EXPORTS_BURST, perSecond: LEDGER_EXPORTS_PER_SECOND });
  return {
    paths: ['/ledger/*'],
    methods: ['GET'],
    hasPreflight: true,
    async handle(request, { requestId }) {
      try {
        return await exportResponse(request, sources, exports);
      } catch (error) {
        if (!(error instanceof GraphQLError)) throw error;
        const { message, extensions } = error;
        const code = String(extensions.code);
        return errorResponse(statusOfCode(code), { message, code, requestId }, retryAfterOf(extensions));
      }
    },
  };
}

async function exportResponse(
  request: Request,
  { db, ledgers, nowMs }: LedgerExportSources,
  exports: TokenBucket,
): Promise<Response> {
  const after = afterOf(request.url);
  const pool = await findPool(db, pathOf(request.url), nowMs());
  const head = pool.ledger_sequence ?? 0;
  const end = Math.min(head, after + LEDGER_EXPORT_MAX_ENTRIES);
  if (after >= end) return new Response(null, { headers: headersOf('short', null) });

  const lifetime = end - after === LEDGER_EXPORT_MAX_ENTRIES ? 'forever' : 'short';
  const ledger = ledgers.ofPool(pool.id);
  const spend = () => {
    if (!exports.spend(nowMs())) throw tooManyExports();
  };
  if (end < head) spend();
  const headers = headersOf(lifetime, end < head ? await hashOf(ledger, end) : pool.ledger_hash);
  if (headers.ETag !== undefined && clientHolds(request, headers.ETag))
    return new Response(null, { status: 304, headers });
  if (end === head) spend();
  // A failure at the beginning still has a status.
  const first = await partOf(ledger, after, end);
  return new Response(bodyOf(ledger, first, after, end), { headers });
}

function afterOf(url: string): number {
  const values = new Set(new URLSearchParams(queryOf(url)).getAll('after'));
  const [text = '0'] = values;
  const after = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (values.size < 2 && after <= SEQUENCE_MAX) return after;
  throw refusal('BAD_USER_INPUT', 'after: send the sequence of an entry once, or 0 for the beginning.');
}

/** By its own id, which its entries carry, or by its global id, which the API gives. */
async function findPool(db: D1Database, path: string, nowMs: number): Promise<IdoPoolRow> {
  const name = decodedPart(PATH.exec(path)?.[1] ?? '') ?? '';
  const id = localId('IdoPool', name) ?? name;
  const pool = (await idoPoolsByIds(db, [id], Math.floor(nowMs / 1000))).get(id);
  if (pool === undefined) throw refusal('NOT_FOUND', 'No such pool: use /ledger/<id of the pool>.jsonl.');
  return pool;
}

/** The hash of an entry that is not the last one: the next entry carries it. */
async function hashOf(ledger: PoolLedgerCalls, sequence: number): Promise<string> {
  const next = nextEntry.parse(JSON.parse(await ledger.exportEntries(sequence, 1)));
  return next.previous;
}
const nextEntry = z.object({ previous: z.string() });

const partOf = (ledger: PoolLedgerCalls, after: number, end: number): Promise<string> =>
  ledger.exportEntries(after, Math.min(LEDGER_EXPORT_PART_ENTRIES, end - after));

/** Asks for the next part when the client has read the one before. */
function bodyOf(ledger: PoolLedgerCalls, first: string, after: number, end: number): ReadableStream {
  const utf8 = new TextEncoder();
  let from = after;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        controller.enqueue(utf8.encode(from === after ? first : await partOf(ledger, from, end)));
        from += LEDGER_EXPORT_PART_ENTRIES;
        if (from >= end) controller.close();
      },
    },
    { highWaterMark: 0 },
  );
}

function headersOf(lifetime: 'short' | 'forever', lastHash: string | null): Record<string, string> {
  return {
    'Content-Type': MEDIA_TYPE,
    'Cache-Control':
      lifetime === 'forever'
        ? `public, max-age=${YEAR_SECONDS}, immutable`
        : `public, max-age=${LEDGER_EXPORT_MAX_AGE_SECONDS}`,
    ...(lastHash === null ? {} : { ETag: `"${lastHash}"` }),
  };
}

const refusal = (code: string, message: string, more: object = {}) =>
  new GraphQLError(message, { extensions: { code, ...more } });

const tooManyExports = () =>
  refusal('SERVICE_UNAVAILABLE', 'Too many ledgers are read now. Send the request again.', {
    retryAfterSeconds: LEDGER_RETRY_SECONDS,
  });
