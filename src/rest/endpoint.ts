/** One route of `/api`: a persisted operation, the variables that it gets, and the answer that is made of its data. */
import type * as z from 'zod';
import type { ParameterSchemas } from './parameter-places.ts';
import type { RestRefusal } from './rest-refusal.ts';

export type ParametersOf<Schemas extends ParameterSchemas> = {
  [Place in keyof Schemas]: z.output<NonNullable<Schemas[Place]>>;
};

/** An answer whose status is not 200. */
export class Reply {
  readonly status: 201 | 204;
  readonly body: object | null;

  private constructor(status: Reply['status'], body: Reply['body']) {
    this.status = status;
    this.body = body;
  }

  static created(body: object): Reply {
    return new Reply(201, body);
  }

  static readonly NO_CONTENT = new Reply(204, null);
}

export interface Asked<Parameters> {
  parameters: Parameters;
  /** When the operation was executed: a cached answer is older than its request. */
  executedAtMs: number;
  /** True if a part of the data failed: what is null may be there. */
  isPartial: boolean;
}

interface EndpointOf<Data, Variables, Schemas extends ParameterSchemas, Body extends object> {
  method: 'GET' | 'POST' | 'PUT';
  /** A segment that begins with `:` is a parameter of the path. */
  path: `/api/${string}`;
  /** The name of the operation. */
  operation: string;
  /** One sentence for the description of the API. */
  summary: string;
  /** Called once, by the first request: the schemas of all endpoints would cost the start of each isolate. */
  parameters(): Schemas;
  variables(parameters: ParametersOf<Schemas>): Variables;
  /** Pure. Null if there is nothing of the kind: the answer is 404 then. */
  answer(data: Data, asked: Asked<ParametersOf<Schemas>>): Body | Reply | RestRefusal | null;
}

/** An endpoint whose types are checked already. */
export interface Endpoint
  extends Omit<
    EndpointOf<unknown, Record<string, unknown>, ParameterSchemas, object>,
    'parameters' | 'variables' | 'answer'
  > {
  parameters: ParameterSchemas;
  variables(parameters: Record<string, unknown>): Record<string, unknown>;
  answer(data: unknown, asked: Asked<unknown>): object | null;
}

/**
 * `endpoint<Data, Variables, Body>()({ … })`: the first two are the operation's types, as `codegen.ts` writes them; the
 * third is the answer's.
 */
export const endpoint =
  <Data, Variables, Body extends object>() =>
  <Schemas extends ParameterSchemas>(made: EndpointOf<Data, Variables, Schemas, Body>): Endpoint => {
    let parameters: Schemas | undefined;
    const lazy = {
      ...made,
      get parameters() {
        parameters ??= made.parameters();
        return parameters;
      },
    };
    return lazy as unknown as Endpoint;
  };

/** True if only a signed-in user may call it. */
export const isProtected = ({ path }: { path: string }): boolean => path.startsWith('/api/protected/');
