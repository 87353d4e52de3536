import type { DocumentNode, GraphQLSchema } from 'graphql';

/** One kind of answer, and everything that executors need to give it. */
export interface Shape {
  readonly name: string;
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly variableValues: Readonly<Record<string, unknown>>;
  readonly rootValue: unknown;
  /** Anew for every execution: loaders remember what they have loaded. */
  createContext(): unknown;
  /** The same data by code that knows the document: what an executor cannot beat. */
  handWritten(context: unknown): unknown;
}
