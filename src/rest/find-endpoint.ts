/** The endpoint of a path: a fixed segment comes before a parameter. */
import { decodedPart } from '../http/url-parts.ts';
import type { Endpoint } from './endpoint.ts';

export interface FoundEndpoints {
  /** The endpoints of the path by their methods. */
  byMethod: ReadonlyMap<string, Endpoint>;
  /** The parameters of the path, decoded. */
  path: Readonly<Record<string, string>>;
  /** The names of those that are no percent-encoded UTF-8. */
  malformed: readonly string[];
}

interface Pattern {
  segments: readonly string[];
  byMethod: Map<string, Endpoint>;
}

/** @returns null where nothing is. */
export type FindEndpoints = (path: string) => FoundEndpoints | null;

export function createFindEndpoints(endpoints: readonly Endpoint[]): FindEndpoints {
  const patterns = new Map<string, Pattern>();
  for (const endpoint of endpoints) {
    const { path, method } = endpoint;
    const pattern = patterns.get(path) ?? { segments: path.split('/'), byMethod: new Map() };
    pattern.byMethod.set(method, endpoint);
    patterns.set(path, pattern);
  }
  const inOrder = [...patterns.values()].sort((a, b) => parametersIn(a) - parametersIn(b));
  return (path) => {
    const sent = path.split('/');
    const pattern = inOrder.find(({ segments }) => matches(segments, sent));
    if (pattern === undefined) return null;
    const parameters: Record<string, string> = {};
    const malformed: string[] = [];
    for (const [position, segment] of pattern.segments.entries()) {
      if (!isParameter(segment)) continue;
      const name = segment.slice(1);
      const value = decodedPart(sent[position] ?? '');
      if (value === null) malformed.push(name);
      else parameters[name] = value;
    }
    return { byMethod: pattern.byMethod, path: parameters, malformed };
  };
}

const isParameter = (segment: string) => segment.startsWith(':');
const parametersIn = ({ segments }: Pattern) => segments.filter(isParameter).length;

const matches = (segments: readonly string[], sent: readonly string[]) =>
  segments.length === sent.length &&
  segments.every((segment, position) => isParameter(segment) || segment === sent[position]);
