/**
 * The gateway's log for people: warnings and errors, one line each, with the stack below. The lines of job runs are
 * left out, because `npm start` prints each run from `/health`. Effects that fail are shown: `/health` does not have
 * them.
 */
import { styleText } from 'node:util';
import * as z from 'zod';
import { timeOf } from './lines.ts';

const RUN_EVENTS: ReadonlySet<string> = new Set(['sync.finished', 'sync.partial', 'sync.failed']);

/** A line as workerd delivers it. */
export interface WorkerdLog {
  /** Unix milliseconds. */
  timestamp: number;
  level: string;
  message: string;
}

const gatewayLine = z
  .object({
    level: z.enum(['info', 'warn', 'error']),
    event: z.string(),
    stack: z.string().optional(),
  })
  .catchall(z.union([z.string(), z.number(), z.boolean(), z.null()]));

/** Undefined for a line that is not shown. */
export function formatGatewayLog(entry: WorkerdLog): string | undefined {
  const line = parseLine(entry.message);
  if (line === undefined) return isProblem(entry.level) ? entry.message.trimEnd() : undefined;
  const { level, event, stack, ...fields } = line;
  if (level === 'info' || RUN_EVENTS.has(event)) return undefined;
  const details = Object.entries(fields).map(([name, value]) => `${name}=${String(value)}`);
  const head = [
    timeOf(entry.timestamp),
    styleText(level === 'error' ? 'red' : 'yellow', level.padEnd(5)),
    event,
    ...details,
  ];
  // A stack begins with the message, which is in the line already.
  const frames = stack?.split('\n').filter((frame) => frame.trimStart().startsWith('at ')) ?? [];
  return [`  ${head.join(' ')}`, ...frames.map((frame) => styleText('dim', `      ${frame.trim()}`))].join(
    '\n',
  );
}

const isProblem = (level: string) => level === 'warn' || level === 'error';

function parseLine(message: string): z.output<typeof gatewayLine> | undefined {
  try {
    return gatewayLine.safeParse(JSON.parse(message)).data;
  } catch {
    return undefined;
  }
}
