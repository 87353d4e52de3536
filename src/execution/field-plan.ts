import {
  defaultFieldResolver,
  type FieldNode,
  type GraphQLField,
  type GraphQLFieldResolver,
  type GraphQLObjectType,
  type GraphQLResolveInfo,
  getNullableType,
  isLeafType,
  isNonNullType,
} from 'graphql';
import { type PlannedArguments, planArguments } from './argument-values.ts';
import { planCompletion } from './complete-value.ts';
import type { Execution, Path } from './execution.ts';
import { parametersSeen } from './parameters-seen.ts';
import { Pending } from './pending.ts';
import type { Complete, FieldPlan, PlanScope } from './plan.ts';
import { isPromiseLike } from './promise-like.ts';
import { PromisedValue } from './promised-value.ts';
import { resolveInfo } from './resolve-info.ts';

// biome-ignore lint/suspicious/noExplicitAny: graphql-js's own type of a resolver of any field.
type Resolver = GraphQLFieldResolver<any, any>;
/** A property that is a function is called like a resolver, with its owner as `this` instead of `source`. */
type Methods = Record<string, (args: unknown, context: unknown, info: GraphQLResolveInfo) => unknown>;
/** A resolver that cannot see the arguments that are left out. */
type PartialResolver = (source: unknown, args?: unknown, context?: unknown) => unknown;

const SEEN_WITHOUT_INFO = 3;

abstract class BaseField implements FieldPlan {
  readonly responseName: string;
  readonly nodes: readonly FieldNode[];
  readonly nullable: boolean;
  readonly definition: GraphQLField<unknown, unknown>;
  readonly parentType: GraphQLObjectType;
  protected readonly fieldName: string;
  protected readonly typename: string;
  protected readonly arguments: PlannedArguments;
  protected readonly isLeaf: boolean;
  protected readonly complete: Complete;

  constructor(scope: PlanScope, place: FieldPlace) {
    const { responseName, nodes, definition, parentType } = place;
    this.responseName = responseName;
    this.nodes = nodes;
    this.nullable = !isNonNullType(definition.type);
    this.definition = definition;
    this.parentType = parentType;
    this.fieldName = definition.name;
    this.typename = parentType.name;
    this.arguments = planArguments(definition, place.firstNode);
    this.isLeaf = isLeafType(getNullableType(definition.type));
    this.complete = planCompletion(scope, this, definition.type);
  }

  abstract run(execution: Execution, source: unknown, parentPath: Path | undefined): unknown;

  protected pathBelow(parentPath: Path | undefined): Path {
    return { prev: parentPath, key: this.responseName, typename: this.typename };
  }

  /** Calls a resolver that may read all its parameters. */
  protected resolveWith(
    resolve: Resolver,
    execution: Execution,
    source: unknown,
    parentPath: Path | undefined,
  ): unknown {
    const path = this.pathBelow(parentPath);
    try {
      const args = this.arguments.read(execution);
      const info = resolveInfo(execution, this, path);
      const value: unknown = resolve(source, args, execution.contextValue, info);
      return this.completed(execution, value, path, info);
    } catch (error) {
      return execution.fail(error, this, path);
    }
  }

  protected completed(
    execution: Execution,
    value: unknown,
    path: Path,
    info: GraphQLResolveInfo | undefined,
  ): unknown {
    if (isPromiseLike(value)) return new PromisedValue(execution, value, this, this.complete, path, info);
    const completed = this.complete(execution, value, path, info);
    return completed instanceof Pending ? completed.guardedBy(this, path) : completed;
  }

  /** @param path undefined for a leaf, which needs it only for an error or a promise */
  protected completedWithoutInfo(
    execution: Execution,
    value: unknown,
    path: Path | undefined,
    parentPath: Path | undefined,
  ): unknown {
    if (path !== undefined || (typeof value === 'object' && value !== null) || typeof value === 'function') {
      return this.completed(execution, value, path ?? this.pathBelow(parentPath), undefined);
    }
    const completed = this.complete(execution, value, undefined, undefined);
    return completed instanceof Pending ? completed.guardedBy(this, this.pathBelow(parentPath)) : completed;
  }
}

class ResolvedField extends BaseField {
  private readonly resolve: Resolver;
  private readonly parametersSeen: number;

  constructor(scope: PlanScope, place: FieldPlace, resolve: Resolver) {
    super(scope, place);
    this.resolve = resolve;
    this.parametersSeen = parametersSeen(resolve);
  }

  run(execution: Execution, source: unknown, parentPath: Path | undefined): unknown {
    if (this.parametersSeen > SEEN_WITHOUT_INFO) {
      return this.resolveWith(this.resolve, execution, source, parentPath);
    }
    const path = this.isLeaf ? undefined : this.pathBelow(parentPath);
    try {
      const resolve = this.resolve as PartialResolver;
      const value =
        this.parametersSeen > 1 || this.arguments.mayThrow
          ? resolve(source, this.arguments.read(execution), execution.contextValue)
          : resolve(source);
      return this.completedWithoutInfo(execution, value, path, parentPath);
    } catch (error) {
      return execution.fail(error, this, path ?? this.pathBelow(parentPath));
    }
  }
}

/** A field without a resolver: the property of its name, which is called if it is a function. */
class PropertyField extends BaseField {
  run(execution: Execution, source: unknown, parentPath: Path | undefined): unknown {
    if (execution.fieldResolver !== undefined) {
      return this.resolveWith(execution.fieldResolver, execution, source, parentPath);
    }
    let path = this.isLeaf ? undefined : this.pathBelow(parentPath);
    try {
      const args = this.arguments.mayThrow ? this.arguments.read(execution) : undefined;
      if (source === null || (typeof source !== 'object' && typeof source !== 'function')) {
        return this.completedWithoutInfo(execution, undefined, path, parentPath);
      }
      const value = (source as Record<string, unknown>)[this.fieldName];
      if (typeof value !== 'function') return this.completedWithoutInfo(execution, value, path, parentPath);
      path ??= this.pathBelow(parentPath);
      const info = resolveInfo(execution, this, path);
      // As in graphql-js, the property is read again and called as a method of its owner.
      const answered = (source as Methods)[this.fieldName]?.(
        args ?? this.arguments.read(execution),
        execution.contextValue,
        info,
      );
      return this.completed(execution, answered, path, info);
    } catch (error) {
      return execution.fail(error, this, path ?? this.pathBelow(parentPath));
    }
  }
}

/** `__typename`, which cannot fail. */
class TypeNameField extends BaseField {
  run(): unknown {
    return this.typename;
  }
}

interface FieldPlace {
  readonly responseName: string;
  readonly nodes: readonly FieldNode[];
  readonly firstNode: FieldNode;
  readonly definition: GraphQLField<unknown, unknown>;
  readonly parentType: GraphQLObjectType;
}

/** Undefined if the type does not have the field. */
export function planField(
  scope: PlanScope,
  parentType: GraphQLObjectType,
  responseName: string,
  nodes: readonly FieldNode[],
): FieldPlan | undefined {
  const [firstNode] = nodes;
  if (firstNode === undefined) return undefined;
  const name = firstNode.name.value;
  const definition = scope.schema.getField(parentType, name);
  if (definition === undefined) return undefined;
  const place = { responseName, nodes, firstNode, definition, parentType };
  if (name === '__typename') return new TypeNameField(scope, place);
  const { resolve } = definition;
  return resolve === undefined || resolve === null || resolve === defaultFieldResolver
    ? new PropertyField(scope, place)
    : new ResolvedField(scope, place, resolve);
}
