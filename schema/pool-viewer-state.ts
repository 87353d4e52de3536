import type { PoolViewerState as PoolViewerStateModel } from '../src/graphql/context.ts';
import { builder } from './builder.ts';
import { Investment } from './node.ts';

export const PoolViewerState = builder.objectRef<PoolViewerStateModel>('PoolViewerState').implement({
  description: "The viewer's place in a pool.",
  fields: (t) => ({
    registered: t.exposeBoolean('registered', { description: 'Whether they are on its list.' }),
    eligible: t.exposeBoolean('eligible', {
      description: "Whether the pool's type and the viewer's rights let them take part.",
    }),
    openReservation: t.expose('openReservation', {
      type: Investment,
      nullable: true,
      description: 'The unpaid reservation that is open now: at most one at a time.',
    }),
    invested: t.expose('invested', {
      type: 'Decimal',
      description: 'What they put in, in payment tokens: pending and confirmed investments.',
    }),
    remainingAllocation: t.expose('remainingAllocation', {
      type: 'Decimal',
      description:
        'What the viewer may still invest now, in payment tokens; 0 where the pool is closed to them.',
    }),
  }),
});
