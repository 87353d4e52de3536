/**
 * URLs that open something for a while to whoever has them. The signature covers the path, the expiry and claims that the URL does not
 * show: who may use it, or what may be sent to it.
 */
import { hmac, isHmacOf } from '../auth/hmac.ts';
import type { PurposeKeys } from '../auth/keyring.ts';

export interface SignedPath {
  path: string;
  /** In one order. A request must prove each of them before `isSigned` is asked. */
  claims: readonly string[];
}

/** @param expiresAt in Unix seconds */
export function signedUrl({ first }: PurposeKeys, signed: SignedPath, expiresAt: number): string {
  const signature = `${first.kid}.${hmac(first.bytes, signedText(signed, String(expiresAt)))}`;
  return `${signed.path}?${new URLSearchParams({ expires: String(expiresAt), signature })}`;
}

/** True until the URL expires. @param query of the request, which other parameters may be in */
export function isSigned(
  keys: PurposeKeys,
  query: URLSearchParams,
  signed: SignedPath,
  nowSeconds: number,
): boolean {
  const expires = query.get('expires') ?? '';
  const [, kid = '', signature = ''] = /^([\w-]+)\.([\w-]+)$/.exec(query.get('signature') ?? '') ?? [];
  const key = keys.byId(kid);
  if (key === undefined || !/^\d{1,12}$/.test(expires) || Number(expires) <= nowSeconds) return false;
  return isHmacOf(key.bytes, signedText(signed, expires), signature);
}

const signedText = ({ path, claims }: SignedPath, expires: string) =>
  JSON.stringify([path, expires, ...claims]);
