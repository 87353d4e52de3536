/**
 * `npm run build:cli`: bundles the operations CLI as `dist/operations.mjs`, one file that needs Node 20 or newer and
 * nothing else. An app's build runs it without this repository.
 */
import { build } from 'esbuild';

const OUTPUT = 'dist/operations.mjs';

/** Packages in CommonJS ask for Node's modules by `require`, which a module of ES does not have. */
const REQUIRE = `import { createRequire } from 'node:module';
const require = createRequire(import.meta.url);`;

const { metafile } = await build({
  entryPoints: ['scripts/operations/cli.ts'],
  outfile: OUTPUT,
  bundle: true,
  minify: true,
  // Errors name classes.
  keepNames: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  banner: { js: `#!/usr/bin/env node\n${REQUIRE}` },
  legalComments: 'eof',
  metafile: true,
});
console.log(`${OUTPUT}: ${metafile.outputs[OUTPUT]?.bytes} bytes`);
