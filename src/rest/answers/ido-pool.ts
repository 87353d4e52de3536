import * as z from 'zod';
import {
  decimal,
  descriptionOf,
  integer,
  number,
  oneOf,
  optional,
  optionalSeconds,
  PLATFORM_ID,
  page,
  seconds,
  string,
} from './fields.ts';
import { ledgerEntry } from './ledger-entry.ts';
import { projectReference } from './project-reference.ts';

export const idoPool = z
  .strictObject({
    id: z.string().describe(PLATFORM_ID),
    name: string('IdoPool.name'),
    type: oneOf(['public', 'private', 'whitelist'], 'IdoPool.type'),
    status: oneOf(['upcoming', 'registration', 'active', 'completed', 'cancelled'], 'IdoPool.status'),
    description: optional.string('IdoPool.description'),
    project: projectReference.nullable().describe(descriptionOf('IdoPool.project')),
    blockchain: string('IdoPool.blockchain'),
    contractAddress: optional.string('IdoPool.contractAddress'),
    paymentToken: string('IdoPool.paymentToken'),
    tokenPrice: decimal('IdoPool.tokenPrice'),
    totalTokens: decimal('IdoPool.totalTokens'),
    soldTokens: decimal('IdoPool.soldTokens'),
    progressPercent: number('IdoPool.progressPercent'),
    totalRaised: decimal('IdoPool.totalRaised'),
    minAllocation: decimal('IdoPool.minAllocation'),
    maxAllocation: decimal('IdoPool.maxAllocation').nullable(),
    maxParticipants: optional.integer('IdoPool.maxParticipants'),
    participantCount: integer('IdoPool.participantCount'),
    registrationStart: optionalSeconds('IdoPool.registrationStart'),
    registrationEnd: optionalSeconds('IdoPool.registrationEnd'),
    saleStart: seconds('IdoPool.saleStart'),
    saleEnd: seconds('IdoPool.saleEnd'),
    ledgerHead: ledgerEntry.nullable().describe(descriptionOf('IdoPool.ledgerHead')),
    updatedAt: seconds('IdoPool.updatedAt'),
  })
  .meta({ id: 'IdoPool' });
export type IdoPool = z.infer<typeof idoPool>;

export const idoPoolList = z.strictObject(page(idoPool));
export type IdoPoolList = z.infer<typeof idoPoolList>;

export const ANSWERS = { RestIdoPoolList: { 200: idoPoolList }, RestIdoPool: { 200: idoPool } };
