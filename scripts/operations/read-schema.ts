/** Reads schemas from files and from the project's git history. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { assertValidSchema, buildSchema, type GraphQLSchema } from 'graphql';
import { wrongUse } from './command-failure.ts';
import { decodeText, readText } from './read-text.ts';

const GIT_MAX_BYTES = 64 * 1024 * 1024;
export const SCHEMA_FILE = 'schema/schema.graphql';

export function readSchema(file: string): GraphQLSchema {
  if (!existsSync(file)) throw wrongUse(`${file}: there is no such file`);
  return parseSchema(readText(file), file);
}

/** @param source a file, or a commit, branch or tag of this project. */
export function readOldSchema(source: string): GraphQLSchema {
  if (existsSync(source)) return readSchema(source);
  const sdl = committedSchema(source);
  if (sdl === undefined)
    throw wrongUse(`--from: ${source} is neither a file nor a commit that has ${SCHEMA_FILE}`);
  return parseSchema(sdl, `${source}:${SCHEMA_FILE}`);
}

/**
 * @throws CommandFailure where there is none. Without one, the schema would be compared with itself, which breaks
 * nothing and looks like success.
 */
export function lastCommittedSchema(): GraphQLSchema {
  const sdl = committedSchema('HEAD');
  if (sdl === undefined) {
    throw wrongUse(
      `there is no ${SCHEMA_FILE} at git HEAD, or no git checkout here: name the schema that runs now with --from <file>`,
    );
  }
  return parseSchema(sdl, `HEAD:${SCHEMA_FILE}`);
}

/** Undefined where the commit is not in the checkout in this folder, or has no schema. */
export function schemaAt(commit: string, folder: string): GraphQLSchema | undefined {
  const sdl = committedSchema(commit, folder);
  return sdl === undefined ? undefined : parseSchema(sdl, `${commit}:${SCHEMA_FILE}`);
}

function committedSchema(commit: string, folder = '.'): string | undefined {
  const file = `${commit}:${SCHEMA_FILE}`;
  const options = { cwd: folder, maxBuffer: GIT_MAX_BYTES };
  const show = spawnSync('git', ['show', '--end-of-options', file], options);
  return show.status === 0 ? decodeText(show.stdout, file) : undefined;
}

function parseSchema(sdl: string, source: string): GraphQLSchema {
  try {
    const schema = buildSchema(sdl);
    assertValidSchema(schema);
    return schema;
  } catch (error) {
    throw wrongUse(`${source}: is no schema: ${error instanceof Error ? error.message : error}`);
  }
}
