/**
 * Access tokens: JWTs that say who sends a request, for 15 minutes (RFC 7519, RFC 8725; `typ` from RFC 9068).
 *
 * A token alone is no right: its session may have ended (`viewers.ts`).
 */
import { errors, type JWTHeaderParameters, jwtVerify, SignJWT } from 'jose';
import * as z from 'zod';
import { ACCESS_TOKEN_SECONDS, AUTHORIZATION_MAX_CHARACTERS, CLOCK_SKEW_SECONDS } from '../config.ts';
import type { SigningKey } from '../settings/signing-keys.ts';
import { type BoundedMemory, ENTRY_BYTES, textBytes } from '../storage/bounded-memory.ts';
import { keysFor, type PurposeKeys } from './keyring.ts';

/** Times are in Unix seconds. */
export interface AccessClaims {
  userId: string;
  sessionId: string;
  notBefore: number;
  expiresAt: number;
}

export interface AccessTokenSources {
  keys: readonly SigningKey[];
  /** A token of one environment is not valid in another. */
  environment: string;
  /** By the header's text, so that a known token costs no cryptography. */
  memory: BoundedMemory<AccessClaims>;
  nowSeconds(): number;
}

const ALGORITHM = 'HS256';
const TYPE = 'at+jwt';
const AUDIENCE = 'com2000-graphql';
const BEARER = /^Bearer +(\S+)$/i;

const claimsSchema = z.object({
  sub: z.string().min(1),
  sid: z.string().min(1),
  iat: z.number(),
  nbf: z.number(),
  exp: z.number(),
});

export class AccessTokens {
  readonly #keys: PurposeKeys;
  readonly #issuer: string;
  readonly #memory: BoundedMemory<AccessClaims>;
  readonly #nowSeconds: () => number;

  constructor({ keys, environment, memory, nowSeconds }: AccessTokenSources) {
    this.#keys = keysFor('access', keys);
    this.#issuer = `com2000-edge-gateway/${environment}`;
    this.#memory = memory;
    this.#nowSeconds = nowSeconds;
  }

  async sign(userId: string, sessionId: string): Promise<{ token: string; expiresAt: number }> {
    const { kid, bytes } = this.#keys.first;
    const issuedAt = this.#nowSeconds();
    const expiresAt = issuedAt + ACCESS_TOKEN_SECONDS;
    const token = await new SignJWT({ sid: sessionId })
      .setProtectedHeader({ alg: ALGORITHM, typ: TYPE, kid })
      .setIssuer(this.#issuer)
      .setAudience(AUDIENCE)
      .setSubject(userId)
      .setIssuedAt(issuedAt)
      .setNotBefore(issuedAt)
      .setExpirationTime(expiresAt)
      .sign(bytes);
    return { token, expiresAt };
  }

  /**
   * The claims of a token that this isolate has verified before and that is valid now: nothing is awaited.
   *
   * @param authorization the header's text
   */
  known(authorization: string): AccessClaims | undefined {
    const claims = this.#memory.get(authorization);
    return claims !== undefined && isValidAt(claims, this.#nowSeconds()) ? claims : undefined;
  }

  /**
   * @param authorization the header's text
   * @returns null if it has no token, or one that is not valid now.
   */
  async verify(authorization: string): Promise<AccessClaims | null> {
    const known = this.#memory.get(authorization);
    if (known !== undefined) return isValidAt(known, this.#nowSeconds()) ? known : null;
    if (authorization.length > AUTHORIZATION_MAX_CHARACTERS) return null;
    const token = BEARER.exec(authorization)?.[1];
    const claims = token === undefined ? null : await this.#claimsOf(token);
    if (claims !== null) {
      const { userId, sessionId } = claims;
      this.#memory.set(authorization, claims, textBytes(authorization, userId, sessionId) + ENTRY_BYTES);
    }
    return claims;
  }

  async #claimsOf(token: string): Promise<AccessClaims | null> {
    try {
      const { payload } = await jwtVerify(token, (header) => this.#keyOf(header), {
        algorithms: [ALGORITHM],
        typ: TYPE,
        issuer: this.#issuer,
        audience: AUDIENCE,
        requiredClaims: ['sub', 'sid', 'iat', 'nbf', 'exp'],
        clockTolerance: CLOCK_SKEW_SECONDS,
        currentDate: new Date(this.#nowSeconds() * 1000),
      });
      const { sub, sid, nbf, exp } = claimsSchema.parse(payload);
      return { userId: sub, sessionId: sid, notBefore: nbf, expiresAt: exp };
    } catch (error) {
      if (error instanceof errors.JOSEError || error instanceof z.ZodError) return null;
      throw error;
    }
  }

  /** The header chooses among the gateway's keys alone: a key that the token brings is not looked at. */
  #keyOf({ kid }: JWTHeaderParameters): Uint8Array {
    const key = kid === undefined ? undefined : this.#keys.byId(kid);
    if (key === undefined) throw new errors.JWKSNoMatchingKey();
    return key.bytes;
  }
}

const isValidAt = ({ notBefore, expiresAt }: AccessClaims, nowSeconds: number) =>
  nowSeconds < expiresAt + CLOCK_SKEW_SECONDS && notBefore - CLOCK_SKEW_SECONDS <= nowSeconds;
