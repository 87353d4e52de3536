/** The clock, randomness and timers of the runtime. Node has them too, so tests may load what uses them alone. */

/** The clock is read anew each time: tests and workerd move it. */
export const nowMs = () => Date.now();
export const randomId = () => crypto.randomUUID();
export const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));
export const randomBytes = (length: number) => crypto.getRandomValues(new Uint8Array(length));
export const nowSeconds = () => Math.floor(nowMs() / 1000);
/** The clock by which alarms go off. It goes on where another clock is moved: an alarm would be due at once, over and over. */
export const alarmNowMs = () => performance.timeOrigin + performance.now();
