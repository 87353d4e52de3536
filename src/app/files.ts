/** The parts of an isolate that files use. */
import type { Config } from '../config.ts';
import type { FileSources } from '../files/actions/file-action.ts';
import { FileUrls } from '../files/file-urls.ts';
import type { Identification } from '../files/identification.ts';
import { createIdentificationUploads } from '../files/identification-uploads.ts';
import { createPictures } from '../files/pictures.ts';
import { createPlainUploads } from '../files/plain-uploads.ts';
import { createUploadPresigner, type PresignUpload } from '../files/upload-presigner.ts';
import { nowMs, nowSeconds, randomId, sleep } from './runtime.ts';

export const createFileUrls = ({ PUBLIC_ORIGIN: publicOrigin, JWT_SECRET: keys }: Config): FileUrls =>
  new FileUrls({ publicOrigin, keys });

export interface FileParts extends Pick<FileSources, 'urls' | 'dropCopy'> {
  identification: Identification | undefined;
}

export function createFileSources(
  env: Pick<Env, 'DB' | 'STORAGE' | 'IMAGES'>,
  config: Config,
  { urls, dropCopy, identification }: FileParts,
): FileSources {
  const { DB: db, STORAGE: bucket } = env;
  const presign = presignerOf(config);
  const pictures = createPictures({ images: env.IMAGES });
  const plain = presign && createPlainUploads({ db, bucket, urls, pictures, presign, nowSeconds });
  const sealed = identification && createIdentificationUploads(identification);
  return {
    db,
    bucket,
    urls,
    destinations: {
      ...(plain === null ? {} : { avatar: plain, attachment: plain }),
      ...(sealed === undefined ? {} : { passport: sealed, address_proof: sealed, selfie: sealed }),
    },
    randomId,
    sleep,
    nowSeconds,
    dropCopy,
  };
}

/** Null if a setting is missing. */
function presignerOf({
  R2_S3_URL: bucketUrl,
  R2_ACCESS_KEY_ID: accessKeyId,
  R2_SECRET_ACCESS_KEY: secretAccessKey,
}: Config): PresignUpload | null {
  if (accessKeyId === undefined || secretAccessKey === undefined) return null;
  return createUploadPresigner({ bucketUrl, accessKeyId, secretAccessKey, nowMs });
}
