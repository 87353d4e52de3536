import { EVENT_STREAM_MEDIA_TYPE } from './server-sent-events.ts';

/**
 * Answers HEAD as GET without the body (RFC 9110, section 9.3.2).
 *
 * @param answerGet the answer to the same request by GET
 */
export async function answerHead(
  request: Request,
  answerGet: (request: Request) => Response | Promise<Response>,
): Promise<Response> {
  const { url, headers: sent } = request;
  const asked = new Headers(sent);
  // A socket is opened by GET alone, and ranges are those of GET (section 14.2).
  for (const name of ['upgrade', 'range', 'if-range']) asked.delete(name);
  const response = await answerGet(new Request(url, { headers: asked }));
  const headers = new Headers(response.headers);
  const isStream = headers.get('Content-Type') === EVENT_STREAM_MEDIA_TYPE;
  if (isStream || headers.has('Content-Length')) await response.body?.cancel();
  else if (response.body !== null)
    headers.set('Content-Length', String((await response.arrayBuffer()).byteLength));
  return new Response(null, { status: response.status, headers });
}
