/** Phases of alerts, whatever the rules: scripted rules, drawn breaches and clocks. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parsedAlertState } from '../../../src/alerts/alert-state.ts';
import type { Decision } from '../../../src/alerts/decide.ts';
import type { AlertRule, Breach } from '../../../src/alerts/rule.ts';
import { watchGateway } from '../../support/watched-gateway.ts';

type Finding = readonly string[] | 'unread' | 'throws';

/** A rule whose findings a test sets before each look. */
function scriptedRule(times: Partial<AlertRule> = {}) {
  const script: { finding: Finding } = { finding: [] };
  const rule: AlertRule = {
    name: 'd1-slow',
    runbook: 'd1-slow',
    severity: 'ticket',
    windowSeconds: 0,
    holdSeconds: 180,
    recoverySeconds: 300,
    minimum: 0,
    counted: '',
    inWords: (value) => `${value} ms`,
    breaches() {
      const { finding } = script;
      if (finding === 'throws') throw new Error('the rule is wrong');
      if (finding === 'unread') return null;
      return finding.map((subject): Breach => ({ subject, value: 7, summary: `${subject} is slow.` }));
    },
    ...times,
  };
  return { rule, script };
}

function watchScripted(times: Partial<AlertRule> = {}) {
  const { rule, script } = scriptedRule(times);
  const gateway = watchGateway({ thresholds: {}, rules: [rule] });
  const find = (finding: Finding, afterSeconds = 60) => {
    script.finding = finding;
    return gateway.look({}, afterSeconds).map(({ event, subject }) => `${event} ${subject}`);
  };
  return { gateway, find };
}

describe('one alert', () => {
  test('fires after its hold, once, and ends after its recovery, once, and says how long it took', () => {
    const { gateway, find } = watchScripted();
    const events = [...Array(10).fill(['a']), ...Array(10).fill([])].map((finding) => find(finding));
    expect(events.flat()).toEqual(['fired a', 'resolved a']);
    const [fired, resolved] = gateway.decisions;
    expect(events[3]).toEqual(['fired a']);
    expect(fired).toMatchObject({
      ...{ event: 'fired', rule: 'd1-slow', severity: 'ticket', subject: 'a', summary: 'a is slow.' },
      ...{ value: '7 ms', threshold: '1000 ms' },
    });
    expect(resolved).toMatchObject({ incidentId: fired?.incidentId, startedAt: fired?.startedAt });
    // Six minutes of ten are over when it fires; the recovery is five, from the first look that finds nothing.
    expect((resolved?.endedAt ?? 0) - (resolved?.startedAt ?? 0)).toBe((6 + 1 + 5) * 60);
    expect(resolved?.incidentId).not.toMatch(/[: ]/);
  });

  test('is silent where it breaks for less than its hold, or is kept for less than its recovery', () => {
    const { find } = watchScripted();
    const early = [['a'], ['a'], ['a'], [], ['a'], ['a'], [], []].flatMap((finding) => find(finding));
    expect(early).toEqual([]);
    expect(
      Array(4)
        .fill(['a'])
        .flatMap((finding) => find(finding)),
    ).toEqual(['fired a']);
    const flapping = Array(40)
      .fill(0)
      .flatMap((_, at) => find(at % 5 === 0 ? ['a'] : []));
    expect(flapping).toEqual([]);
  });

  test('fires at once without a hold', () => {
    const { find } = watchScripted({ holdSeconds: 0, recoverySeconds: 0 });
    expect([find(['a']), find(['a']), find([])]).toEqual([['fired a'], [], ['resolved a']]);
  });

  test('stays as it is while its rule finds nothing to look at, or throws', () => {
    const { gateway, find } = watchScripted();
    for (const finding of Array(5).fill(['a'])) find(finding);
    for (const finding of ['unread', 'throws', 'unread', 'throws'] as const)
      for (let minute = 0; minute < 10; minute += 1) expect(find(finding)).toEqual([]);
    expect(gateway.failures).toHaveLength(20);
    expect(gateway.failures[0]).toMatchObject({ rule: 'd1-slow', error: new Error('the rule is wrong') });
    expect(
      Array(7)
        .fill([])
        .flatMap((finding) => find(finding)),
    ).toEqual(['resolved a']);
  });

  test('ends if its rule is of another build, or is turned off', () => {
    const { gateway, find } = watchScripted({ holdSeconds: 0 });
    find(['a']);
    const later = watchGateway({ thresholds: {}, rules: [] });
    later.state = gateway.state;
    later.now = gateway.now;
    expect(later.look()).toMatchObject([{ event: 'resolved', subject: 'a', summary: 'a is slow.' }]);
    expect(later.minutes(10)).toEqual([]);
    const { rule, script } = scriptedRule({ holdSeconds: 0 });
    script.finding = ['a'];
    const off = watchGateway({ thresholds: { 'd1-slow': null }, rules: [rule] });
    off.state = gateway.state;
    off.now = gateway.now;
    expect(off.minutes(10).map(({ event }) => event)).toEqual(['resolved']);
  });
});

