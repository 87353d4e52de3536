/** Items as the API gives them, each with an id. */
import { randomUUID } from 'node:crypto';
import { ApiError } from './resource.ts';

export type Described = { id: string } & Record<string, unknown>;

export const newId = () => randomUUID().replaceAll('-', '');
export const now = () => new Date().toISOString();

/** @throws ApiError 404 */
export function byId<Item extends Described>(
  items: readonly Item[],
  id: string,
  code: number,
  noun: string,
): Item {
  const item = items.find((one) => one.id === id);
  if (item === undefined) throw new ApiError(404, code, `${noun} not found`);
  return item;
}

export function removeById(items: Described[], id: string, code: number, noun: string): { id: string } {
  items.splice(items.indexOf(byId(items, id, code, noun)), 1);
  return { id };
}
