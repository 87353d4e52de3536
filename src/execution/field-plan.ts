/** One field of an object type: its arguments, its resolver, its value. */
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
import { type ArgumentValues, type PlannedArguments, planArguments } from './argument-values.ts';
import { planCompletion } from './complete-value.ts';
import type { Execution, Path } from './execution.ts';
import { Pending, PromisedValue } from './pending.ts';
import type { Complete, FieldPlan, PlanScope } from './plan.ts';
import { isPromiseLike } from './promise-like.ts';
import { resolveInfo } from './resolve-info.ts';

// biome-ignore lint/suspicious/noExplicitAny: graphql-js's own type of a resolver of any field.
type Resolver = GraphQLFieldResolver<any, any>;
/** A property that is a function gets what a resolver gets, but for its owner, which is `this`. */
type Method = (args: ArgumentValues, context: unknown, info: GraphQLResolveInfo) => unknown;

abstract class BaseField implements FieldPlan {
  readonly responseName: string;
  readonly nodes: readonly FieldNode[];
  readonly nullable: boolean;
  readonly definition: GraphQLField<unknown, unknown>;
  readonly parentType: GraphQLObjectType;
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
    this.typename = parentType.name;
    this.arguments = planArguments(definition, place.firstNode);
    this.isLeaf = isLeafType(getNullableType(definition.type));
    this.complete = planCompletion(scope, this, definition.type);
  }

  abstract run(execution: Execution, source: unknown, parentPath: Path | undefined): unknown;

  protected pathBelow(parentPath: Path | undefined): Path {
    return { prev: parentPath, key: this.responseName, typename: this.typename };
  }

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
}

class ResolvedField extends BaseField {
  private readonly resolve: Resolver;

  constructor(scope: PlanScope, place: FieldPlace, resolve: Resolver) {
    super(scope, place);
    this.resolve = resolve;
  }

  run(execution: Execution, source: unknown, parentPath: Path | undefined): unknown {
    return this.resolveWith(this.resolve, execution, source, parentPath);
  }
}

/** A field without a resolver: the property of its name, or what that answers with when called. */
class PropertyField extends BaseField {
  run(execution: Execution, source: unknown, parentPath: Path | undefined): unknown {
    if (execution.fieldResolver !== undefined) {
      return this.resolveWith(execution.fieldResolver, execution, source, parentPath);
    }
    let path: Path | undefined;
    try {
      let args: ArgumentValues | undefined;
      if (this.arguments.mayThrow) args = this.arguments.read(execution);
      if (source === null || (typeof source !== 'object' && typeof source !== 'function')) {
        return this.complete(execution, undefined, undefined, undefined);
      }
      const owner = source as Record<string, unknown>;
      const name = this.definition.name;
      let value = owner[name];
      if (value === null || value === undefined) {
        return this.complete(execution, value, undefined, undefined);
      }
      if (this.isLeaf && typeof value !== 'object' && typeof value !== 'function') {
        const leaf = this.complete(execution, value, undefined, undefined);
        if (!(leaf instanceof Pending)) return leaf;
        path = this.pathBelow(parentPath);
        return leaf.guardedBy(this, path);
      }
      path = this.pathBelow(parentPath);
      let info: GraphQLResolveInfo | undefined;
      if (typeof value === 'function') {
        args ??= this.arguments.read(execution);
        info = resolveInfo(execution, this, path);
        value = (owner as Record<string, Method>)[name]?.(args, execution.contextValue, info);
      }
      return this.completed(execution, value, path, info);
    } catch (error) {
      return execution.fail(error, this, path ?? this.pathBelow(parentPath));
    }
  }
}

/** `__typename`, which nothing can make fail. */
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

/** Undefined where the type has no such field. */
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
