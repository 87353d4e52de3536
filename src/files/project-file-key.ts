/**
 * The files that upstream may name of a project: the types that each kind may have, its size, and its key in R2.
 *
 * A key has the project's id, which upstream chooses. So a key is made only if the platform's rule for keys allows it, and no
 * two kinds of file share one.
 */
import { PROJECT_DOCUMENT_MAX_BYTES, PROJECT_MEDIA_MAX_BYTES, PROJECT_PICTURE_MAX_BYTES } from '../config.ts';
import type { ProjectFileKind } from '../storage/d1/project-files.ts';
import { type ByteType, FILE_EXTENSIONS } from './byte-type.ts';
import { isFileKey } from './file-key.ts';

interface KindOfFile {
  maxBytes: number;
  /** The types that are taken. */
  types: readonly ByteType[];
  /** Without its extension. */
  stem(projectId: string, name: string): string;
}

const document = (fileName: string): KindOfFile => ({
  maxBytes: PROJECT_DOCUMENT_MAX_BYTES,
  types: ['application/pdf'],
  stem: (projectId) => `projects/documents/${projectId}/${fileName}`,
});

const media = (folder: string, types: readonly ByteType[]): KindOfFile => ({
  maxBytes: PROJECT_MEDIA_MAX_BYTES,
  types,
  stem: (projectId, name) => `projects/media/${projectId}/${folder}/${name}`,
});

const BANNER_ENDING = '-banner';
const PICTURES = ['image/png', 'image/jpeg', 'image/webp'] as const;
const VIDEOS = ['video/mp4', 'video/webm'] as const;

export const PROJECT_FILE_KINDS: Readonly<Record<ProjectFileKind, KindOfFile>> = {
  logo: {
    maxBytes: PROJECT_PICTURE_MAX_BYTES,
    types: [...PICTURES, 'image/svg+xml'],
    stem: (projectId) => `projects/logos/${projectId}`,
  },
  banner: {
    maxBytes: PROJECT_PICTURE_MAX_BYTES,
    types: PICTURES,
    stem: (projectId) => `projects/logos/${projectId}${BANNER_ENDING}`,
  },
  whitepaper: document('whitepaper'),
  tokenomics: document('tokenomics'),
  roadmap: document('roadmap'),
  audit_report: document('audit-report'),
  screenshot: media('screenshots', [...PICTURES, 'image/avif', 'image/gif']),
  video: media('videos', VIDEOS),
  presentation: media('presentations', ['application/pdf', ...VIDEOS]),
};

/** Null if the project's id cannot be part of a key. */
export function projectFileKey(
  { projectId, kind, name }: { projectId: string; kind: ProjectFileKind; name: string },
  type: ByteType,
): string | null {
  // A slash in it would name another project's folder.
  if (projectId.includes('/')) return null;
  // The banner of the project whose id is that without the ending may have this key.
  if (kind === 'logo' && projectId.endsWith(BANNER_ENDING)) return null;
  const key = `${PROJECT_FILE_KINDS[kind].stem(projectId, name)}.${FILE_EXTENSIONS[type]}`;
  return isFileKey(key) ? key : null;
}
