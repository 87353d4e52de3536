import type { RestIdoPoolFragment } from '../../operations/generated/graphql.ts';
import { localId } from '../../schema/global-ids.ts';
import type { IdoPool } from './answers/ido-pool.ts';
import { ledgerEntryAnswer } from './ledger-entry-answer.ts';
import { lowerCase } from './lower-case.ts';
import { projectReference } from './project-reference.ts';
import { secondsOf } from './time.ts';

/** A pool as everybody sees it. */
export function idoPoolAnswer(pool: RestIdoPoolFragment): IdoPool {
  return {
    id: localId('IdoPool', pool.id) ?? pool.id,
    name: pool.name,
    type: lowerCase(pool.type),
    status: lowerCase(pool.status),
    description: pool.description,
    project: pool.project && projectReference(pool.project),
    blockchain: pool.blockchain,
    contractAddress: pool.contractAddress,
    paymentToken: pool.paymentToken,
    tokenPrice: pool.tokenPrice,
    totalTokens: pool.totalTokens,
    soldTokens: pool.soldTokens,
    progressPercent: pool.progressPercent,
    totalRaised: pool.totalRaised,
    minAllocation: pool.minAllocation,
    maxAllocation: pool.maxAllocation,
    maxParticipants: pool.maxParticipants,
    participantCount: pool.participantCount,
    registrationStart: secondsOf(pool.registrationStart),
    registrationEnd: secondsOf(pool.registrationEnd),
    saleStart: secondsOf(pool.saleStart),
    saleEnd: secondsOf(pool.saleEnd),
    ledgerHead: pool.ledgerHead && ledgerEntryAnswer(pool.ledgerHead),
    updatedAt: secondsOf(pool.updatedAt),
  };
}
