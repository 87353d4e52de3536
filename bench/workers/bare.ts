/**
 * The limit: what workerd itself needs to take a request and give an answer of the same bytes and headers. It reads the
 * body of a POST and throws it away. `PUT` tells it what to answer, so that it can stand beside any other Worker.
 */
interface KeptAnswer {
  body: ArrayBuffer;
  headers: Headers;
}

let kept: KeptAnswer | undefined;

/** Those that the connection itself adds, or that only the request to be kept has. */
const NOT_KEPT = ['host', 'content-length', 'transfer-encoding', 'connection', 'cf-connecting-ip'];

export default {
  async fetch(request) {
    if (request.method === 'PUT') {
      const headers = new Headers(request.headers);
      for (const name of NOT_KEPT) headers.delete(name);
      kept = { body: await request.arrayBuffer(), headers };
      return new Response(null, { status: 204 });
    }
    if (kept === undefined) return new Response('nothing is kept yet', { status: 503 });
    if (request.method === 'POST') await request.text();
    return new Response(kept.body, { headers: kept.headers });
  },
} satisfies ExportedHandler;
