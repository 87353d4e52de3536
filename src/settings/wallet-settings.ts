/** The settings of Sign-In with Ethereum. */
import * as z from 'zod';
import { parseJson } from './json-setting.ts';

const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?';
const NAME = `(?:${LABEL}\\.)+(?:[a-z]{2,63}|xn--[a-z0-9-]{0,58}[a-z0-9])`;
const SIWE_ORIGIN = new RegExp(`^https?://(?:localhost|\\d+(?:\\.\\d+){3}|${NAME})(?::\\d+)?$`);

/**
 * True if a message of EIP-4361 can name this origin: viem takes `localhost`, IPv4 addresses and names with a dot.
 *
 * @param origin as a URL parser writes it
 */
export const isSiweOrigin = (origin: string): boolean =>
  SIWE_ORIGIN.test(origin) && URL.canParse(origin) && new URL(origin).origin === origin;

export const siweOriginSchema = z.string().refine(isSiweOrigin, {
  error: 'must be an origin such as https://app.example',
});

/** By chain id. */
export type RpcUrls = ReadonlyMap<number, string>;

const CHAIN_ID = /^[1-9]\d{0,14}$/;

/** `fetch` refuses a URL with credentials. */
const isRpcUrl = (url: string) => {
  const { username, password } = new URL(url);
  return username === '' && password === '';
};

const rpcUrlsObject = z.record(
  z.string().regex(CHAIN_ID),
  z.url({ protocol: /^https?$/ }).refine((url) => URL.canParse(url) && isRpcUrl(url)),
);

/** Unset and empty mean that there are none. The issue has no part of the value: URLs of providers contain keys. */
export const rpcUrlsSchema = z
  .string()
  .default('')
  .transform((json, context): RpcUrls => {
    if (json.trim() === '') return new Map();
    const parsed = rpcUrlsObject.safeParse(parseJson(json));
    if (parsed.success) return new Map(Object.entries(parsed.data).map(([id, url]) => [Number(id), url]));
    context.addIssue({
      code: 'custom',
      message:
        'must be JSON such as {"1": "https://rpc.example"}: chain ids, and http or https URLs without credentials',
    });
    return z.NEVER;
  });
