/** The files that a user may announce to upload. */
import { type RejectionModel, rejection } from '../auth/rejection.ts';
import { AVATAR_MAX_BYTES, UPLOAD_MAX_BYTES } from '../config.ts';
import type { UserFileKind } from '../storage/d1/user-uploads.ts';

export interface AnnouncedUpload {
  kind: UserFileKind;
  contentType: string;
  sizeBytes: number;
}

const PICTURES = ['image/png', 'image/jpeg', 'image/webp'];
const PDF = 'application/pdf';

const ANNOUNCEABLE: Readonly<Record<UserFileKind, { contentTypes: readonly string[]; maxBytes: number }>> = {
  avatar: { contentTypes: PICTURES, maxBytes: AVATAR_MAX_BYTES },
  selfie: { contentTypes: PICTURES, maxBytes: UPLOAD_MAX_BYTES },
  passport: { contentTypes: [...PICTURES, PDF], maxBytes: UPLOAD_MAX_BYTES },
  address_proof: { contentTypes: [...PICTURES, PDF], maxBytes: UPLOAD_MAX_BYTES },
  attachment: { contentTypes: [...PICTURES, PDF], maxBytes: UPLOAD_MAX_BYTES },
};

/** Null if it may be uploaded. */
export function announcementRejection({
  kind,
  contentType,
  sizeBytes,
}: AnnouncedUpload): RejectionModel | null {
  const { contentTypes, maxBytes } = ANNOUNCEABLE[kind];
  if (!contentTypes.includes(contentType))
    return invalid('contentType', `It must be one of ${contentTypes.join(', ')}.`);
  if (sizeBytes < 1 || sizeBytes > maxBytes)
    return invalid('sizeBytes', `It must be from 1 to ${maxBytes} bytes.`);
  return null;
}

const invalid = (name: string, message: string) => rejection('VALIDATION_FAILED', message, ['input', name]);
