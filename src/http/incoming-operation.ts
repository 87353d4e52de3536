import { ruleRefusals } from '../operations/choose-document.ts';
import { readClientIdentity } from '../operations/client-identity.ts';
import { type Envelope, readEnvelope, readOperationRequest } from '../operations/read-operation-request.ts';
import type { ClientIdentity } from '../operations/registered-operation.ts';
import type { Preparation } from '../serving/prepare-operation.ts';
import type { Serving } from '../serving/serving.ts';

/** The operation that one HTTP request carries: read once, decided once, counted once. */
export class IncomingOperation {
  readonly #request: Request;
  readonly #serving: Serving;
  #envelope: Promise<Envelope> | undefined;
  #preparation: Promise<Preparation> | undefined;
  #isUseCounted = false;
  #areRefusalsCounted = false;

  constructor(request: Request, serving: Serving) {
    this.#request = request;
    this.#serving = serving;
  }

  /** Null where the request cannot be read; `preparation` has the reason. */
  async envelope(): Promise<Envelope | null> {
    this.#envelope ??= readEnvelope(this.#request);
    return this.#envelope.catch(() => null);
  }

  preparation(): Promise<Preparation> {
    this.#preparation ??= this.#prepare();
    return this.#preparation;
  }

  countUse(operationId: string, client: ClientIdentity): void {
    if (!this.#isUseCounted) this.#serving.usage.used(operationId, client);
    this.#isUseCounted = true;
  }

  /** Counts the use of the operation and its refusals. Not called where a hub prepares and counts it again. */
  count(preparation: Preparation): void {
    const found = preparation.ok ? preparation.prepared.chosen.found : null;
    if (preparation.ok && found !== null) this.countUse(found.operation.id, preparation.prepared.sent.client);
    if (!this.#areRefusalsCounted) this.#serving.countRefusals(preparation);
    this.#areRefusalsCounted = true;
  }

  async #prepare(): Promise<Preparation> {
    const client = readClientIdentity(this.#request.headers);
    try {
      this.#envelope ??= readEnvelope(this.#request);
      const sent = readOperationRequest(await this.#envelope, client);
      return await this.#serving.prepare(sent, this.#request);
    } catch (error) {
      return { ok: false, error, refusals: ruleRefusals(error, { documentId: null, client }) };
    }
  }
}