test('a rule that throws keeps no other one from being judged', () => {
  const wrong = scriptedRule({ name: 'sync' });
  wrong.script.finding = 'throws';
  const right = scriptedRule({ holdSeconds: 0 });
  right.script.finding = ['a'];
  const gateway = watchGateway({ thresholds: {}, rules: [wrong.rule, right.rule] });
  expect(gateway.look()).toMatchObject([{ event: 'fired', rule: 'd1-slow' }]);
  expect(gateway.failures).toMatchObject([{ rule: 'sync' }]);
});

test('the number of alerts and the length of texts are bounded', () => {
  const { gateway, find } = watchScripted({ holdSeconds: 0 });
  const subjects = Array.from({ length: 1_000 }, (_, at) => `${at}`.padEnd(10_000, '<!channel>'));
  expect(find(subjects)).toHaveLength(10);
  expect(JSON.stringify(gateway.state).length).toBeLessThan(20_000);
});

/** A look: what the rule finds, and by how much the clock has moved. */
const drawnLook = fc.record({
  finding: fc.oneof(
    fc.subarray(['a', 'b', 'c'] as const) as fc.Arbitrary<Finding>,
    fc.constantFrom<Finding>('unread', 'throws'),
  ),
  afterSeconds: fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: 55, max: 65 }) },
    { weight: 1, arbitrary: fc.integer({ min: -100_000, max: 100_000 }) },
  ),
  repeats: fc.integer({ min: 1, max: 8 }),
});

const drawnLooks = fc
  .array(drawnLook, { minLength: 1, maxLength: 40 })
  .map((looks) => looks.flatMap(({ repeats, ...look }) => Array.from({ length: repeats }, () => look)));

const drawnTimes = fc.record({
  holdSeconds: fc.constantFrom(0, 60, 300, 600),
  recoverySeconds: fc.constantFrom(0, 60, 300, 600),
});

describe('whatever a rule finds and however the clock jumps', () => {
  test('each incident fires once and then ends once, and the next one begins after it', () => {
    fc.assert(
      fc.property(drawnLooks, drawnTimes, (looks, times) => {
        const { gateway, find } = watchScripted(times);
        for (const { finding, afterSeconds } of looks) find(finding, afterSeconds);
        for (const subject of ['a', 'b', 'c']) {
          const own = gateway.decisions.filter((decision) => decision.subject === subject);
          expect(own.map(({ event }) => event)).toEqual(
            own.map((_, at) => (at % 2 === 0 ? 'fired' : 'resolved')),
          );
          own.forEach((decision, at) => {
            if (decision.event !== 'resolved') return;
            expect(decision.incidentId).toBe(own[at - 1]?.incidentId);
            expect(decision.endedAt).toBeGreaterThanOrEqual(decision.startedAt);
          });
        }
        const ids = fired(gateway.decisions).map(({ incidentId }) => incidentId);
        expect(new Set(ids).size).toBe(ids.length);
      }),
    );
  });

  test('no alert is lost: each ends once its rule is kept for long enough', () => {
    fc.assert(
      fc.property(drawnLooks, drawnTimes, (looks, times) => {
        const { gateway, find } = watchScripted(times);
        for (const { finding, afterSeconds } of looks) find(finding, afterSeconds);
        for (let minute = 0; minute < 12; minute += 1) find([]);
        const ended = gateway.decisions.filter(({ event }) => event === 'resolved');
        expect(ended).toHaveLength(fired(gateway.decisions).length);
        expect(gateway.state.alerts).toEqual([]);
      }),
    );
  });

  test('it fires only where the last looks have all found it, for its hold', () => {
    fc.assert(
      fc.property(drawnLooks, drawnTimes, (looks, times) => {
        const { find } = watchScripted(times);
        let broken = 0;
        for (const { finding, afterSeconds } of looks) {
          const judged = Array.isArray(finding);
          const isBroken = judged && finding.includes('a');
          const events = find(finding, afterSeconds);
          if (judged) broken = isBroken ? broken + 1 : 0;
          // A look counts for two minutes at most.
          if (events.includes('fired a'))
            expect((broken - 1) * 120).toBeGreaterThanOrEqual(times.holdSeconds);
          if (events.includes('resolved a')) expect(isBroken).toBe(false);
        }
      }),
    );
  });

  test('the state that D1 keeps is read as it was written', () => {
    fc.assert(
      fc.property(drawnLooks, (looks) => {
        const { gateway, find } = watchScripted({ holdSeconds: 60 });
        for (const { finding, afterSeconds } of looks) find(finding, afterSeconds);
        expect(parsedAlertState(JSON.parse(JSON.stringify(gateway.state)))).toEqual(gateway.state);
      }),
      { numRuns: 20 },
    );
  });
});

test('a state without the form begins anew, part by part', () => {
  const { gateway, find } = watchScripted({ holdSeconds: 0 });
  find(['a']);
  for (const value of [null, 7, 'x', [], { alerts: 'x', windows: { recent: 1 } }])
    expect(parsedAlertState(value).alerts).toEqual([]);
  expect(parsedAlertState({ ...gateway.state, windows: null }).alerts).toHaveLength(1);
});

const fired = (decisions: readonly Decision[]) => decisions.filter(({ event }) => event === 'fired');
