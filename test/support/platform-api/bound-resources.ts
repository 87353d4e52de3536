/** The resources that an upload binds must exist in the account. */
import { ApiError } from './resource.ts';
import type { PlatformState } from './state.ts';
import type { Binding, Upload } from './worker-upload.ts';

const KV_NOT_FOUND = 10_041;
const R2_NOT_FOUND = 10_085;
const D1_NOT_FOUND = 10_181;

/** @throws ApiError that names the first that is missing */
export function requireBound({ metadata }: Upload, state: PlatformState): void {
  for (const binding of metadata.bindings ?? []) requireOne(binding, state);
}

function requireOne(binding: Binding, { kv, databases, buckets }: PlatformState): void {
  const { type, name } = binding;
  if (type === 'kv_namespace' && !kv.has(String(binding.namespace_id)))
    throw new ApiError(400, KV_NOT_FOUND, `KV namespace '${binding.namespace_id}' not found.`);
  if (type === 'r2_bucket' && !buckets.has(String(binding.bucket_name)))
    throw new ApiError(
      400,
      R2_NOT_FOUND,
      `R2 bucket '${binding.bucket_name}' not found. Please use a different name and try again.`,
    );
  const databaseId = String(binding.database_id ?? binding.id);
  if (type === 'd1' && databases.find(databaseId) === undefined)
    throw new ApiError(
      400,
      D1_NOT_FOUND,
      `D1 binding '${name}' references database '${databaseId}' which was not found.`,
    );
}
