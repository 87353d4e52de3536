/** What is measured, beside what. */
import { isMarketList, isUnknownId } from './answers.ts';
import {
  distinctMarketListVariables,
  operationByGet,
  operationByPost,
  operationId,
  unknownId,
} from './requests.ts';
import type { Scenario } from './scenario.ts';
import { LIST_NAMES, type List } from './stage.ts';

export const MARKET_LIST = operationId('MarketList');

export function unknownIdRefused(list: List): Scenario {
  return {
    name: 'gateway: unknown id refused',
    worker: `gateway ${list}`,
    next: () => operationByPost(unknownId()),
    expected: { status: 404, body: isUnknownId },
  };
}

export function marketListMiss(list: List): Scenario {
  return {
    name: `gateway: miss, local D1 and KV, ${LIST_NAMES[list]}`,
    worker: `gateway ${list}`,
    next: () => operationByGet(MARKET_LIST, distinctMarketListVariables()),
    expected: { status: 200, cache: 'MISS', body: isMarketList(list) },
  };
}
