import type { GatewayContext } from './context.ts';

/** What one HTTP request brings to the GraphQL server. */
export interface RequestServices {
  requestId: string;
  /** Called when an operation is about to run, and only then. */
  createContext(): GatewayContext;
}
