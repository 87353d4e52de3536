import {
  PROJECT_MEDIA_KINDS,
  type ProjectDocumentKind,
  type ProjectFileRow,
  type ProjectMediaKind,
  projectFiles,
} from '../storage/d1/project-files.ts';
import { loaderOf } from './batching.ts';

type ProjectDocumentRow = ProjectFileRow<ProjectDocumentKind>;
type ProjectMediaRow = ProjectFileRow<ProjectMediaKind>;

/** Made for each request: one read for documents and media of all its projects. */
export function createProjectFileLoader(db: D1Database) {
  const byProjectId = loaderOf((ids: readonly string[]) => projectFiles(db, ids));
  return {
    documents: async (projectId: string): Promise<ProjectDocumentRow[]> =>
      ((await byProjectId.load(projectId)) ?? []).filter(
        (row): row is ProjectDocumentRow => !isMedia(row.kind),
      ),
    media: async (projectId: string): Promise<ProjectMediaRow[]> =>
      ((await byProjectId.load(projectId)) ?? []).filter((row): row is ProjectMediaRow => isMedia(row.kind)),
  };
}

const isMedia = (kind: string) => (PROJECT_MEDIA_KINDS as readonly string[]).includes(kind);
