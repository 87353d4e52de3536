/** A sale as a buyer checks it: their receipt is in the public ledger, and the ledger holds. */
import { afterEach, expect, test, vi } from 'vitest';
import { encodeGlobalId } from '../../../schema/global-ids.ts';
import { LedgerVerifier } from '../../../src/investing/verify-ledger.ts';
import { invest, submitPayment, transactionHashOf } from '../../support/ask-to-invest.ts';
import { sha256 } from '../../support/investing/written-ledger.ts';
import { createInvestor } from '../../support/investors.ts';
import { openSale } from '../../support/sale.ts';

afterEach(() => vi.useRealTimers());

test('a buyer finds their receipt in the public ledger, which holds and names nobody', async () => {
  const { gateway, poolId, pass } = await openSale();
  const ann = await createInvestor(`ann-${crypto.randomUUID()}`);
  const globalId = encodeGlobalId('IdoPool', poolId);
  const { investment } = await invest(gateway, ann, {
    poolId: globalId,
    amount: '100.5',
    idempotencyKey: crypto.randomUUID(),
  });
  if (investment?.receipt == null) throw new Error('the investment has no receipt');
  const payment = { investmentId: investment.id, transactionHash: transactionHashOf(1) };
  await submitPayment(gateway, ann, payment);
  await pass(2);

  const response = await gateway.fetch(`/ledger/${globalId}.jsonl`);
  const text = new TextDecoder().decode(await response.arrayBuffer());
  const lines = text.split('\n').slice(0, -1);
  const verifier = new LedgerVerifier([investment.receipt]);
  for (const line of lines)
    expect(verifier.accept(new TextEncoder().encode(line))).not.toHaveProperty('fault');
  expect(verifier.end()).toBeNull();

  const { data } = await gateway.query(
    `{ idoPool(id: ${JSON.stringify(globalId)}) { ledgerHead { sequence hash recordedAt } } }`,
  );
  const { head } = verifier.summary;
  expect(data).toMatchObject({ idoPool: { ledgerHead: { sequence: head?.sequence, hash: head?.hash } } });
  expect(response.headers.get('etag')).toBe(`"${head?.hash}"`);
  const own = lines.filter((line) => JSON.parse(line).investment === sha256(investment.id));
  expect(own.map((line) => JSON.parse(line).kind)).toEqual(['reserve', 'submit']);
  expect(text).not.toContain(ann.id);
  expect(text).not.toContain(payment.transactionHash);
});
