/**
 * The admin endpoint as the CLI sees it, in memory: enough of the rules to tell what a command leaves behind, and
 * a cut at any call to tell what a command that dies there leaves behind.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { type GraphQLSchema, parse, validate } from 'graphql';

export const STUB_KEY = 'an-admin-key-for-tests-of-32-chars';

interface SentOperation {
  id: string;
  document: string;
}

interface StubRelease {
  state: 'published' | 'deprecated' | 'retired';
  sunset: number | null;
  operationIds: string[];
  previous: string[] | null;
}

interface Reply {
  status: number;
  body: unknown;
}

/** Of each document, found out once for all stubs of a run. */
const FAULTS = new Map<string, string | null>();

export class AdminStub {
  readonly operations = new Map<string, string>();
  readonly releases = new Map<string, StubRelease>();
  /** `<method> <path>` of each call that came through. */
  calls: string[] = [];
  /** Ends the connection at this call, counted from 1: before it does its work, or instead of answering. */
  cut: { call: number; when: 'before' | 'after' } | undefined;
  onCall: ((count: number) => void) | undefined;
  /** Answers instead of the rules below. */
  fixed = new Map<string, Reply>();
  readonly #schema: GraphQLSchema;
  readonly #maxCost: number;
  readonly #server = createServer((request, response) => void this.#serve(request, response));

  constructor(schema: GraphQLSchema, maxCost = 1_000) {
    this.#schema = schema;
    this.#maxCost = maxCost;
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((resolve) => this.#server.close(() => resolve()));
  }

  /** What a client can run: stored operations that no release carries are not in it. */
  visible(): Record<string, string[]> {
    return Object.fromEntries([...this.releases].map(([name, { operationIds }]) => [name, operationIds]));
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://stub');
    const body = request.method === 'GET' ? undefined : await json(request);
    this.calls.push(`${request.method} ${url.pathname}`);
    this.onCall?.(this.calls.length);
    const cut = this.cut?.call === this.calls.length ? this.cut.when : undefined;
    if (cut === 'before') return void request.socket.destroy();
    const { status, body: answer } =
      request.headers.authorization === `Bearer ${STUB_KEY}`
        ? this.#answer(`${request.method} ${url.pathname}`, body)
        : refused(401, 'UNAUTHENTICATED');
    if (cut === 'after') return void request.socket.destroy();
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  }

  #answer(call: string, body: unknown): Reply {
    const fixed = this.fixed.get(call);
    if (fixed !== undefined) return fixed;
    if (call === 'POST /admin/operations/check')
      return { status: 200, body: this.#check((body as { operations: SentOperation[] }).operations) };
    if (call === 'PUT /admin/operations')
      return this.#store(body as { operations: SentOperation[]; force: boolean });
    const release = /^PUT \/admin\/releases\/([^/]+)\/([^/]+)$/.exec(call);
    if (release) return this.#publish(`${release[1]} ${release[2]}`, body as PutRelease);
    if (call === 'GET /admin/releases') return { status: 200, body: { releases: this.#list() } };
    const change = /^POST \/admin\/releases\/(deprecate|retire|restore|rollback)$/.exec(call)?.[1];
    if (change) return this.#change(change, body as ChangeReleases);
    return refused(404, 'NOT_FOUND');
  }

  #check(operations: SentOperation[]) {
    const problems = operations.flatMap(({ id, document }) => {
      const fault = this.#faultOf(document);
      if (fault !== null) return [{ id, code: 'DOCUMENT_INVALID', message: fault }];
      const known = this.operations.get(id);
      if (known !== undefined && known !== document)
        return [{ id, code: 'ID_TAKEN', message: 'has another text' }];
      return costOf(document) > this.#maxCost
        ? [{ id, code: 'COST_EXCEEDED', message: 'costs too much' }]
        : [];
    });
    return {
      operations: operations.map(({ id, document }) => ({
        id,
        name: /\w+ (\w+)/.exec(document)?.[1] ?? '',
        kind: 'query',
        cost: costOf(document),
        cachePolicy: {
          maxAgeSeconds: 60,
          staleWhileRevalidateSeconds: 60,
          staleIfErrorSeconds: 300,
          scope: 'public',
          tags: ['prices'],
        },
        scopes: [],
        variableBounds: {},
        known: this.operations.has(id),
      })),
      problems,
    };
  }

  #faultOf(document: string): string | null {
    const fault = FAULTS.has(document)
      ? FAULTS.get(document)
      : validate(this.#schema, parse(document))[0]?.message;
    FAULTS.set(document, fault ?? null);
    return fault ?? null;
  }

  #store({ operations, force }: { operations: SentOperation[]; force: boolean }): Reply {
    const problems = this.#check(operations).problems.filter(
      ({ code }) => !force || code !== 'COST_EXCEEDED',
    );
    const [problem] = problems;
    if (problem) return refused(422, problem.code);
    for (const { id, document } of operations) this.operations.set(id, document);
    return { status: 200, body: { stored: operations.length } };
  }

