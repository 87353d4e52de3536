/** An upload of a Worker as wrangler sends it: a form with `metadata` and one part a module. */
import { createHash } from 'node:crypto';
import { build } from 'esbuild';
import { ApiError, type ApiRequest } from './resource.ts';

const INVALID_SCRIPT = 10_021;
/** The longest text of `workers/tag`. */
const TAG_LIMIT_BYTES = 100;

export interface Binding {
  readonly name: string;
  readonly type: string;
  /** The value of a `secret_text`. It is in no answer. */
  readonly text?: string;
  readonly [property: string]: unknown;
}

/** The parts of the metadata that the platform acts on. The others are kept as they came. */
export interface UploadMetadata {
  readonly main_module: string;
  readonly bindings?: readonly Binding[];
  readonly keep_bindings?: readonly string[];
  readonly compatibility_date?: string;
  readonly compatibility_flags?: readonly string[];
  readonly migrations?: MigrationsUpload;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly tags?: readonly string[];
  readonly observability?: unknown;
  readonly logpush?: boolean;
  readonly [property: string]: unknown;
}

export interface MigrationsUpload {
  readonly old_tag?: string;
  readonly new_tag: string;
  readonly steps: readonly MigrationStep[];
}

export interface MigrationStep {
  readonly new_classes?: readonly string[];
  readonly new_sqlite_classes?: readonly string[];
  readonly renamed_classes?: readonly { from: string; to: string }[];
  readonly deleted_classes?: readonly string[];
}

export interface WorkerModule {
  /** Such as `application/javascript+module`. */
  readonly type: string;
  readonly content: Uint8Array<ArrayBuffer>;
}

export interface Upload {
  readonly metadata: UploadMetadata;
  readonly modules: ReadonlyMap<string, WorkerModule>;
  /** The names that the main module exports. */
  readonly exports: readonly string[];
  readonly etag: string;
}

/** @throws ApiError where there is no main module, or it does not parse */
export async function readUpload(request: ApiRequest): Promise<Upload> {
  const form = await request.form();
  const metadata = JSON.parse(String(form.get('metadata'))) as UploadMetadata;
  if (Buffer.byteLength(metadata.annotations?.['workers/tag'] ?? '') > TAG_LIMIT_BYTES)
    throw new ApiError(400, INVALID_SCRIPT, `workers/tag has more than ${TAG_LIMIT_BYTES} bytes.`);
  const modules = new Map<string, WorkerModule>();
  const hash = createHash('sha256');
  for (const [name, part] of form) {
    if (!(part instanceof File)) continue;
    const content = new Uint8Array(await part.arrayBuffer());
    modules.set(name, { type: part.type, content });
    hash.update(content);
  }
  const main = modules.get(metadata.main_module);
  if (main === undefined)
    throw new ApiError(400, INVALID_SCRIPT, `No such module "${metadata.main_module}".`);
  return { metadata, modules, exports: await exportsOf(main), etag: hash.digest('hex') };
}

async function exportsOf({ content }: WorkerModule): Promise<readonly string[]> {
  const contents = Buffer.from(content).toString();
  const options = { format: 'esm', write: false, metafile: true, logLevel: 'silent' } as const;
  try {
    const { metafile } = await build({ stdin: { contents }, ...options });
    return Object.values(metafile.outputs).flatMap((output) => output.exports);
  } catch (error) {
    throw new ApiError(
      400,
      INVALID_SCRIPT,
      `Uncaught SyntaxError: ${error instanceof Error ? error.message : error}`,
    );
  }
}
