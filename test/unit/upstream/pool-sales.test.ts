import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseDecimal } from '../../support/upstream/decimals.ts';
import { POOL, reservation, useUpstream } from './upstream-caller.ts';

const { market } = useUpstream();

test('the figures of a pool are those of its living investments, whatever happened to them in any order', () => {
  const id = fc.constantFrom('edge_1', 'edge_2', 'edge_3', 'edge_4');
  const step = fc.oneof(
    fc.record({
      kind: fc.constant('post' as const),
      id,
      user_id: fc.constantFrom('usr_a', 'usr_b'),
      status: fc.constantFrom('pending', 'pending', 'failed'),
      transaction_hash: fc.constantFrom(null, '0x1', '0xbad'),
      token_amount: fc.constantFrom('1', '2.5'),
    }),
    fc.record({ kind: fc.constant('refuse' as const), id }),
    fc.record({ kind: fc.constant('patch' as const), id, status: fc.constantFrom('confirmed', 'failed') }),
    fc.record({ kind: fc.constant('pass' as const), seconds: fc.constantFrom(1, 120, 3_600) }),
    fc.record({ kind: fc.constant('cancel' as const) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
      const one = market({ projectCount: 5, poolCount: 1, investmentCount: 0 });
      let sequence = 0;
      for (const each of steps) {
        sequence += 1;
        if (each.kind === 'pass') one.advance(each.seconds);
        else if (each.kind === 'cancel') one.patchPool(POOL, { status: 'cancelled' });
        else if (each.kind === 'refuse')
          one.writes.refusals.add({ route: 'create-investment', times: 1, investmentId: each.id });
        else if (each.kind === 'patch') one.patchInvestment(each.id, { status: each.status });
        else {
          const { kind: _, ...fields } = each;
          try {
            one.writes.createInvestment(
              { id: fields.id, sequence },
              reservation(one, { ...fields, sequence }),
              one.now(),
            );
          } catch {
            // Refused: the figures hold all the same.
          }
        }
        const living = one
          .records()
          .investments.filter(
            (row) => row.sequence !== undefined && ['pending', 'confirmed'].includes(row.status),
          );
        expect(one.investments.edgeSales(POOL, one.now())).toMatchObject({
          tokens: living.reduce((sum, row) => sum + parseDecimal(row.token_amount), 0n),
          participants: new Set(living.map((row) => row.user_id)).size,
        });
      }
    }),
    { numRuns: 60 },
  );
});
