/**
 * The links of reports: whoever has one reads this day's report until it expires. One signature opens the page and its JSON.
 */
import { keysFor, type PurposeKeys } from '../auth/keyring.ts';
import { REPORT_LINK_SECONDS } from '../config.ts';
import { isSigned, type SignedPath, signedUrl } from '../files/signed-urls.ts';
import type { SigningKey } from '../settings/signing-keys.ts';

export interface ReportUrlOptions {
  /** The gateway's own, as clients see it. */
  publicOrigin: string;
  keys: readonly SigningKey[];
}

export class ReportUrls {
  readonly #origin: string;
  readonly #keys: PurposeKeys;

  constructor({ publicOrigin, keys }: ReportUrlOptions) {
    this.#origin = publicOrigin;
    this.#keys = keysFor('report-url', keys);
  }

  /** The URL of the page; with `.json` behind its path, that of the JSON. */
  signed(date: string, nowSeconds: number): string {
    return this.#origin + signedUrl(this.#keys, signedPath(date), nowSeconds + REPORT_LINK_SECONDS);
  }

  isSigned(date: string, query: URLSearchParams, nowSeconds: number): boolean {
    return isSigned(this.#keys, query, signedPath(date), nowSeconds);
  }
}

const signedPath = (date: string): SignedPath => ({ path: `/reports/${date}`, claims: ['GET'] });
