/**
 * A screen that shows one look at the gateway after the other, until somebody ends it.
 *
 * Each picture is one write, over the one before, so nothing flickers. The terminal is left as it was found.
 */
import { setTimeout as wait } from 'node:timers/promises';
import type { ScreenSize } from './screen.ts';

const ESCAPE = '\u001b[';
/** Another screen, no cursor, and lines that are cut where they are too long. */
const ENTER = `${ESCAPE}?1049h${ESCAPE}?25l${ESCAPE}?7l`;
const LEAVE = `${ESCAPE}?7h${ESCAPE}?25h${ESCAPE}?1049l`;
/** Terminals that know it show the picture when it is whole. */
const BEGIN_PICTURE = `${ESCAPE}?2026h`;
const END_PICTURE = `${ESCAPE}?2026l`;
const HOME = `${ESCAPE}H`;
const CLEAR_REST_OF_LINE = `${ESCAPE}K`;
const CLEAR_BELOW = `${ESCAPE}J`;
/** `q`, Ctrl-C and Ctrl-D: as no line is edited, keys come as they are typed. */
const ENDING_KEYS = ['q', '\u0003', '\u0004'];
const SIZE_DEFAULT: ScreenSize = { columns: 80, rows: 24 };

export interface Terminal {
  output: Pick<NodeJS.WriteStream, 'write' | 'on' | 'off'> & Partial<ScreenSize>;
  input: Pick<NodeJS.ReadStream, 'on' | 'off' | 'resume' | 'pause'> & {
    isTTY?: boolean;
    setRawMode?(isRaw: boolean): unknown;
  };
  /** Aborted from outside, by a signal. */
  ended: AbortSignal;
}

/**
 * @param look resolves to the lines of a screen of any size
 * @throws what `look` throws, after it has left the screen
 */
export async function watchScreen(
  { output, input, ended }: Terminal,
  everySeconds: number,
  look: () => Promise<(size: ScreenSize) => string[]>,
): Promise<void> {
  const ending = new AbortController();
  const end = () => ending.abort();
  const onKeys = (keys: Buffer | string) => {
    if ([...String(keys)].some((key) => ENDING_KEYS.includes(key))) end();
  };
  let linesOf = (_size: ScreenSize): string[] => [' asking …'];
  const draw = () => {
    if (ending.signal.aborted) return;
    // A terminal without a known size says 0.
    const columns = output.columns || SIZE_DEFAULT.columns;
    const rows = output.rows || SIZE_DEFAULT.rows;
    const lines = linesOf({ columns, rows }).map((line) => `${line}${CLEAR_REST_OF_LINE}`);
    output.write(`${BEGIN_PICTURE}${HOME}${lines.join('\r\n')}${CLEAR_BELOW}${END_PICTURE}`);
  };

  ended.addEventListener('abort', end);
  input.on('data', onKeys);
  output.on('resize', draw);
  if (input.isTTY) input.setRawMode?.(true);
  input.resume();
  output.write(ENTER);
  try {
    draw();
    while (!ending.signal.aborted) {
      linesOf = await Promise.race([look(), aborted(ending.signal, linesOf)]);
      draw();
      await wait(everySeconds * 1000, undefined, { signal: ending.signal }).catch(() => undefined);
    }
  } finally {
    output.write(LEAVE);
    output.off('resize', draw);
    input.off('data', onKeys);
    if (input.isTTY) input.setRawMode?.(false);
    input.pause();
    ended.removeEventListener('abort', end);
  }
}

const aborted = <Value>(signal: AbortSignal, value: Value) =>
  new Promise<Value>((resolve) => signal.addEventListener('abort', () => resolve(value), { once: true }));
