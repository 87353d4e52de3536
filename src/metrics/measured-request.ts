/** The facts of one request, which are filled in on its way and recorded when it ends. */
import { type CallCounts, noCalls } from '../observability/call-counts.ts';
import {
  type CacheResult,
  type RequestOutcome,
  type Transport,
  UNREGISTERED,
} from '../observability/request-metrics.ts';

/** As the client names itself. */
export interface NamedClient {
  name: string | null;
  version: string | null;
}

export interface MeasuredOperation {
  /** Null if it is not registered. */
  id: string | null;
  name: string;
  kind: string;
}

/** An error as the client sees it. */
interface ShownError {
  extensions?: Readonly<Record<string, unknown>> | undefined;
}

/** The end of a request. */
export interface RequestEnd {
  status: number;
  /** The length of the body. */
  bytes: number;
  endedAtMs: number;
  /** Left out if all the time since its beginning counts. */
  durationMs?: number;
  cache: CacheResult;
  calls?: Readonly<CallCounts>;
}

export interface EndedRequest extends Omit<RequestEnd, 'endedAtMs'> {
  outcome: RequestOutcome;
  /** True if the error is the gateway's or upstream's. */
  isFault: boolean;
  /** The code of the first error; empty if there is none. */
  errorCode: string;
  errors: number;
  calls: Readonly<CallCounts>;
  durationMs: number;
}

export class MeasuredRequest {
  readonly startedAtMs: number;
  readonly country: string;
  transport: Transport;
  /** Null while it is not read: each header that is read leaves JavaScript. */
  client: NamedClient | null = null;
  /** The path pattern of a route; empty where an operation is asked for. */
  route = '';
  operation: MeasuredOperation = { id: null, name: '', kind: '' };
  /** The length of the answer's body, if its route knows better than the headers. */
  bytes: number | null = null;
  #errors = 0;
  #errorCode = '';
  #hasData = true;
  #isFault = false;
  #isCallers = false;

  constructor(startedAtMs: number, transport: Transport, country = '') {
    this.startedAtMs = startedAtMs;
    this.transport = transport;
    this.country = country;
  }

  get operationId(): string {
    return this.operation.id ?? UNREGISTERED;
  }

  /** @param hasData true if the answer has data beside the errors. */
  readonly failed = (errors: readonly ShownError[], hasData: boolean): void => {
    this.#errors += errors.length;
    this.#hasData &&= hasData;
    if (this.#errorCode === '') this.#errorCode = codeOf(errors[0]);
  };

  /** @param code of the one error in place of an answer */
  refused(code: string): void {
    this.#hasData = false;
    if (this.#errorCode === '') this.#errorCode = code;
  }

  /** An error that is not the caller's. */
  fault(): void {
    this.#isFault = true;
  }

  /** An error that is the caller's, whatever its status. */
  ofCaller(): void {
    this.#isCallers = true;
  }

  /** The recorded facts. An answer from the cache has no errors: those of a refresh beside it are not the request's. */
  ended(end: RequestEnd): EndedRequest {
    const { status, bytes, cache, calls = noCalls() } = end;
    const durationMs = end.durationMs ?? Math.max(0, end.endedAtMs - this.startedAtMs);
    const isRefused = status >= 400;
    const isWhole = this.#errors === 0 && this.#hasData;
    if (!isRefused && (cache !== 'bypass' || isWhole))
      return {
        status,
        bytes,
        cache,
        calls,
        durationMs,
        outcome: 'ok',
        isFault: false,
        errorCode: '',
        errors: 0,
      };
    const errorCode = this.#errorCode || `HTTP_${status}`;
    const isUnavailable = status >= 500 || errorCode === 'SERVICE_UNAVAILABLE';
    const isFault = this.#isFault || (isUnavailable && !this.#isCallers);
    const failed = isFault ? 'error' : 'refused';
    const outcome = !isRefused && this.#hasData ? 'partial' : failed;
    const errors = Math.max(1, this.#errors);
    return { status, bytes, cache, calls, durationMs, outcome, isFault, errorCode, errors };
  }
}

function codeOf(error: ShownError | undefined): string {
  const code = error?.extensions?.code;
  return typeof code === 'string' ? code : '';
}
