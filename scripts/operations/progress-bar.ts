/** Shows on a terminal how much of a long step is done. Elsewhere it is silent, because a log keeps every line. */
const BAR_WIDTH = 30;
const LABEL_WIDTH = 10;

export interface Progress {
  /** @param done of `total`; the bar disappears when both are the same. */
  show(label: string, done: number, total: number): void;
  clear(): void;
}

export const noProgress: Progress = { show: () => undefined, clear: () => undefined };

export function progressBar(terminal: { write(text: string): unknown }): Progress {
  let shown = false;
  const clear = () => {
    if (shown) terminal.write('\r\u001b[K');
    shown = false;
  };
  return {
    clear,
    show(label, done, total) {
      if (done >= total) return clear();
      const bar = '#'.repeat(Math.floor((BAR_WIDTH * done) / total)).padEnd(BAR_WIDTH, '.');
      terminal.write(`\r  ${label.padEnd(LABEL_WIDTH)}[${bar}] ${done}/${total}\u001b[K`);
      shown = true;
    },
  };
}
