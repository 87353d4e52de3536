/** The words of a plan: what each part promises to the others. */
import type { GraphQLField, GraphQLObjectType, GraphQLResolveInfo, SelectionSetNode } from 'graphql';
import type { Execution, Path, PlannedOperation, Position } from './execution.ts';

/** An operation for one combination of what its conditions' variables say. */
export interface PlanScope extends PlannedOperation {
  /** Variable of `@skip` or `@include` → what it says. */
  readonly conditions: ReadonlyMap<string, boolean>;
  /** Plans the fields that selection sets ask of an object type. */
  planObject(type: GraphQLObjectType, selectionSets: readonly SelectionSetNode[]): ObjectPlan;
}

/** The fields of one object type in one place of an operation. */
export interface ObjectPlan {
  readonly fields: readonly FieldPlan[];
  /** Whether a field is answered under the name `__proto__`, which takes an object without a prototype. */
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
   * The completed value, or a `Pending` that stands for it; throws the located error that nulls the parent.
   *
   * @param parentPath of the object whose field this is; undefined at the root.
   */
  run(execution: Execution, source: unknown, parentPath: Path | undefined): unknown;
}

/**
 * Makes a completed value of what a resolver gave: a value of the response, or a `Pending` that stands for it.
 * Throws what the position it stands at has to take.
 *
 * @param path of the value. Undefined only for leaves and for null, which have nothing below them.
 * @param info of the field, where its resolver had one.
 */
export type Complete = (
  execution: Execution,
  value: unknown,
  path: Path | undefined,
  info: GraphQLResolveInfo | undefined,
) => unknown;
