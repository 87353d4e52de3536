/** One request to an endpoint: its parameters are read once, and its operation is prepared and counted once. */
import type { MeasuredOperation } from '../metrics/measured-request.ts';
import { ruleRefusals } from '../operations/choose-document.ts';
import { clientOf } from '../operations/client-identity.ts';
import type { ClientIdentity, RegisteredOperation } from '../operations/registered-operation.ts';
import type { Preparation } from '../serving/prepare-operation.ts';
import type { AskedOperation } from '../serving/request-log.ts';
import type { Serving } from '../serving/serving.ts';
import type { Endpoint } from './endpoint.ts';
import { readParameters } from './read-request.ts';

export interface Call {
  request: Request;
  endpoint: Endpoint;
  /** The parameters of the path, decoded. */
  path: Readonly<Record<string, string>>;
  operation: RegisteredOperation;
  /** The release of the operation. */
  release: ClientIdentity;
}

export class IncomingCall {
  readonly call: Call;
  readonly client: ClientIdentity;
  readonly #serving: Serving;
  #parameters: Promise<Record<string, unknown>> | undefined;
  #preparation: Promise<Preparation> | undefined;
  #isCounted = false;

  constructor(call: Call, serving: Serving) {
    this.call = call;
    this.client = clientOf(call.request.headers, call.release);
    this.#serving = serving;
  }

  /** Rejects with a RestRefusal, or with a GraphQLError that has a status. */
  parameters(): Promise<Record<string, unknown>> {
    const { request, endpoint, path } = this.call;
    this.#parameters ??= readParameters(request, endpoint, path);
    return this.#parameters;
  }

  preparation(): Promise<Preparation> {
    this.#preparation ??= this.#prepare();
    return this.#preparation;
  }

  async countedPreparation(): Promise<Preparation> {
    const preparation = await this.preparation();
    if (!this.#isCounted) {
      this.#serving.countRefusals(preparation);
      this.#serving.countUse(preparation);
    }
    this.#isCounted = true;
    return preparation;
  }

  /** Counts the use of an operation that needs no preparation. */
  countUse(): void {
    if (!this.#isCounted) this.#serving.usage.used(this.call.operation.id, this.client);
    this.#isCounted = true;
  }

  /** The operation for metrics. */
  get measured(): MeasuredOperation {
    const { id, name, kind } = this.call.operation;
    return { id, name, kind };
  }

  asked(): AskedOperation {
    const { id, name } = this.call.operation;
    return { operationId: id, operationName: name, client: this.client };
  }

  async #prepare(): Promise<Preparation> {
    const { endpoint, operation, release } = this.call;
    const { client } = this;
    let parameters: Record<string, unknown>;
    try {
      parameters = await this.parameters();
    } catch (error) {
      return { ok: false, error, refusals: ruleRefusals(error, { documentId: operation.id, client }) };
    }
    const variables = endpoint.variables(parameters);
    return this.#serving.prepare({
      documentIds: [operation.id],
      document: undefined,
      operationName: undefined,
      variables,
      extensions: undefined,
      client,
      release,
    });
  }
}
