/** The gateway of one version, whose Durable Objects another Worker has, with a clock that a test puts forward. */
import gateway from './gateway.bundle.js';
import { moveClock } from './moved-clock.ts';

export default {
  fetch: async (request, env, ctx) => (await moveClock(request)) ?? gateway.fetch(request, env, ctx),
  scheduled: (controller, env, ctx) => gateway.scheduled(controller, env, ctx),
} satisfies ExportedHandler<Env>;
