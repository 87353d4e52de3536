/** Payments at the simulated main API of `npm start`. */
import type { RunningStart } from '../browser/running-start.ts';

/** The simulated main API confirms a payment after two minutes. */
const CONFIRMED_AFTER_SECONDS = 121;
const HANDED_OVER_WITHIN_MS = 30_000;
/** It is made, and then it is paid. */
const CHANGES = 2;

/** Waits until so many paid investments have arrived at the main API, and moves its clock until it confirms them. */
export async function confirmPayments(start: RunningStart, investments: number): Promise<void> {
  const [, upstreamUrl = ''] = /^ {2}Main API +(http:\/\/[^/]+)/m.exec(start.output()) ?? [];
  const control = (route: string, init?: RequestInit) =>
    fetch(`${upstreamUrl}/control/markets/main/${route}`, init);
  const deadlineMs = Date.now() + HANDED_OVER_WITHIN_MS;
  while ((await handedOver(control)) < investments) {
    if (Date.now() > deadlineMs) throw new Error('the gateway has not handed the investments over');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  await control('clock', {
    method: 'POST',
    body: JSON.stringify({ advanceSeconds: CONFIRMED_AFTER_SECONDS }),
  });
}

async function handedOver(control: (route: string) => Promise<Response>): Promise<number> {
  const { investments = {} } = (await (await control('handovers')).json()) as Record<
    string,
    Record<string, { applied: number[] }>
  >;
  return Object.values(investments).filter(({ applied }) => applied.length === CHANGES).length;
}
