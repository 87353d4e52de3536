/** All is well again: calls reach the main API, syncs hand over what they read, D1 is written. Then nothing may be left in doubt. */
import { LedgerVerifier } from '../../../src/investing/verify-ledger.ts';
import { toUnits } from '../../../src/storage/decimal-units.ts';
import { claimableUnits, type DrivenSale } from './driven-sale.ts';
import { checkRow } from './invest-answers.ts';
import { must } from './must.ts';

const MINUTE_MS = 60_000;
/** A call that failed is due again by then. */
const LONGEST_PAUSE_MS = 6 * MINUTE_MS;
const DAY_MS = 86_400_000;

/** To be called when no call is under way. */
export function comeToRest(sale: DrivenSale): void {
  sale.skewMs = 0;
  sale.mainApi.nowMs = Math.max(sale.mainApi.nowMs, sale.model.clockMs) + 1_000;
  deliver(sale);
  checkCounts(sale);
  // Reservations run out, and so does the time of late payments.
  sale.mainApi.nowMs = Math.max(sale.mainApi.nowMs, sale.model.terms.sale_end * 1_000) + DAY_MS + MINUTE_MS;
  deliver(sale);
  checkCounts(sale);
  for (const { id } of sale.model.investments.values())
    must(sale.model.reader.of(id)?.status !== 'reserved', 'no reservation outlives its time');
  checkD1(sale);
  checkNotices(sale);
  must(sale.ledger.check().length === 0, `the ledger agrees with itself: ${sale.ledger.check().join()}`);
  must(
    sale.ledger.exportEntries(0, 1_000_000) === sale.model.reader.lines.map((line) => `${line}\n`).join(''),
    'entries are never changed',
  );
  checkExport(sale.model.reader.lines);
}

/** By the program that anybody can run. */
function checkExport(lines: readonly string[]): void {
  const verifier = new LedgerVerifier();
  const encoder = new TextEncoder();
  for (const line of lines) {
    const checked = verifier.accept(encoder.encode(line));
    must(!('fault' in checked), `the export is without fault: ${JSON.stringify(checked)} ${line}`);
  }
}

function deliver(sale: DrivenSale): void {
  // None runs out meanwhile.
  for (const { id, expiresAt } of sale.model.investments.values()) {
    const isSoonOver = expiresAt * 1_000 < sale.mainApi.nowMs + 3 * LONGEST_PAUSE_MS;
    if (isSoonOver && sale.model.reader.of(id)?.status === 'reserved')
      sale.mainApi.nowMs = Math.max(sale.mainApi.nowMs, expiresAt * 1_000);
  }
  // A snapshot may cancel what was sold: calls follow.
  for (let round = 0; round < 2; round += 1) {
    sale.mainApi.nowMs += LONGEST_PAUSE_MS;
    sale.tick();
    for (let rows = sale.ledger.due(100); rows.length > 0; rows = sale.ledger.due(100)) {
      for (const row of rows) {
        sale.sending(row);
        sale.answer(row, sale.mainApi.post(row));
      }
    }
    sale.giveRecords(sale.mainApi.records());
    sale.mainApi.nowMs += MINUTE_MS;
    // It has the second of the last change, although it was asked for long afterwards.
    sale.flush(1_000);
    sale.giveSnapshot(sale.mainApi.snapshot(sale.mainApi.nowMs, sale.shownRevision));
  }
  // The pool's figures are written once a second.
  sale.mainApi.nowMs += 1_000;
  sale.flush(1_000);
  must(
    (sale.ledger.nextWakeMs() ?? Number.POSITIVE_INFINITY) > sale.model.clockMs,
    'nothing is left to do now',
  );
}

function checkCounts(sale: DrivenSale): void {
  const { model, d1, mainApi } = sale;
  const { terms, elsewhereUnits } = mainApi.snapshot(0, 0);
  must(model.reader.balance('tokens:elsewhere') === elsewhereUnits, 'nothing stays in doubt for ever');
  const { figures } = d1;
  must(figures !== null && figures.ledger_outbox_since === null, 'every call is answered');
  must(toUnits(figures.sold_tokens) === toUnits(terms.upstream_sold_tokens), 'as much is sold as upstream');
  must(
    toUnits(figures.total_raised) === toUnits(terms.upstream_total_raised),
    'as much is raised as upstream',
  );
  must(figures.participant_count === terms.upstream_participant_count, 'as many take part as upstream');
  const head = sale.ledger.head();
  must(figures.ledger_sequence === head?.sequence && figures.ledger_hash === head.hash, 'D1 has the head');
}

/** Upstream, the ledger and D1 agree about every investment. */
function checkD1(sale: DrivenSale): void {
  const { model, d1, mainApi } = sale;
  for (const { id, told } of model.investments.values()) {
    const row = d1.investments.get(id);
    must(row !== undefined, 'D1 has every investment');
    checkRow(model, row);
    const upstream = mainApi.stored.get(id)?.record;
    must(
      row.status === (upstream?.status ?? 'failed'),
      `${id} is ${row.status}, upstream ${upstream?.status}`,
    );
    for (const hash of told) must(d1.toldPayments.has(`${hash} ${id}`), 'D1 has every payment that was told');
    if (upstream !== undefined && upstream.status === 'confirmed')
      must(
        claimableUnits(row) === toUnits(upstream.claimable_amount),
        'what can be claimed is what upstream says',
      );
    if (upstream !== undefined && told.size > 0 && upstream.status === 'pending')
      must(told.has(upstream.transaction_hash ?? ''), 'upstream knows of a payment');
  }
}

/** A person is told of what no rule decides. */
function checkNotices({ model, d1 }: DrivenSale): void {
  const kinds = new Set([...d1.notices.values()].map(({ kind }) => kind));
  const isOver = model.reader.lines.some((line) =>
    /"reason":"(?:confirmed|sold elsewhere) beyond the total"/.test(line),
  );
  must(!isOver || kinds.has('over_allocated'), 'a person is told of what is sold beyond the total');
  const told = [...model.investments.values()].flatMap((investment) => [...investment.told]);
  must(
    told.length === new Set(told).size || kinds.has('hash_told_twice'),
    'a person is told of a hash of two',
  );
}
