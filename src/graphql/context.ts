/**
 * What resolvers may use. This is all that the schema sees of the gateway, and it sees the types alone.
 */
import type { CandleLoader } from '../loaders/candles.ts';
import type { IdoPoolLoader } from '../loaders/ido-pools.ts';
import type { InvestmentLoader } from '../loaders/investments.ts';
import type { PriceLoader } from '../loaders/prices.ts';
import type { ProjectDetailLoader } from '../loaders/project-details.ts';
import type { ProjectLoader } from '../loaders/projects.ts';
import type { EventSources } from '../realtime/feeds.ts';
import type { KeysetPosition } from '../storage/d1/keyset.ts';
import type { Keyed } from '../storage/d1/projects.ts';
import type { IdoPoolRow, InvestmentRow, ProjectRow } from '../storage/d1/rows.ts';

export type { EventSources } from '../realtime/feeds.ts';
export type { IdoPoolFilter, IdoPoolOrderField } from '../storage/d1/ido-pools.ts';
export type { KeysetPosition } from '../storage/d1/keyset.ts';
export type { ProjectDetailRecord } from '../storage/d1/project-details.ts';
export type { Keyed, ProjectFilter, ProjectOrderField } from '../storage/d1/projects.ts';
export type {
  CandleIntervalCode,
  CandleRow,
  IdoPoolRow,
  IdoPoolStatus,
  IdoPoolType,
  InvestmentRow,
  InvestmentStatus,
  ProjectRow,
  ProjectStatus,
  SocialRecord,
} from '../storage/d1/rows.ts';
export type {
  CurrencyCode,
  ExchangePriceRecord,
  IndicatorsRecord,
  PriceRecord,
} from '../storage/kv/prices.ts';

/** What a user may do. */
export type PermissionCode = 'read' | 'write' | 'invest' | 'trade' | 'admin';

/** The signed-in user, and what only signing in gives access to. Times in Unix seconds, amounts TEXT decimals. */
export interface Viewer {
  id: string;
  email: string | null;
  walletAddresses: string[];
  displayName: string | null;
  avatarUrl: string | null;
  kycLevel: number;
  userLevel: number;
  permissions: PermissionCode[];
  createdAt: number;
  /** Of the session that they are signed in by. */
  sessionId: string;
  /** When what they showed is no longer believed. */
  expiresAt: number;
  portfolio(): Promise<PortfolioModel | null>;
  /** Newest first; one more than `limit` tells that there is more. */
  transactions(page: { after: KeysetPosition | null; limit: number }): Promise<Keyed<TransactionModel>[]>;
  sessions(): Promise<SessionModel[] | null>;
}

export interface PortfolioModel {
  invested: TokenAmountModel[];
  investedUsd: number | null;
  currentValueUsd: number | null;
  profitPercent: number | null;
  holdings: HoldingModel[];
  unpricedSymbols: string[];
}

export interface TokenAmountModel {
  token: string;
  amount: string;
}

export interface HoldingModel {
  symbol: string;
  projectId: string | null;
  tokenAmount: string;
  invested: TokenAmountModel[];
  currentValueUsd: number | null;
}

export interface TransactionModel {
  id: string;
  kind: 'payment' | 'claim' | 'refund';
  investment: InvestmentRow;
  amount: string;
  token: string;
  transactionHash: string | null;
  occurredAt: number;
}

export interface SessionModel {
  id: string;
  userAgent: string | null;
  ipAddress: string | null;
  createdAt: number;
  lastActivityAt: number;
  current: boolean;
}

export interface GatewayContext {
  requestId: string;
  /** The instant that the whole request is answered for, in Unix seconds. */
  nowSeconds: number;
  viewer: Viewer | null;
  projects: ProjectLoader;
  projectDetails: ProjectDetailLoader;
  prices: PriceLoader;
  candles: CandleLoader;
  idoPools: IdoPoolLoader;
  investments: InvestmentLoader;
  events: EventSources;
}

/** Rows that `node` can answer with, by type name. */
export interface NodeRows {
  Project: ProjectRow;
  IdoPool: IdoPoolRow;
  Investment: InvestmentRow;
  User: Viewer;
}
