/** Reads what the edge posts; anything missing or of the wrong type is a 400 that names the field. */
import { isDecimal } from './decimals.ts';
import type { Fields } from './records.ts';
import { badRequest } from './reply.ts';

const SECONDS_LIMIT = 100_000_000_000;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function asFields(value: unknown): Fields {
  if (!isFields(value)) throw badRequest('the body must be a JSON object');
  return value;
}

export function text(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value !== 'string' || value === '' || value.length > 512)
    throw badRequest(`${name} must be a string`);
  return value;
}

export function optionalText(fields: Fields, name: string): string | null {
  return fields[name] === undefined || fields[name] === null ? null : text(fields, name);
}

export function texts(fields: Fields, name: string): string[] {
  const value = fields[name];
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string')) {
    throw badRequest(`${name} must be a list of strings`);
  }
  return value;
}

export function unixSeconds(fields: Fields, name: string): number {
  const value = fields[name];
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > SECONDS_LIMIT) {
    throw badRequest(`${name} must be Unix seconds`);
  }
  return value;
}

export function decimal(fields: Fields, name: string): string {
  const value = fields[name];
  if (!isDecimal(value)) throw badRequest(`${name} must be a decimal string`);
  return value;
}

export function oneOf<T extends string>(fields: Fields, name: string, allowed: readonly T[]): T {
  const found = allowed.find((each) => each === fields[name]);
  if (found === undefined) throw badRequest(`${name} must be one of ${allowed.join(', ')}`);
  return found;
}

export function whole(fields: Fields, name: string): number {
  const value = fields[name];
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0) {
    throw badRequest(`${name} must be a whole number`);
  }
  return value;
}
