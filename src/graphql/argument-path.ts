import { type ASTNode, type GraphQLError, Kind, parse, visit } from 'graphql';

export type ArgumentPath = (string | number)[];

/**
 * Finds the argument of an error by graphql-js: the name of the variable, or the argument and the path inside it.
 * Undefined for an error that is not an argument's.
 *
 * An error knows the value at fault, but not its parents, so the document is parsed again, once for all errors of a
 * request.
 */
export function createArgumentPathFinder(): (error: GraphQLError) => ArgumentPath | undefined {
  let document: ASTNode | undefined;
  return (error) => {
    const node = error.nodes?.[0];
    if (node?.kind === Kind.VARIABLE_DEFINITION) return [node.variable.name.value];
    if (node?.loc === undefined) return undefined;
    document ??= parse(node.loc.source);
    return pathTo(node.loc, document);
  };
}

function pathTo(place: { start: number; end: number }, document: ASTNode): ArgumentPath | undefined {
  const holds = ({ loc }: ASTNode) => loc !== undefined && loc.start <= place.start && place.end <= loc.end;
  const path: ArgumentPath = [];
  visit(document, {
    enter(node) {
      if (!holds(node)) return false;
      if (node.kind === Kind.ARGUMENT || (node.kind === Kind.OBJECT_FIELD && path.length > 0)) {
        path.push(node.name.value);
      } else if (node.kind === Kind.LIST && path.length > 0) {
        const position = node.values.findIndex(holds);
        if (position >= 0) path.push(position);
      }
      return undefined;
    },
  });
  return path.length === 0 ? undefined : path;
}
