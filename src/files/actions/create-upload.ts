import { type RejectionModel, rejection } from '../../auth/rejection.ts';
import { sessionEnded } from '../../auth/viewers.ts';
import {
  FILES_PER_USER_MAX,
  OPEN_UPLOADS_PER_USER_MAX,
  UPLOAD_SECONDS,
  UPLOAD_URL_SECONDS,
} from '../../config.ts';
import { openUpload, type UploadRow } from '../../storage/d1/user-uploads.ts';
import { type AnnouncedUpload, announcementRejection } from '../announced-upload.ts';
import type { UploadTarget } from '../upload-destination.ts';
import { destinationOf, type FileAction, ownerOf } from './file-action.ts';

export interface OpenUpload extends UploadTarget {
  id: string;
  /** The URL's, in Unix seconds. */
  expiresAt: number;
}

/** Opens a place for bytes of the viewer's. */
export async function createUpload(
  { sources, request }: FileAction,
  announced: AnnouncedUpload,
): Promise<OpenUpload | RejectionModel> {
  const { id: userId, sessionId } = ownerOf(request);
  const refused = announcementRejection(announced);
  if (refused !== null) return refused;
  await request.limits.take('createUpload', { userId });
  const { nowSeconds } = request;
  const upload: UploadRow = {
    id: sources.randomId(),
    user_id: userId,
    kind: announced.kind,
    content_type: announced.contentType,
    size_bytes: announced.sizeBytes,
    created_at: nowSeconds,
    expires_at: nowSeconds + UPLOAD_SECONDS,
  };
  const target = await destinationOf(sources, upload.kind).targetOf(upload);
  const outcome = await openUpload(sources.db, upload, {
    sessionId,
    maxOpen: OPEN_UPLOADS_PER_USER_MAX,
    maxFiles: FILES_PER_USER_MAX,
  });
  if (outcome === 'session ended') throw sessionEnded();
  if (outcome !== 'opened') return rejection('FILE_LIMIT', LIMITS[outcome]);
  return { id: upload.id, ...target, expiresAt: nowSeconds + UPLOAD_URL_SECONDS };
}

const LIMITS = {
  'too many open': `${OPEN_UPLOADS_PER_USER_MAX} uploads are open: complete one, or wait until one expires.`,
  'too many files': `There are ${FILES_PER_USER_MAX} files, with the uploads that are open: delete one.`,
};
