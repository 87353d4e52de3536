import type { GatewayContext } from './context.ts';
import type { PreparedRequest } from './prepare-request.ts';

/** What one HTTP request brings to the GraphQL server. */
export interface RequestServices {
  requestId: string;
  /** Reads the request and decides what it runs, the first time it is called; rejects with the reason why nothing. */
  prepare(): Promise<PreparedRequest>;
  /** Called when an operation is about to run, and only then. */
  createContext(): Promise<GatewayContext>;
}
