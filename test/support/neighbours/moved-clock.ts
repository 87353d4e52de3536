/** The clock of a Worker, which a test puts forward: `POST` the seconds. */
export const CLOCK_PATH = '/neighbours/clock';

let aheadMs = 0;
const realNow = Date.now;
Date.now = () => realNow() + aheadMs;

/** Null where the request is not about the clock. */
export async function moveClock(request: Request): Promise<Response | null> {
  if (new URL(request.url).pathname !== CLOCK_PATH) return null;
  aheadMs += Number(await request.text()) * 1000;
  return new Response(null, { status: 204 });
}
