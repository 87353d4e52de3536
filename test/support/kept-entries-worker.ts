/**
 * Fills a memory of an isolate by the code that fills it in production, and with no request for each entry: nothing but
 * the entries takes memory. `/<kind>/<count>?bytes=` answers with what the memory counts for all of them.
 */
import type { StorablePolicy } from '../../src/cache/cache-policy.ts';
import type { CachedAnswers } from '../../src/cache/cached-answers.ts';
import { ResponseCache, type StoredAnswer } from '../../src/cache/response-cache.ts';
import { commonHeaders } from '../../src/http/answer.ts';
import { cachedHeaders } from '../../src/http/cached-answer.ts';
import type { Envelope } from '../../src/http/incoming-operation.ts';
import { MediaTypes } from '../../src/http/media-types.ts';
import { MemoryHits, type RecognisedRequest } from '../../src/http/memory-hits.ts';
import { RepeatedHeaders } from '../../src/http/repeated-headers.ts';
import type { PreparedOperation } from '../../src/serving/prepare-operation.ts';
import { BoundedMemory } from '../../src/storage/bounded-memory.ts';

const CLIENT = { name: 'ios', version: '5.2.0' };
const UNBOUNDED = Number.POSITIVE_INFINITY;
const policy: StorablePolicy = {
  scope: 'public',
  maxAgeSeconds: 60,
  staleWhileRevalidateSeconds: 60,
  staleIfErrorSeconds: 60,
  tags: ['projects', 'prices', 'candles'],
};
const encoder = new TextEncoder();

const answers = new BoundedMemory<StoredAnswer>(UNBOUNDED);
const cache = new ResponseCache({
  kv: {} as KVNamespace,
  schemaHash: 'schema',
  nowMs: Date.now,
  memory: answers,
});
const requests = new BoundedMemory<RecognisedRequest>(UNBOUNDED);
const hitHeaders = new BoundedMemory<never>(UNBOUNDED);
const repeatedHeaders = new BoundedMemory<Headers>(UNBOUNDED);
const headerOptions = { corsOrigins: [], strictTransport: true };
const headersOf = new RepeatedHeaders(repeatedHeaders, headerOptions);
const answerOf = (number: number, bytes: number): StoredAnswer => ({
  body: encoder.encode('x'.repeat(bytes)),
  etag: `"${String(number).padStart(32, '0')}"`,
  executedAtMs: Date.now(),
  generations: [1, 2, 3],
  nextRefreshAtMs: 0,
});
const held = answerOf(0, 100);
const hits = new MemoryHits({
  requests,
  hitHeaders,
  mediaTypes: new MediaTypes(new BoundedMemory(UNBOUNDED)),
  registry: {
    known: () => ({ state: 'live' }),
    find: async () => null,
    findForm: async () => null,
  },
  usage: { used: () => undefined, refused: () => undefined, hit: () => undefined },
  answers: { atOnce: () => held } as Partial<CachedAnswers> as CachedAnswers,
  corsOrigins: [],
  commonHeaders: (request, own) => commonHeaders(request, own, headerOptions),
});

let made = 0;
const variablesOf = (number: number) =>
  JSON.stringify({ after: String(number).padStart(80, '0'), first: 20 });
const ID = `sha256:${'0123456789abcdef'.repeat(4)}`;
const keyOf = (number: number) => ({ text: `${ID}\n${variablesOf(number)}`, policy, operationId: null });
const urlOf = (number: number) =>
  `https://gateway.example/graphql?documentId=${encodeURIComponent(ID)}&variables=${encodeURIComponent(variablesOf(number))}`;

const KINDS: Record<string, { memory: { weight: number }; add(bytes: number): void }> = {
  answers: {
    memory: answers,
    add: (bytes) => void cache.store(keyOf(made), answerOf(made, bytes)),
  },
  recognisedRequests: {
    memory: requests,
    add: () => {
      const prepared = { sent: { release: CLIENT }, chosen: { found: { operation: { id: ID } } } };
      const envelope: Envelope = { url: urlOf(made), body: null };
      hits.remember(
        envelope,
        prepared as Partial<PreparedOperation> as PreparedOperation,
        keyOf(made),
        null,
        'post',
      );
    },
  },
  hitHeaders: {
    memory: hitHeaders,
    add: () => {
      const request = new Request('https://gateway.example/graphql', {
        headers: { Accept: 'application/json' },
      });
      const known = {
        text: urlOf(made),
        key: keyOf(made),
        operationId: ID,
        operationName: 'Named',
        kind: 'query',
        transport: 'get' as const,
        held: undefined,
        releaseClient: CLIENT,
        mediaType: null,
      };
      if (hits.respond(request, known, { countryOf: () => '' }, Date.now()) === null)
        throw new Error('no hit');
    },
  },
  repeatedHeaders: {
    memory: repeatedHeaders,
    add: () => {
      const request = new Request('https://gateway.example/graphql');
      const served = { outcome: 'MISS', reason: 'uri-miss', answer: answerOf(made, 0) } as const;
      const key = { ...keyOf(made), operationId: `${ID}-${made}` };
      const mediaType = 'application/graphql-response+json';
      const nowMs = Date.now();
      const own = cachedHeaders({ request, key, served, mediaType, isNegotiated: true, nowMs });
      headersOf.of(request, own, 'trace');
    },
  },
};

export default {
  fetch(request) {
    const { pathname, searchParams } = new URL(request.url);
    const [, name = '', count] = pathname.split('/');
    const kind = KINDS[name];
    if (kind === undefined) return new Response(null, { status: 404 });
    for (let number = 0; number < Number(count); number += 1) {
      made += 1;
      kind.add(Number(searchParams.get('bytes')));
    }
    return Response.json(kind.memory.weight);
  },
} satisfies ExportedHandler;
