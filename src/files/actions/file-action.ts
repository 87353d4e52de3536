/** The parts that actions on files use, and the request that asks. Each action is a function in a file of its own. */
import { GraphQLError } from 'graphql';
import type { RateLimits } from '../../auth/rate-limits.ts';
import { type RejectionModel, rejection } from '../../auth/rejection.ts';
import type { RequestClient } from '../../auth/request-client.ts';
import { FILE_RETRY_SECONDS } from '../../config.ts';
import { errorFields, log } from '../../observability/log.ts';
import type { UserFileKind } from '../../storage/d1/user-uploads.ts';
import type { FileUrls } from '../file-urls.ts';
import { deleteQueuedObjects } from '../object-deletions.ts';
import type { UploadDestination } from '../upload-destination.ts';

export interface FileSources {
  db: D1Database;
  bucket: Pick<R2Bucket, 'delete'>;
  urls: FileUrls;
  /** A kind is left out if a setting that it needs is missing. */
  destinations: Readonly<Partial<Record<UserFileKind, UploadDestination>>>;
  randomId(): string;
  sleep(ms: number): Promise<void>;
  nowSeconds(): number;
  /** A copy of a session is out of date: it is read from D1 again. */
  dropCopy(sessionId: string): void;
}

export interface FileRequest {
  viewer: { id: string; sessionId: string } | null;
  client: Pick<RequestClient, 'traceparent'>;
  limits: RateLimits;
  requestId: string;
  nowSeconds: number;
  waitUntil(work: Promise<unknown>): void;
}

export interface FileAction {
  sources: FileSources;
  request: FileRequest;
}

/** @throws Error if nobody is signed in: the schema asks for that before. */
export function ownerOf({ viewer }: FileRequest): { id: string; sessionId: string } {
  if (viewer === null) throw new Error('nobody is signed in');
  return viewer;
}

export const uploadNotFound = (message = 'There is no such upload of yours that is open.'): RejectionModel =>
  rejection('UPLOAD_NOT_FOUND', message, ['uploadId']);

/** @throws GraphQLError SERVICE_UNAVAILABLE if a setting that uploads of the kind need is missing */
export function destinationOf({ destinations }: FileSources, kind: UserFileKind): UploadDestination {
  const destination = destinations[kind];
  if (destination !== undefined) return destination;
  throw new GraphQLError('This kind of file cannot be uploaded here.', {
    extensions: { code: 'SERVICE_UNAVAILABLE' },
  });
}

/** A storage has failed. Nothing has changed that the same request, sent again, does not find. */
export const filesUnavailable = () =>
  new GraphQLError('Files cannot be written now: send the request again.', {
    extensions: { code: 'SERVICE_UNAVAILABLE', retryAfterSeconds: FILE_RETRY_SECONDS },
  });

/** Behind the answer. The minute's job deletes what this leaves. */
export function deleteInBackground({ sources, request }: FileAction, keys: readonly string[]): void {
  const { db, bucket, nowSeconds } = sources;
  const write = (statements: D1PreparedStatement[]) => db.batch(statements);
  const deleted = deleteQueuedObjects({ db, bucket, write, nowSeconds: nowSeconds() }, keys);
  request.waitUntil(deleted.catch((error) => notDeleted(request, error)));
}

export const notDeleted = ({ requestId }: FileRequest, error: unknown): void =>
  log.error('files.object_not_deleted', { requestId, ...errorFields(error) });
