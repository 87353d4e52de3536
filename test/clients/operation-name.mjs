import { Kind, parse } from 'graphql';

/** The name of the one operation of a document. */
export const operationNameOf = (text) =>
  parse(text).definitions.find(({ kind }) => kind === Kind.OPERATION_DEFINITION).name.value;
