/** Publishing, deprecating, retiring, restoring and rolling back releases. */
import * as z from 'zod';
import {
  deprecateReleases,
  endedIds,
  type ReleaseChange,
  restoreReleases,
  retirementImpact,
  retireReleases,
  rollBackRelease,
} from '../operations/change-releases.ts';
import { type ChangeStores, publishRelease } from '../operations/publish-release.ts';
import { parsed, readAdminBody, sinceDay } from './admin-answer.ts';
import type { AdminSources } from './admin-operations.ts';
import { purgedNow, visibleEverywhereAt } from './admin-steering.ts';

const VERSIONS_A_CALL = 1_000;
const OPERATIONS_A_RELEASE = 20_000;

const name = z.string().regex(/^[^\s\p{C}]{1,64}$/u, { error: 'must be 1 to 64 characters without spaces' });
/** `~` separates the parts of the id `<app>~<version>~<id>`. Releases that were published with it can still be changed. */
const publishableName = name.refine((text) => !text.includes('~'), {
  error: 'must have no "~", which separates the parts of an id',
});
const publishedSchema = z.object({ client: publishableName, version: publishableName });
const releaseSchema = z.object({ client: name, version: name });
const publishSchema = z.object({
  operationIds: z.array(z.string()).min(1).max(OPERATIONS_A_RELEASE),
  replace: z.boolean().default(false),
  dryRun: z.boolean().default(false),
});
const versionsSchema = z.object({ client: name, versions: z.array(name).min(1).max(VERSIONS_A_CALL) });
const deprecateSchema = versionsSchema.extend({
  sunset: z
    .union([z.iso.datetime({ offset: true }), z.iso.date()])
    .transform((text) => Date.parse(text) / 1000),
});
const retireSchema = versionsSchema.extend({ force: z.boolean().default(false) });

export async function putRelease(
  request: Request,
  release: { client: string; version: string },
  stores: ChangeStores,
) {
  const { client, version } = parsed(publishedSchema, release);
  const content = await readAdminBody(request, publishSchema);
  const outcome = await publishRelease(stores, { client, version, ...content });
  return { ...outcome, visibleEverywhereAt: visibleEverywhereAt(stores) };
}

export async function postDeprecate(request: Request, stores: AdminSources) {
  const body = await readAdminBody(request, deprecateSchema);
  return answer(stores, await deprecateReleases(stores, { ...body, sunset: Math.floor(body.sunset) }));
}

export async function postRestore(request: Request, stores: AdminSources) {
  return answer(stores, await restoreReleases(stores, await readAdminBody(request, versionsSchema)));
}

export async function postRetire(request: Request, stores: AdminSources) {
  // Uses that this isolate has counted and not written yet are known.
  await stores.writeUses();
  return answer(stores, await retireReleases(stores, await readAdminBody(request, retireSchema)));
}

/** Shows the operations that `postRetire` would end. Changes nothing. */
export async function postImpact(request: Request, sources: AdminSources) {
  await sources.writeUses();
  const sinceFirst = sinceDay(new URL(request.url).searchParams, sources.nowMs());
  return retirementImpact(sources, await readAdminBody(request, versionsSchema), sinceFirst);
}

export async function postRollback(request: Request, stores: AdminSources) {
  return answer(stores, await rollBackRelease(stores, await readAdminBody(request, releaseSchema)));
}

const answer = async <Change extends ReleaseChange>(stores: AdminSources, change: Change) => ({
  ...change,
  visibleEverywhereAt: visibleEverywhereAt(stores),
  purge: await purgedNow(stores, endedIds(change)),
});
