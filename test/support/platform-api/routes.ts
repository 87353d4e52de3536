/** Finds the route of a call. */
import type { Resource, Route } from './resource.ts';

export interface FoundRoute {
  route: Route;
  params: Record<string, string>;
}

/** Routes with more fixed parts win: `/versions/latest` before `/versions/:version`. */
export function createRouter(
  resources: readonly Resource[],
): (method: string, path: string) => FoundRoute | undefined {
  const patterns = resources
    .flat()
    .map((route) => ({
      route,
      pattern: patternOf(route.path),
      fixed: route.path.replaceAll(/:\w+/g, '').length,
    }))
    .sort((a, b) => b.fixed - a.fixed);
  return (method, path) => {
    for (const { route, pattern } of patterns) {
      if (route.method !== method) continue;
      const groups = pattern.exec(path)?.groups;
      if (groups === undefined) continue;
      const params = Object.entries(groups).map(([name, part]) => [name, decodeURIComponent(part)]);
      return { route, params: Object.fromEntries(params) };
    }
    return undefined;
  };
}

function patternOf(path: string): RegExp {
  const source = path.replaceAll('.', '\\.').replaceAll(/:(\w+)/g, '(?<$1>[^/]+)');
  // A group with no name would leave `groups` undefined.
  return new RegExp(`^${source}(?<rest_>)$`);
}
