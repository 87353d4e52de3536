/**
 * Which folder may import which, for dependency-cruiser: to lower floors alone, never up, never sideways.
 * Read top to bottom the floors are the way of a request. `zone` is no floor: no request needs it.
 */
const FLOORS = [
  ['settings'],
  ['config', 'observability'],
  ['schema', 'execution', 'storage', 'upstream'],
  ['cache', 'loaders', 'auth', 'metrics'],
  ['operations', 'investing', 'files', 'chat'],
  ['graphql', 'backups', 'alerts'],
  ['serving', 'reports'],
  ['realtime'],
  ['http', 'sync'],
  ['rest'],
  ['app'],
  ['index'],
];

const FILES = ['config', 'index'];

/** Only types cross these ways up, and nothing of them is left at run time. Feeds declare the context's events. */
const TYPES_FROM_ABOVE = { schema: '^src/graphql/context\\.ts$', graphql: '^src/realtime/feeds\\.ts$' };

/** `schema` stands beside `src`; some of a floor are files. */
function pathOf(name) {
  if (name === 'schema') return '^schema/';
  return FILES.includes(name) ? `^src/${name}\\.ts$` : `^src/${name}/`;
}

const rules = FLOORS.slice(0, -1).flatMap((names, floor) =>
  names.map((name) => {
    const sameFloorOrAbove = FLOORS.slice(floor).flat();
    const forbidden = sameFloorOrAbove.filter((other) => other !== name).map(pathOf);
    return {
      name: `${name}-imports-only-lower-floors`,
      severity: 'error',
      from: { path: pathOf(name) },
      to: {
        path: forbidden,
        ...(name in TYPES_FROM_ABOVE ? { pathNot: TYPES_FROM_ABOVE[name] } : {}),
      },
    };
  }),
);

const typesOnly = Object.entries(TYPES_FROM_ABOVE).map(([name, path]) => ({
  name: `${name}-imports-only-types-from-above`,
  severity: 'error',
  from: { path: pathOf(name) },
  to: { path, dependencyTypesNot: ['type-only'] },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...rules,
    ...typesOnly,
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { pathNot: '^src/graphql/context\\.ts$' } },
    },
    {
      name: 'product-imports-no-tests-scripts-or-zone',
      severity: 'error',
      from: { path: '^(src|schema)/' },
      to: { path: '^(test|scripts|bench|zone)/' },
    },
    {
      name: 'zone-imports-only-itself-and-types-of-the-sdk',
      severity: 'error',
      from: { path: '^zone/' },
      to: { pathNot: ['^zone/', '^node_modules/cloudflare/'] },
    },
    {
      name: 'zone-needs-no-sdk-at-run-time',
      severity: 'error',
      from: { path: '^zone/' },
      to: { path: '^node_modules/cloudflare/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'every-folder-has-a-floor',
      severity: 'error',
      from: {},
      to: { path: '^src/', pathNot: [...FLOORS.flat().map(pathOf), '^src/worker-configuration'] },
    },
    {
      name: 'no-missing-modules',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^cloudflare:' },
    },
  ],
  options: {
    parser: 'swc',
    doNotFollow: { path: '^(node_modules|operations/generated)/' },
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'default'],
    },
  },
};
