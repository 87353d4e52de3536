import { ownFileDelete } from '../../storage/d1/user-files.ts';
import { avatarForgotten } from '../../storage/d1/users.ts';
import { deleteInBackground, type FileAction, ownerOf } from './file-action.ts';

/** Removes a file of the viewer's. False if there is no such file. */
export async function deleteFile(action: FileAction, fileId: string | null): Promise<boolean> {
  const { db, dropCopy } = action.sources;
  const { id: userId, sessionId } = ownerOf(action.request);
  if (fileId === null) return false;
  const [, deleted] = await db.batch<{ object_key: string }>([
    avatarForgotten(db, { fileId, userId }),
    ownFileDelete(db, { fileId, userId }),
  ]);
  const [file] = deleted?.results ?? [];
  if (file === undefined) return false;
  deleteInBackground(action, [file.object_key]);
  dropCopy(sessionId);
  return true;
}
