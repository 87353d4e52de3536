/** Finds selected fields whose answers no longer match the types that were generated for the app. */
import {
  type DocumentNode,
  type FieldNode,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isListType,
  isNonNullType,
  isObjectType,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';

interface SelectedField {
  coordinate: string;
  type: GraphQLOutputType;
}

/** Returns one sentence a field. Validation reports the fields that are gone. */
export function answerBreaks(
  document: DocumentNode,
  oldSchema: GraphQLSchema,
  newSchema: GraphQLSchema,
): string[] {
  const newFields = selectedFields(document, newSchema);
  return [...selectedFields(document, oldSchema)].flatMap(([node, { coordinate, type: oldType }]) => {
    const newType = newFields.get(node)?.type;
    if (newType === undefined) return [];
    const why = misfit(oldType, newType, oldSchema, newSchema);
    return why === undefined ? [] : [`${coordinate} was ${oldType} and becomes ${newType}: ${why}`];
  });
}

function selectedFields(document: DocumentNode, schema: GraphQLSchema): Map<FieldNode, SelectedField> {
  const fields = new Map<FieldNode, SelectedField>();
  const typeInfo = new TypeInfo(schema);
  const remember = (node: FieldNode) => {
    const [parent, type] = [typeInfo.getParentType(), typeInfo.getType()];
    if (parent && type) fields.set(node, { coordinate: `${parent.name}.${node.name.value}`, type });
  };
  visit(document, visitWithTypeInfo(typeInfo, { Field: { enter: remember } }));
  return fields;
}

/** The reason why an answer of the new type may not match the old type; undefined where it always does. */
function misfit(
  oldType: GraphQLOutputType,
  newType: GraphQLOutputType,
  oldSchema: GraphQLSchema,
  newSchema: GraphQLSchema,
): string | undefined {
  if (isNonNullType(oldType)) {
    if (!isNonNullType(newType)) return 'the app does not expect null';
    return misfit(oldType.ofType, newType.ofType, oldSchema, newSchema);
  }
  // The app expects null and never gets it.
  if (isNonNullType(newType)) return misfit(oldType, newType.ofType, oldSchema, newSchema);
  if (isListType(oldType) && isListType(newType))
    return misfit(oldType.ofType, newType.ofType, oldSchema, newSchema);
  if (isListType(oldType)) return 'the app expects a list';
  if (isListType(newType)) return 'the app expects no list';
  const [oldName, newName] = [getNamedType(oldType).name, getNamedType(newType).name];
  if (oldName === newName) return undefined;
  if (isCompositeType(oldType) && isCompositeType(newType)) {
    const oldNames = new Set(objectNames(oldSchema, oldName));
    // An interface that became one of its own objects still returns only objects that the app knows.
    if (objectNames(newSchema, newName).every((name) => oldNames.has(name))) return undefined;
  }
  return `the app expects ${oldName}`;
}

function objectNames(schema: GraphQLSchema, name: string): string[] {
  const type = schema.getType(name);
  if (isObjectType(type)) return [type.name];
  return isAbstractType(type) ? schema.getPossibleTypes(type).map((possible) => possible.name) : [];
}
