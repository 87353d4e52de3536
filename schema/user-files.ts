/** Files of users: how one is uploaded, and what is shown of it. */
import type { OpenUpload, UserFileKind as UserFileKindCode, UserFileRow } from '../src/graphql/context.ts';
import { builder } from './builder.ts';
import { encodeGlobalId, localId } from './global-ids.ts';
import { Rejection, resultType } from './rejections.ts';

const UserFileKind = builder.enumType('UserFileKind', {
  description: 'What a file is for.',
  values: {
    AVATAR: { value: 'avatar', description: 'The picture that others see. A newer one replaces it.' },
    PASSPORT: { value: 'passport', description: 'For identification. A newer one replaces it.' },
    ADDRESS_PROOF: { value: 'address_proof', description: 'For identification. A newer one replaces it.' },
    SELFIE: { value: 'selfie', description: 'For identification. A newer one replaces it.' },
    ATTACHMENT: { value: 'attachment', description: 'A picture or a document, which only its owner sees.' },
  } as const satisfies Record<string, { value: UserFileKindCode; description: string }>,
});

export const UserFile = builder.objectRef<UserFileRow>('UserFile').implement({
  description: 'A file of a user.',
  fields: (t) => ({
    id: t.id({ description: 'The global id.', resolve: ({ id }) => encodeGlobalId('UserFile', id) }),
    kind: t.expose('kind', { type: UserFileKind, description: 'What it is for.' }),
    contentType: t.exposeString('content_type', { description: 'What its bytes are.' }),
    sizeBytes: t.exposeInt('size_bytes', { description: 'Of a picture, as it was made anew.' }),
    url: t.string({
      nullable: true,
      description:
        'Of a picture or an attachment; null for identification. The URL of an attachment is valid for 5 minutes.',
      resolve: (file, _args, { files }) => files.urlOf(file),
    }),
    uploadedAt: t.expose('uploaded_at', { type: 'DateTime', description: 'When its upload was completed.' }),
    deleteAfter: t.expose('delete_after', {
      type: 'DateTime',
      nullable: true,
      description: 'When it is deleted without being asked; null where it stays until then.',
    }),
  }),
});

const UploadHeader = builder.objectRef<{ name: string; value: string }>('UploadHeader').implement({
  description: 'A header of the request that sends the bytes.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'Its name.' }),
    value: t.exposeString('value', { description: 'Its value.' }),
  }),
});

const Upload = builder.objectRef<OpenUpload>('Upload').implement({
  description: 'Send the bytes with PUT and these headers, before `expiresAt`; then `completeUpload`.',
  fields: (t) => ({
    id: t.id({ description: 'The global id.', resolve: ({ id }) => encodeGlobalId('Upload', id) }),
    url: t.exposeString('url', { description: 'Where to send them: exactly as many as announced.' }),
    headers: t.expose('headers', { type: [UploadHeader], description: 'To send with them.' }),
    expiresAt: t.expose('expiresAt', { type: 'DateTime', description: 'When the URL ends.' }),
  }),
});

const CompleteUploadPayload = builder.objectRef<{ file: UserFileRow }>('CompleteUploadPayload').implement({
  description: 'An upload that was taken.',
  fields: (t) => ({
    file: t.expose('file', { type: UserFile, description: 'The file that it is now.' }),
  }),
});

const UploadResult = builder.unionType('UploadResult', {
  description: 'A place for the bytes, or why there is none.',
  types: [Upload, Rejection],
  resolveType: resultType('Upload'),
});

const CompleteUploadResult = builder.unionType('CompleteUploadResult', {
  description: 'The file, or why the bytes were not taken.',
  types: [CompleteUploadPayload, Rejection],
  resolveType: resultType('CompleteUploadPayload'),
});

const CreateUploadInput = builder.inputType('CreateUploadInput', {
  description: 'What is going to be uploaded.',
  fields: (t) => ({
    kind: t.field({ type: UserFileKind, required: true, description: 'What it is for.' }),
    contentType: t.string({
      required: true,
      description: 'image/png, image/jpeg, image/webp; application/pdf too, but for an avatar and a selfie.',
    }),
    sizeBytes: t.int({
      required: true,
      description: 'Exactly; up to 5 MB for an avatar, 20 MB for the rest.',
    }),
  }),
});

builder.mutationFields((t) => ({
  createUpload: t.field({
    type: UploadResult,
    authScopes: { signedIn: true },
    description:
      "A place to put a file of the viewer's own: a picture of theirs, a document for identification, an attachment.",
    args: { input: t.arg({ type: CreateUploadInput, required: true, description: 'The file.' }) },
    resolve: (_root, { input }, { files }) => files.createUpload(input),
  }),
  completeUpload: t.field({
    type: CompleteUploadResult,
    authScopes: { signedIn: true },
    description:
      'Takes what was put there: looked at, and refused where it is not what was announced. The same upload has the same ' +
      'file, however often it is completed.',
    args: { uploadId: t.arg.id({ required: true, description: 'The global id of the upload.' }) },
    resolve: (_root, { uploadId }, { files }) => files.completeUpload(localId('Upload', uploadId)),
  }),
  deleteFile: t.boolean({
    authScopes: { signedIn: true },
    description: "Removes one of the viewer's own files for good; false where there is none of that id.",
    args: { id: t.arg.id({ required: true, description: 'The global id of the file.' }) },
    resolve: (_root, { id }, { files }) => files.deleteFile(localId('UserFile', id)),
  }),
}));
