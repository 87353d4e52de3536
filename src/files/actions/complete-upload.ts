/**
 * Makes a file of an upload: once, however often and at once it is asked for. If a storage fails, the upload stays open.
 */
import { type RejectionModel, rejection } from '../../auth/rejection.ts';
import { COMPLETION_ATTEMPTS, COMPLETION_PAUSE_MS } from '../../config.ts';
import { errorFields, log } from '../../observability/log.ts';
import { type UserFileRow, uploadState } from '../../storage/d1/user-files.ts';
import { pendingKey, type UploadRow, uploadEnd } from '../../storage/d1/user-uploads.ts';
import type { CompletedUpload } from '../upload-destination.ts';
import {
  destinationOf,
  type FileAction,
  filesUnavailable,
  notDeleted,
  ownerOf,
  uploadNotFound,
} from './file-action.ts';

export async function completeUpload(
  action: FileAction,
  uploadId: string | null,
): Promise<{ file: UserFileRow } | RejectionModel> {
  const { sources, request } = action;
  const { id: userId, sessionId } = ownerOf(request);
  await request.limits.take('completeUpload', { userId });
  if (uploadId === null) return uploadNotFound();
  for (let attempt = 0; attempt < COMPLETION_ATTEMPTS; attempt += 1) {
    if (attempt > 0) await sources.sleep(COMPLETION_PAUSE_MS);
    const { upload, file } = await stateOf(action, uploadId);
    if (file !== null) return { file };
    if (upload === null) return uploadNotFound();
    if (attempt === 0) await request.limits.take('completeOpenUpload', { userId });
    const completed = await complete(action, upload);
    if (completed.ok) {
      deletePending(action, uploadId);
      const { requestId, client } = request;
      const { afterwards } = destinationOf(sources, upload.kind);
      if (afterwards !== undefined)
        request.waitUntil(afterwards(upload, { requestId, traceparent: client.traceparent }));
      sources.dropCopy(sessionId);
      return { file: completed.file };
    }
    if (completed.reason === 'refused') return refuse(action, upload, completed.message);
    if (completed.reason === 'not there') return notThere(action, uploadId);
  }
  throw filesUnavailable();
}

const stateOf = ({ sources: { db, nowSeconds }, request }: FileAction, uploadId: string) =>
  uploadState(db, { uploadId, userId: ownerOf(request).id, nowSeconds: nowSeconds() });

async function complete({ sources, request }: FileAction, upload: UploadRow): Promise<CompletedUpload> {
  try {
    return await destinationOf(sources, upload.kind).complete(upload);
  } catch (error) {
    const { requestId } = request;
    log.error('files.upload_not_completed', { requestId, uploadId: upload.id, ...errorFields(error) });
    throw filesUnavailable();
  }
}

async function refuse(action: FileAction, upload: UploadRow, message: string): Promise<RejectionModel> {
  const { db } = action.sources;
  await uploadEnd(db, upload, { ifFile: false }).run();
  deletePending(action, upload.id);
  return rejection('UPLOAD_REFUSED', message, ['uploadId']);
}

/** Another completion may have taken the bytes meanwhile. */
async function notThere(
  action: FileAction,
  uploadId: string,
): Promise<{ file: UserFileRow } | RejectionModel> {
  const { upload, file } = await stateOf(action, uploadId);
  if (file !== null) return { file };
  return upload === null
    ? uploadNotFound()
    : uploadNotFound('No bytes have come yet: send them to the URL of the upload first.');
}

/** Behind the answer. Nobody else writes an object of this key once its upload has ended. */
function deletePending({ sources: { bucket }, request }: FileAction, uploadId: string): void {
  const deleted = bucket.delete(pendingKey(uploadId));
  request.waitUntil(deleted.catch((error) => notDeleted(request, error)));
}
