/**
 * The limit for memory: what workerd itself takes to answer. It reads a request and encodes an answer anew, as a miss does,
 * and keeps nothing of either. `PUT` tells it the text that it answers with.
 */
let text = '';
const encoder = new TextEncoder();

export default {
  async fetch(request) {
    if (request.method === 'PUT') {
      text = await request.text();
      return new Response(null, { status: 204 });
    }
    if (request.method === 'POST') await request.text();
    return new Response(encoder.encode(text), { headers: { 'Content-Type': 'application/json' } });
  },
} satisfies ExportedHandler;
