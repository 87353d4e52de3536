/**
 * Finds nullable variables that stand where the old schema takes null and the new one does not: it refuses a null that
 * the app sends. Validation lets them stand there if the place or the variable has a default:
 * https://spec.graphql.org/draft/#sec-All-Variable-Usages-Are-Allowed
 */
import {
  type DocumentNode,
  type GraphQLInputType,
  type GraphQLSchema,
  isNonNullType,
  Kind,
  TypeInfo,
  type VariableNode,
  visit,
  visitWithTypeInfo,
} from 'graphql';

interface Place {
  type: GraphQLInputType;
  /** `Project.price(currency:)` or `@include(if:)`; the argument also of what stands within its value. */
  name: string;
}

/** Returns one sentence a variable and place. */
export function nullBreaks(
  document: DocumentNode,
  oldSchema: GraphQLSchema,
  newSchema: GraphQLSchema,
): string[] {
  const nullable = nullableVariables(document);
  const newPlaces = placesOfVariables(document, newSchema);
  return [...placesOfVariables(document, oldSchema)].flatMap(([node, { type: oldType, name }]) => {
    const newType = newPlaces.get(node)?.type;
    const takesNoNull = newType !== undefined && isNonNullType(newType) && !isNonNullType(oldType);
    if (!takesNoNull || !nullable.has(node.name.value)) return [];
    return [`$${node.name.value}: ${name} was ${oldType} and becomes ${newType}: the app may send null`];
  });
}

function nullableVariables(document: DocumentNode): Set<string> {
  const names = new Set<string>();
  visit(document, {
    VariableDefinition: ({ variable, type }) => {
      if (type.kind !== Kind.NON_NULL_TYPE) names.add(variable.name.value);
      return false;
    },
  });
  return names;
}

function placesOfVariables(document: DocumentNode, schema: GraphQLSchema): Map<VariableNode, Place> {
  const places = new Map<VariableNode, Place>();
  const typeInfo = new TypeInfo(schema);
  const remember = (node: VariableNode) => {
    const [type, argument, directive] = [
      typeInfo.getInputType(),
      typeInfo.getArgument(),
      typeInfo.getDirective(),
    ];
    if (!type || !argument) return;
    const owner = directive
      ? `@${directive.name}`
      : `${typeInfo.getParentType()?.name}.${typeInfo.getFieldDef()?.name}`;
    places.set(node, { type, name: `${owner}(${argument.name}:)` });
  };
  visit(
    document,
    visitWithTypeInfo(typeInfo, {
      VariableDefinition: { enter: () => false },
      Variable: { enter: remember },
    }),
  );
  return places;
}
