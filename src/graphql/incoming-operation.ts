import type { DocumentSources } from '../operations/choose-document.ts';
import { readClientIdentity } from '../operations/client-identity.ts';
import { type Envelope, readEnvelope, readOperationRequest } from '../operations/read-operation-request.ts';
import type { ClientIdentity } from '../operations/registered-operation.ts';
import { countRefusal } from '../operations/usage.ts';
import type { PrepareOperation } from './prepare-operation.ts';
import { type PreparedRequest, prepareRequest } from './prepare-request.ts';

/** What one HTTP request asks to run: read once, decided once, counted once, whoever asks for it how often. */
export class IncomingOperation {
  readonly #request: Request;
  readonly #sources: DocumentSources;
  readonly #prepareOperation: PrepareOperation;
  #envelope: Promise<Envelope> | undefined;
  #prepared: Promise<PreparedRequest> | undefined;
  #isCounted = false;

  constructor(request: Request, sources: DocumentSources, prepareOperation: PrepareOperation) {
    this.#request = request;
    this.#sources = sources;
    this.#prepareOperation = prepareOperation;
  }

  /** Rejects with a GraphQLError where the request cannot be read. */
  envelope(): Promise<Envelope> {
    this.#envelope ??= readEnvelope(this.#request);
    return this.#envelope;
  }

  /** Rejects with a GraphQLError where the request runs nothing. */
  prepare(): Promise<PreparedRequest> {
    this.#prepared ??= this.#prepare();
    return this.#prepared;
  }

  /** Counts that a registered operation is used, where nobody has yet. */
  count(operationId: string, client: ClientIdentity): void {
    if (!this.#isCounted) this.#sources.usage.used(operationId, client);
    this.#isCounted = true;
  }

  async #prepare(): Promise<PreparedRequest> {
    const client = readClientIdentity(this.#request.headers);
    const sent = await this.envelope()
      .then((envelope) => readOperationRequest(envelope, client))
      .catch((error: unknown) => countRefusal(error, this.#sources.usage, { documentId: null, client }));
    const prepared = await prepareRequest(sent, this.#sources, this.#prepareOperation, this.#request);
    const { found } = prepared.chosen;
    if (found !== null) this.count(found.operation.id, sent.client);
    return prepared;
  }
}
