/** The types of the context: the schema sees nothing else of the gateway. */
import type { GraphQLError } from 'graphql';
import type { SignedInModel as SignedInUser } from '../auth/actions/sign-in.ts';
import type { RequestClient } from '../auth/request-client.ts';
import type { VerifiedToken } from '../auth/viewers.ts';
import type { ChatMessage } from '../chat/room-calls.ts';
import type { ChatRoom } from '../chat/room-reader.ts';
import type { EventSources } from '../realtime/feeds.ts';
import type { IdoPoolRow } from '../storage/d1/ido-pools.ts';
import type { InvestmentRow } from '../storage/d1/investments.ts';
import type { ProjectRow } from '../storage/d1/projects.ts';
import type { PermissionCode } from '../upstream/main-api-records.ts';
import type { ContextServices } from './request-context.ts';

export type { RejectionCode, RejectionModel } from '../auth/rejection.ts';
export type { RequestClient } from '../auth/request-client.ts';
export type {
  ChatAuthor,
  ChatEvent,
  ChatEventKind,
  ChatMessage,
  ChatModeration,
  ChatReaction,
  ChatReactionKind,
  ChatRole,
} from '../chat/room-calls.ts';
export type { ChatRoom } from '../chat/room-reader.ts';
export type { OpenUpload } from '../files/actions/create-upload.ts';
export type { InvestmentAnswer } from '../investing/pool-ledger.ts';
export type { PoolViewerState } from '../investing/pool-viewer-state.ts';
export type { Holding, Portfolio, TokenAmount } from '../investing/portfolio.ts';
export type { Transaction } from '../investing/transactions.ts';
export type { EventSources } from '../realtime/feeds.ts';
export type { CandleIntervalCode, CandleRow } from '../storage/d1/candles.ts';
export type {
  IdoPoolFilter,
  IdoPoolOrderField,
  IdoPoolRow,
  IdoPoolStatus,
  IdoPoolType,
} from '../storage/d1/ido-pools.ts';
export type { InvestmentFailure, InvestmentRow, InvestmentStatus } from '../storage/d1/investments.ts';
export type { Keyed, KeysetPosition, PageStart } from '../storage/d1/keyset.ts';
export type { ProjectDetailRecord } from '../storage/d1/project-details.ts';
export type {
  ProjectDocumentKind,
  ProjectFileRow,
  ProjectMediaKind,
} from '../storage/d1/project-files.ts';
export type {
  ProjectFilter,
  ProjectOrderField,
  ProjectRow,
  ProjectStatus,
  SocialRecord,
} from '../storage/d1/projects.ts';
export type { UserFileRow } from '../storage/d1/user-files.ts';
export type { UserFileKind } from '../storage/d1/user-uploads.ts';
export type {
  CurrencyCode,
  ExchangePriceRecord,
  IndicatorsRecord,
  PriceRecord,
} from '../storage/kv/prices.ts';

export type { PermissionCode } from '../upstream/main-api-records.ts';

/** A user, and the data that only this user may read. Times in Unix seconds, amounts as decimals in text. */
export interface UserModel {
  id: string;
  email: string | null;
  walletAddresses: string[];
  displayName: string | null;
  avatarUrl: string | null;
  kycLevel: number;
  userLevel: number;
  permissions: PermissionCode[];
  createdAt: number;
  sessions(): Promise<SessionModel[] | null>;
}

/** The signed-in user. Times in Unix seconds. */
export interface Viewer extends UserModel {
  sessionId: string;
  /** When the session began. */
  signedInAt: number;
  /** The expiry of their token, or of their session if that is earlier. */
  expiresAt: number;
}

/**
 * The viewer by an `authorization` header; null without one. Rejects with a GraphQLError if it is not valid.
 *
 * @param freshness `authoritative` wherever something changes: the session and the rights are read from D1.
 */
export type ViewerOf = (
  authorization: string | null,
  freshness: 'cached' | 'authoritative',
) => Promise<Viewer | null>;

/** The viewers of verified tokens who are signed in still, by session id, as D1 has them: one call for all of them. */
export type ViewersOf = (tokens: readonly VerifiedToken[]) => Promise<Map<string, Viewer>>;

export type SignedInModel = SignedInUser<Viewer>;

export interface SessionModel {
  id: string;
  userAgent: string | null;
  ipAddress: string | null;
  createdAt: number;
  lastActivityAt: number;
  current: boolean;
}

/** A request, and the function that is told of its faults. */
export interface FaultListener {
  requestId: string;
  /** @param code of a fault that is not the caller's. */
  onFault?: ((code: string) => void) | undefined;
  /** @param errors of an answer, as the client sees them. */
  onErrors?: ((errors: readonly GraphQLError[], hasData: boolean) => void) | undefined;
}

/** A request, and its sender. */
export interface SentRequest extends FaultListener {
  client: RequestClient;
}

export interface GatewayContext extends ContextServices, FaultListener {
  readonly requestId: string;
  /** The instant that the whole request is answered for, in Unix seconds. */
  readonly nowSeconds: number;
  readonly viewer: Viewer | null;
  readonly events: EventSources;
  /** The URL of a public file, by its key in R2 with its version as a query. */
  fileUrl(key: string): string;
  /** True for the viewer, and for users who have signed in within this request. */
  isSelf(userId: string): boolean;
}

/** Rows that `node` can answer with, by type name. */
export interface NodeRows {
  Project: ProjectRow;
  IdoPool: IdoPoolRow;
  Investment: InvestmentRow;
  User: UserModel;
  ChatRoom: ChatRoom;
  ChatMessage: ChatMessage;
}
