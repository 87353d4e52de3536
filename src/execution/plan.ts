import type { GraphQLField, GraphQLObjectType, GraphQLResolveInfo, SelectionSetNode } from 'graphql';
import type { Execution, Path, PlannedOperation, Position } from './execution.ts';

/** An operation for one combination of values of its conditions' variables. */
export interface PlanScope extends PlannedOperation {
  /** Variable of `@skip` or `@include` → its value. */
  readonly conditions: ReadonlyMap<string, boolean>;
  planObject(type: GraphQLObjectType, selectionSets: readonly SelectionSetNode[]): ObjectPlan;
}

/** The fields of one object type in one place of an operation. */
export interface ObjectPlan {
  readonly fields: readonly FieldPlan[];
  /** True if a field's response name is `__proto__`. */
  readonly hasPrototypeName: boolean;
}

/** A field of one object type in one place of an operation. */
export interface PlannedField extends Position {
  readonly responseName: string;
  readonly definition: GraphQLField<unknown, unknown>;
  readonly parentType: GraphQLObjectType;
}

export interface FieldPlan extends PlannedField {
  /**
   * @param parentPath the path of the object; undefined at the root.
   * @returns the completed value or a `Pending`.
   * @throws the located error that nulls the parent.
   */
  run(execution: Execution, source: unknown, parentPath: Path | undefined): unknown;
}

/**
 * Completes the value of a resolver.
 *
 * @param path the path of the value; may be undefined for leaves and null, which have nothing below them.
 * @param info the field's, if its resolver had one.
 * @returns a value of the response or a `Pending`.
 * @throws an error for the position of the value to handle.
 */
export type Complete = (
  execution: Execution,
  value: unknown,
  path: Path | undefined,
  info: GraphQLResolveInfo | undefined,
) => unknown;
