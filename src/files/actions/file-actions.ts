import { filesOfUser, type UserFileRow } from '../../storage/d1/user-files.ts';
import type { AnnouncedUpload } from '../announced-upload.ts';
import { attachmentPath } from '../file-urls.ts';
import { completeUpload } from './complete-upload.ts';
import { createUpload } from './create-upload.ts';
import { deleteFile } from './delete-file.ts';
import type { FileAction, FileRequest, FileSources } from './file-action.ts';

/** The actions on files and the viewer's own files, for one request. The schema asks for the viewer's rights before. */
export function createFileActions(sources: FileSources, request: FileRequest) {
  const action: FileAction = { sources, request };
  const { db, urls } = sources;
  return {
    createUpload: (input: AnnouncedUpload) => createUpload(action, input),
    completeUpload: (uploadId: string | null) => completeUpload(action, uploadId),
    deleteFile: (fileId: string | null) => deleteFile(action, fileId),
    /** Newest first. */
    ofUser: (userId: string) => filesOfUser(db, userId),
    shownAvatarUrl: (userId: string, stored: string | null) => urls.shownAvatar(userId, stored),
    /** For its owner. Null for what is never shown again. */
    urlOf({ id, kind, object_key, etag, user_id }: UserFileRow): string | null {
      if (kind === 'avatar') return urls.versioned(object_key, etag);
      return kind === 'attachment'
        ? urls.signed(attachmentPath(user_id, id), user_id, request.nowSeconds)
        : null;
    },
  };
}
