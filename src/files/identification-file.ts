/** Documents for identification: their kinds, their keys in R2, and the name under which each is sealed. */
import * as z from 'zod';
import type { UserFileKind } from '../storage/d1/user-uploads.ts';

export type IdentificationKind = Extract<UserFileKind, 'passport' | 'address_proof' | 'selfie'>;

export interface IdentificationFile {
  id: string;
  userId: string;
  kind: IdentificationKind;
  /** The media type of the bytes. */
  contentType: string;
}

const FILE_NAMES: Readonly<Record<IdentificationKind, string>> = {
  passport: 'passport',
  address_proof: 'address-proof',
  selfie: 'selfie',
};

export const isIdentificationKind = (kind: string): kind is IdentificationKind =>
  Object.hasOwn(FILE_NAMES, kind);

/** A newer document of the kind takes the place of the older one. */
export const identificationKeyOf = (userId: string, kind: IdentificationKind) =>
  `users/kyc-documents/${userId}/${FILE_NAMES[kind]}`;

/** Bytes that were sealed for another user, kind, file or type do not open. */
export const sealedNameOf = ({ id, userId, kind, contentType }: IdentificationFile) =>
  JSON.stringify(['identification', userId, kind, id, contentType]);

/** The object in R2 says which file it is: it may be newer than the row of D1. The seal proves it. */
export const sealedMetadata = z.object({ file: z.string(), contentType: z.string() });
export type SealedMetadata = z.output<typeof sealedMetadata>;
