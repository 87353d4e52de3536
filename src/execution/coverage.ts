/**
 * Decides from the document and the schema whether a plan can execute an operation.
 *
 * Not covered: introspection (clients seldom repeat it), incremental delivery, fragment arguments, disabled error
 * propagation, and documents with invalid conditions or invalid types of variables. graphql-js executes those.
 */
import {
  type DefinitionNode,
  type DirectiveNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLSchema,
  isInputType,
  Kind,
  type OperationDefinitionNode,
  typeFromAST,
  visit,
} from 'graphql';

const UNCOVERED_DIRECTIVES = new Set(['defer', 'stream', 'experimental_disableErrorPropagation']);

/** The variables in conditions; null if a plan does not cover the operation. */
export function conditionVariables(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): readonly string[] | null {
  if (schema.getRootType(operation.operation) == null) return null;
  if (schema.getDirective('defer') !== undefined || schema.getDirective('stream') !== undefined) return null;
  // This includes unused fragments: graphql-js reads the variables of all fragments first.
  if (document.definitions.some(declaresFragmentVariables)) return null;
  for (const { type } of operation.variableDefinitions ?? []) {
    if (!isInputType(typeFromAST(schema, type))) return null;
  }

  const variables = new Set<string>();
  let covered = true;
  const refuse = () => {
    covered = false;
  };
  visit(
    { ...document, definitions: [operation, ...reachableFragments(document, operation)] },
    {
      Field({ name }) {
        if (name.value === '__schema' || name.value === '__type') refuse();
      },
      Directive(directive) {
        const name = directive.name.value;
        if (UNCOVERED_DIRECTIVES.has(name)) refuse();
        if (name !== 'skip' && name !== 'include') return;
        const variable = conditionVariable(directive);
        if (variable === null) refuse();
        else if (variable !== undefined) variables.add(variable);
      },
      FragmentSpread: (node) => {
        if (node.arguments !== undefined && node.arguments.length > 0) refuse();
      },
    },
  );
  return covered ? [...variables] : null;
}

const declaresFragmentVariables = (definition: DefinitionNode) =>
  definition.kind === Kind.FRAGMENT_DEFINITION && definition.variableDefinitions !== undefined;

/** Fragments of other operations are ignored: their conditions use other variables. */
function reachableFragments(
  { definitions }: DocumentNode,
  operation: OperationDefinitionNode,
): ReadonlySet<FragmentDefinitionNode> {
  const reached = new Set<FragmentDefinitionNode>();
  const follow = (definition: OperationDefinitionNode | FragmentDefinitionNode): void => {
    visit(definition, {
      FragmentSpread({ name }) {
        for (const fragment of definitions) {
          if (fragment.kind !== Kind.FRAGMENT_DEFINITION || fragment.name.value !== name.value) continue;
          if (reached.has(fragment)) continue;
          reached.add(fragment);
          follow(fragment);
        }
      },
    });
  };
  follow(operation);
  return reached;
}

/** The variable of the condition; undefined for a literal, null if the condition is invalid. */
function conditionVariable({ arguments: args = [] }: DirectiveNode): string | undefined | null {
  const [condition] = args;
  if (condition === undefined || args.length > 1 || condition.name.value !== 'if') return null;
  if (condition.value.kind === Kind.BOOLEAN) return undefined;
  return condition.value.kind === Kind.VARIABLE ? condition.value.name.value : null;
}
