/**
 * The operation of an HTTP request: GET parameters or a JSON body, and an id in the path of either.
 *
 * A request that cannot be read is refused by a GraphQL error with a code and a status.
 */
import type { MeasuredRequest } from '../metrics/measured-request.ts';
import { ruleRefusals } from '../operations/choose-document.ts';
import { readClientIdentity } from '../operations/client-identity.ts';
import { type OperationRequest, toOperationRequest, unreadable } from '../operations/operation-request.ts';
import type { ClientIdentity, HitOperation } from '../operations/registered-operation.ts';
import { measurePreparation, type Preparation } from '../serving/prepare-operation.ts';
import type { AskedOperation } from '../serving/request-log.ts';
import type { Serving } from '../serving/serving.ts';
import { crossSiteRefusal } from './cross-site.ts';
import { readGetParameters } from './get-parameters.ts';
import { parseJson } from './parse-json.ts';
import { readJsonBody } from './request-body.ts';
import { decodedPart, pathOf, queryOf } from './url-parts.ts';

/** The unparsed operation of a request: the same URL and body mean the same operation. */
export interface Envelope {
  url: string;
  /** Null for a GET request. */
  body: string | null;
}

/** The operation that one HTTP request carries: read once, decided once, counted once. */
export class IncomingOperation {
  readonly #request: Request;
  readonly #serving: Serving;
  readonly #allowedOrigins: readonly string[];
  readonly #measured: MeasuredRequest;
  #envelope: Promise<Envelope> | undefined;
  #preparation: Promise<Preparation> | undefined;
  #operationId: string | null = null;
  #operationName: string | null = null;
  #client: ClientIdentity | undefined;
  #isUseCounted = false;
  #areRefusalsCounted = false;

  /**
   * @param allowedOrigins origins whose pages may send credentials
   * @param envelope if it is being read already
   */
  constructor(
    request: Request,
    serving: Serving,
    allowedOrigins: readonly string[],
    measured: MeasuredRequest,
    envelope?: Promise<Envelope>,
  ) {
    this.#request = request;
    this.#serving = serving;
    this.#allowedOrigins = allowedOrigins;
    this.#measured = measured;
    this.#envelope = envelope;
  }

  /** Null where the request cannot be read; `preparation` has the reason. */
  async envelope(): Promise<Envelope | null> {
    this.#envelope ??= readEnvelope(this.#request);
    return this.#envelope.catch(() => null);
  }

  /** The operation and its client, as far as the request has been read. */
  asked(): AskedOperation {
    return {
      operationId: this.#operationId,
      operationName: this.#operationName,
      client: this.#client ?? readClientIdentity(this.#request.headers),
    };
  }

  preparation(): Promise<Preparation> {
    this.#preparation ??= this.#prepare();
    return this.#preparation;
  }

  /** The preparation, once its refusals and the use of its operation are counted. */
  async countedPreparation(): Promise<Preparation> {
    const preparation = await this.preparation();
    if (!this.#areRefusalsCounted) this.#serving.countRefusals(preparation);
    if (!this.#isUseCounted) this.#serving.countUse(preparation);
    this.#areRefusalsCounted = true;
    this.#isUseCounted = true;
    return preparation;
  }

  /** Counts the use of an operation that needs no preparation. */
  countUse({ operationId, operationName: name, kind }: HitOperation, client: ClientIdentity): void {
    this.#operationId = operationId;
    this.#measured.operation = { id: operationId, name, kind };
    this.#client = client;
    this.#measured.client = client;
    if (!this.#isUseCounted) this.#serving.usage.used(operationId, client);
    this.#isUseCounted = true;
  }

  /** A hub prepares the operation again, and counts it: whatever else is asked of this one is not counted. */
  leaveCountingToHub(): void {
    this.#isUseCounted = true;
    this.#areRefusalsCounted = true;
  }

  async #prepare(): Promise<Preparation> {
    const client = readClientIdentity(this.#request.headers);
    try {
      this.#envelope ??= readEnvelope(this.#request);
      const sent = readOperationRequest(await this.#envelope, client);
      this.#client = sent.client;
      this.#measured.client = sent.client;
      this.#operationName = sent.operationName ?? null;
      const preparation = await this.#serving.prepare(sent, {
        mayRun: (kind, isPublic) => crossSiteRefusal(this.#request, kind, isPublic, this.#allowedOrigins),
      });
      measurePreparation(this.#measured, preparation);
      if (preparation.ok) {
        const { chosen, operation } = preparation.prepared;
        this.#operationId = chosen.found?.operation.id ?? null;
        this.#operationName = operation.name?.value ?? null;
      }
      return preparation;
    } catch (error) {
      return { ok: false, error, refusals: ruleRefusals(error, { documentId: null, client }) };
    }
  }
}

/** @throws GraphQLError with `extensions.http.status` if the body is too large or its media type is not JSON. */
export async function readEnvelope(request: Request): Promise<Envelope> {
  return { url: request.url, body: request.method === 'GET' ? null : await readJsonBody(request) };
}

/**
 * @param client the client from the headers
 * @throws GraphQLError with `extensions.http.status` if the request is malformed.
 */
function readOperationRequest(envelope: Envelope, client: ClientIdentity): OperationRequest {
  const { url } = envelope;
  const encoded = pathOf(url).match(/^\/graphql\/(.+)$/)?.[1];
  const pathIds = encoded === undefined ? [] : [decodePath(encoded)];
  return envelope.body === null
    ? readGetParameters(new URLSearchParams(queryOf(url)), client, pathIds)
    : toOperationRequest(readProperties(envelope.body), client, pathIds);
}

function decodePath(text: string): string {
  const id = decodedPart(text);
  if (id !== null) return id;
  throw unreadable('The path is not percent-encoded UTF-8.', 400, { argumentPath: ['documentId'] });
}

function readProperties(text: string): unknown {
  if (text.trim() === '') throw unreadable('The request body is empty.', 400);
  const body = parseJson(text, 'The request body is not JSON.', []);
  if (Array.isArray(body))
    throw unreadable('One request carries one operation: batches are not taken.', 400, { rule: 'batch' });
  return body;
}
