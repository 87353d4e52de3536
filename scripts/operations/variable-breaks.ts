/**
 * Finds variables whose values the new schema refuses. Validation sees a variable's type and its default. The values
 * come with requests, from an app that knows the old enums and input objects.
 */
import {
  type DocumentNode,
  type GraphQLInputType,
  type GraphQLNamedInputType,
  type GraphQLSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isInputType,
  isListType,
  isNonNullType,
  isRequiredInputField,
  Kind,
  typeFromAST,
} from 'graphql';

/** Returns one sentence a break. Validation reports the types that are gone. */
export function variableBreaks(
  document: DocumentNode,
  oldSchema: GraphQLSchema,
  newSchema: GraphQLSchema,
): string[] {
  return document.definitions.flatMap((definition) => {
    if (definition.kind !== Kind.OPERATION_DEFINITION) return [];
    return (definition.variableDefinitions ?? []).flatMap(({ variable, type }) => {
      const oldType = typeFromAST(oldSchema, type);
      if (!isInputType(oldType)) return [];
      const seen = new Set<string>();
      const reasons = namedTypeBreaks(getNamedType(oldType), newSchema, seen);
      return reasons.map((reason) => `$${variable.name.value}: ${reason}`);
    });
  });
}

/** @param seen names of types; input objects may contain themselves. */
function namedTypeBreaks(
  oldType: GraphQLNamedInputType,
  newSchema: GraphQLSchema,
  seen: Set<string>,
): string[] {
  if (seen.has(oldType.name)) return [];
  seen.add(oldType.name);
  const newType = newSchema.getType(oldType.name);
  if (newType === undefined) return [];
  if (isEnumType(oldType)) {
    if (!isEnumType(newType)) return [`${oldType.name} is no enum any more`];
    const gone = oldType.getValues().filter(({ name }) => newType.getValue(name) == null);
    return gone.map(({ name }) => `${oldType.name}.${name} is gone, and the app may send it`);
  }
  if (!isInputObjectType(oldType)) return [];
  if (!isInputObjectType(newType)) return [`${oldType.name} is no input object any more`];
  const newFields = newType.getFields();
  const oldFields = oldType.getFields();
  const changed = Object.values(oldFields).flatMap(({ name, type }) => {
    const newField = newFields[name];
    if (newField === undefined) return [`${oldType.name}.${name} is gone, and the app may send it`];
    const why = inputMisfit(type, newField.type, isRequiredInputField(newField));
    const nested = namedTypeBreaks(getNamedType(type), newSchema, seen);
    return why === undefined
      ? nested
      : [`${oldType.name}.${name} was ${type} and becomes ${newField.type}: ${why}`, ...nested];
  });
  const required = Object.values(newFields)
    .filter((field) => oldFields[field.name] === undefined && isRequiredInputField(field))
    .map(({ name }) => `${oldType.name}.${name} is required, and the app does not send it`);
  const oneOf =
    newType.isOneOf && !oldType.isOneOf
      ? [`${oldType.name} takes one field only, and the app may send more`]
      : [];
  return [...changed, ...required, ...oneOf];
}

/** The reason why a value of the old type may be refused as the new type; undefined where it never is. */
function inputMisfit(
  oldType: GraphQLInputType,
  newType: GraphQLInputType,
  required: boolean,
): string | undefined {
  if (isNonNullType(newType) && !isNonNullType(oldType))
    return required ? 'the app may leave it out' : 'the app may send null';
  const oldNullable = isNonNullType(oldType) ? oldType.ofType : oldType;
  const newNullable = isNonNullType(newType) ? newType.ofType : newType;
  if (isListType(oldNullable) && isListType(newNullable))
    return inputMisfit(oldNullable.ofType, newNullable.ofType, false);
  if (isListType(oldNullable)) return 'the app sends a list';
  // GraphQL coerces one item to a list of one.
  if (isListType(newNullable)) return inputMisfit(oldNullable, newNullable.ofType, false);
  const [oldName, newName] = [getNamedType(oldType).name, getNamedType(newType).name];
  // Every Int is a Float, and either is an ID: https://spec.graphql.org/draft/#sec-Scalars
  const widened =
    (oldName === 'Int' && newName === 'Float') || (newName === 'ID' && ['Int', 'String'].includes(oldName));
  return oldName === newName || widened ? undefined : `the app sends ${oldName}`;
}
