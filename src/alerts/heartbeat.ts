import { NOTICE_SEND_TIMEOUT_MS } from '../config.ts';

/**
 * One request to the heartbeat's URL, if there is one. It follows no redirect.
 *
 * @throws an error that does not name the URL, which is a secret
 */
export async function askHeartbeat(
  url: string | undefined,
  { fetch, timeoutMs = NOTICE_SEND_TIMEOUT_MS }: { fetch: typeof globalThis.fetch; timeoutMs?: number },
): Promise<void> {
  if (url === undefined) return;
  const controller = new AbortController();
  const { signal } = controller;
  const timer = setTimeout(() => controller.abort(), timeoutMs);
  try {
    const response = await fetch(url, { redirect: 'manual', signal }).catch(() => null);
    await response?.body?.cancel();
    if (response?.ok) return;
    const reason = signal.aborted ? `no answer within ${timeoutMs} ms` : 'the connection failed';
    throw new Error(`the heartbeat's URL: ${response === null ? reason : `HTTP ${response.status}`}`);
  } finally {
    clearTimeout(timer);
  }
}
