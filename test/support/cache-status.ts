/** `Cache-Status` as RFC 9211 has it: a structured-field list (RFC 8941) of caches, each with its parameters. */

export interface CacheStatus {
  cache: string;
  hit?: true;
  fwd?: string;
  ttl?: number;
  stored?: true;
  detail?: string;
}

const KEY = /^[a-z*][a-z0-9_.*-]*$/;
const TOKEN = /^[A-Za-z*][\w!#$%&'*+.^`|~:/-]*$/;
const INTEGER = /^-?\d{1,15}$/;
const FWD = new Set(['bypass', 'method', 'uri-miss', 'vary-miss', 'miss', 'request', 'stale', 'partial']);

/** Of one cache. @throws where the field is not what the RFCs allow. */
export function parseCacheStatus(field: string | null): CacheStatus {
  const [cache = '', ...parameters] = (field ?? '').split(';').map((part) => part.replace(/^ */, ''));
  if (!TOKEN.test(cache)) throw new Error(`no cache is named in ${field}`);
  const status: Record<string, unknown> = { cache };
  for (const parameter of parameters) {
    const [key = '', value, ...rest] = parameter.split('=');
    if (!KEY.test(key) || rest.length > 0 || key in status) throw new Error(`${parameter} in ${field}`);
    if (value === undefined) status[key] = true;
    else if (INTEGER.test(value)) status[key] = Number(value);
    else if (TOKEN.test(value)) status[key] = value;
    else throw new Error(`${parameter} in ${field}`);
  }
  const { hit, fwd, ttl, stored, detail } = status;
  const sound =
    (hit === true) !== (typeof fwd === 'string' && FWD.has(fwd)) &&
    (ttl === undefined || typeof ttl === 'number') &&
    (stored === undefined || (stored === true && fwd !== undefined)) &&
    (detail === undefined || typeof detail === 'string');
  if (!sound) throw new Error(`${field} contradicts itself`);
  return status as unknown as CacheStatus;
}