  #publish(name: string, { operationIds, replace, dryRun }: PutRelease): Reply {
    const release = this.releases.get(name);
    const held = release?.operationIds;
    const { came: added, gone, dropped } = this.#difference(name, operationIds);
    const changed = held === undefined || gone.length + added.length > 0;
    const names = this.#names(gone);
    if (held !== undefined && changed && !replace)
      return refused(409, 'RELEASE_DIFFERS', { added, gone, names });
    const fresh = added.filter(
      (id) => ![...this.releases.values()].some((each) => each.operationIds.includes(id)),
    );
    if (!dryRun) {
      if (operationIds.some((id) => !this.operations.has(id))) return refused(422, 'UNKNOWN_OPERATIONS');
      if (changed)
        this.releases.set(name, {
          ...(release ?? { state: 'published', sunset: null }),
          operationIds,
          previous: held ?? null,
        });
    }
    const unchanged = operationIds.filter((id) => held?.includes(id));
    const state = release?.state ?? 'published';
    const content = { new: fresh, added, unchanged, gone, dropped, names };
    return { status: 200, body: { changed, state, ...content, ...VISIBLE } };
  }

  #difference(name: string, wanted: string[]) {
    const held = this.releases.get(name)?.operationIds ?? [];
    const others = [...this.releases].flatMap(([other, { operationIds }]) =>
      other === name ? [] : operationIds,
    );
    const gone = held.filter((id) => !wanted.includes(id));
    return {
      came: wanted.filter((id) => !held.includes(id)),
      gone,
      dropped: gone.filter((id) => !others.includes(id)),
    };
  }

  #names(ids: string[]) {
    return ids.map((id) => ({ id, name: /\w+ (\w+)/.exec(this.operations.get(id) ?? '')?.[1] ?? id }));
  }

  #list() {
    return [...this.releases].map(([name, { state, sunset, operationIds }]) => ({
      ...named(name),
      state,
      deprecatedAt: null,
      sunset,
      publishedAt: PUBLISHED_AT,
      operations: operationIds.length,
      lastUsedAt: null,
      lastChange: { kind: 'publish', changedAt: PUBLISHED_AT, keyName: 'ci' },
    }));
  }

  #change(what: string, { client, versions, version, sunset }: ChangeReleases): Reply {
    const names = (versions ?? [version]).map((each) => `${client} ${each}`);
    const changed: string[] = [];
    let rolledBack = {};
    for (const name of names) {
      const release = this.releases.get(name);
      if (release === undefined) return refused(422, 'UNKNOWN_RELEASES');
      if (what === 'rollback') {
        if (release.previous === null) return refused(409, 'NO_PREVIOUS_PUBLISH');
        rolledBack = { publishedAt: PUBLISHED_AT, ...this.#difference(name, release.previous) };
        this.releases.set(name, { ...release, operationIds: release.previous, previous: null });
      } else if (what === 'restore') {
        if (release.state === 'published') continue;
        release.state = 'published';
        release.sunset = null;
      } else if (release.state === 'retired') continue;
      else if (what === 'retire') release.state = 'retired';
      else {
        release.state = 'deprecated';
        release.sunset = Date.parse(sunset ?? '') / 1000;
      }
      changed.push(name);
    }
    const releases = changed.map((name) => ({ ...named(name), state: this.releases.get(name)?.state }));
    const operations = { live: [], retired: [], deprecated: [], dropped: [] };
    const body = {
      releases,
      operations,
      names: this.#names([...this.operations.keys()]),
      ...rolledBack,
      ...VISIBLE,
    };
    return { status: 200, body: what === 'retire' ? { ...body, usesUnknownSince: PUBLISHED_AT } : body };
  }
}

interface PutRelease {
  operationIds: string[];
  replace?: boolean;
  dryRun?: boolean;
}

interface ChangeReleases {
  client: string;
  versions?: string[];
  version?: string;
  sunset?: string;
}

const PUBLISHED_AT = 1_795_000_000;
const VISIBLE = { visibleEverywhereAt: '2026-11-22T16:20:00Z' };

function named(name: string) {
  const [client, version] = name.split(' ');
  return { client, version };
}

/** The longer, the dearer. */
const costOf = (document: string) => document.length;

export const refused = (status: number, code: string, extensions: object = {}): Reply => ({
  status,
  body: { errors: [{ message: `refused: ${code}`, extensions: { code, ...extensions } }] },
});
