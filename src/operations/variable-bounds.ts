import {
  type DocumentNode,
  type GraphQLArgument,
  type GraphQLSchema,
  getNullableType,
  isListType,
  Kind,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import { CANDLES_MAX, COMPARE_MAX_SYMBOLS, LIST_MAX_ITEMS } from '../config.ts';

/** Arguments whose lists have another bound than `LIST_MAX_ITEMS`. */
const OTHER_BOUNDS: Readonly<Record<string, number>> = {
  'Query.comparePrices.symbols': COMPARE_MAX_SYMBOLS,
  'Project.candles.last': CANDLES_MAX,
};

/**
 * The bound of each variable that sizes a list: the greatest value of `first` or `last`, or the greatest length of a
 * list. A variable in several places has the smallest bound of them.
 */
export function variableBoundsOf(schema: GraphQLSchema, document: DocumentNode): Record<string, number> {
  const bounds = new Map<string, number>();
  const types = new TypeInfo(schema);
  visit(
    document,
    visitWithTypeInfo(types, {
      Argument: (node) => {
        const [parent, field, argument] = [types.getParentType(), types.getFieldDef(), types.getArgument()];
        if (node.value.kind !== Kind.VARIABLE || !parent || !field || !argument) return;
        if (types.getDirective() || !sizesList(argument)) return;
        const bound = OTHER_BOUNDS[`${parent.name}.${field.name}.${argument.name}`] ?? LIST_MAX_ITEMS;
        const name = node.value.name.value;
        bounds.set(name, Math.min(bounds.get(name) ?? bound, bound));
      },
    }),
  );
  return Object.fromEntries([...bounds].sort(([a], [b]) => (a < b ? -1 : 1)));
}

const sizesList = (argument: GraphQLArgument) =>
  argument.name === 'first' || argument.name === 'last' || isListType(getNullableType(argument.type));
