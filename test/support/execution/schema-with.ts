/** A schema from SDL, with functions set on the types and fields that are named. */
import {
  buildSchema,
  type GraphQLFieldResolver,
  type GraphQLIsTypeOfFn,
  type GraphQLSchema,
  type GraphQLTypeResolver,
  isAbstractType,
  isObjectType,
} from 'graphql';

export interface TypeFunctions {
  readonly fields?: Readonly<Record<string, GraphQLFieldResolver<unknown, unknown>>>;
  readonly isTypeOf?: GraphQLIsTypeOfFn<unknown, unknown>;
  readonly resolveType?: GraphQLTypeResolver<unknown, unknown>;
}

export function schemaWith(sdl: string, functions: Readonly<Record<string, TypeFunctions>>): GraphQLSchema {
  const schema = buildSchema(sdl);
  for (const [name, { fields, isTypeOf, resolveType }] of Object.entries(functions)) {
    const type = schema.getType(name);
    if (isObjectType(type)) {
      type.isTypeOf = isTypeOf;
      for (const [fieldName, resolve] of Object.entries(fields ?? {})) {
        const field = type.getFields()[fieldName];
        if (field === undefined) {
          throw new Error(`There is no field ${name}.${fieldName}.`);
        }
        field.resolve = resolve;
      }
    } else if (isAbstractType(type)) {
      type.resolveType = resolveType;
    } else {
      throw new Error(`There is no object, interface or union ${name}.`);
    }
  }
  return schema;
}
