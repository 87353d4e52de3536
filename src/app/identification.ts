import { keysFor } from '../auth/keyring.ts';
import type { Config } from '../config.ts';
import { createIdentification, type Identification } from '../files/identification.ts';
import { createIdentificationKeys } from '../files/identification-keys.ts';
import type { MainApi } from '../upstream/main-api.ts';
import { nowSeconds } from './runtime.ts';

/** Undefined without `KYC_KEY`: no documents for identification are taken or read. */
export function identificationOf(
  env: Pick<Env, 'DB' | 'STORAGE'>,
  config: Pick<Config, 'KYC_KEY' | 'JWT_SECRET' | 'PUBLIC_ORIGIN'>,
  mainApi: Pick<MainApi, 'createDocument'>,
): Identification | undefined {
  const { KYC_KEY, JWT_SECRET, PUBLIC_ORIGIN } = config;
  if (KYC_KEY === undefined) return undefined;
  return createIdentification({
    db: env.DB,
    bucket: env.STORAGE,
    keys: createIdentificationKeys(env.DB, keysFor('identification', KYC_KEY)),
    urlKeys: keysFor('file-url', JWT_SECRET),
    publicOrigin: PUBLIC_ORIGIN,
    mainApi,
    nowSeconds,
  });
}
