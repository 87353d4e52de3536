import { stripVTControlCharacters } from 'node:util';
import { expect, it } from 'vitest';
import { formatGatewayLog } from '../../../scripts/start/gateway-log.ts';

const formatted = (level: string, message: string | object) => {
  const text = typeof message === 'string' ? message : JSON.stringify(message);
  const line = formatGatewayLog({ timestamp: Date.UTC(2026, 10, 22, 12, 3, 4), level, message: text });
  return line === undefined ? undefined : stripVTControlCharacters(line);
};

it('shows an error with its fields, and its stack below', () => {
  const stack = 'TypeError: no\n    at resolve (index.js:1:2)\n    at run (index.js:3:4)';
  const line = { level: 'error', event: 'graphql.error', requestId: 'r1', error: 'no', path: 'a.0', stack };
  expect(formatted('error', line)).toBe(
    [
      '  12:03:04 error graphql.error requestId=r1 error=no path=a.0',
      '      at resolve (index.js:1:2)',
      '      at run (index.js:3:4)',
    ].join('\n'),
  );
});

it('hides information and the runs of jobs, which npm start prints from /health', () => {
  expect(formatted('info', { level: 'info', event: 'sync.finished', job: 'prices' })).toBeUndefined();
  expect(formatted('warn', { level: 'warn', event: 'sync.partial', job: 'prices' })).toBeUndefined();
  expect(
    formatted('error', { level: 'error', event: 'sync.failed', job: 'prices', stack: '' }),
  ).toBeUndefined();
  expect(formatted('warn', { level: 'warn', event: 'slow' })).toBe('  12:03:04 warn  slow');
});

it('shows an effect of a job that failed, as /health does not', () => {
  const line = { level: 'error', event: 'sync.sale_feed_not_notified', job: 'pools', error: 'no answer' };
  expect(formatted('error', line)).toBe(
    '  12:03:04 error sync.sale_feed_not_notified job=pools error=no answer',
  );
});

it('shows what is not of the log where workerd calls it a problem', () => {
  expect(formatted('error', 'Uncaught Error: no\n')).toBe('Uncaught Error: no');
  expect(formatted('log', 'debugging')).toBe(undefined);
});
