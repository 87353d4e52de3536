import type { IsolateCalls } from './isolate-calls.ts';
import { inSpan } from './running-work.ts';

type Method = (...args: unknown[]) => unknown;

const isFunction = (value: unknown): value is Method => typeof value === 'function';

/** The same Durable Objects; each `fetch` and each remote call of a method is counted. */
export function measuredObjects<Objects extends DurableObjectNamespace>(
  namespace: Objects,
  calls: IsolateCalls,
): Objects {
  const measuredStub = (stub: object) =>
    new Proxy(stub, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (!isFunction(value)) return value;
        return (...args: unknown[]) => {
          calls.counts.objectCalls += 1;
          return inSpan('durable object', () => Reflect.apply(value, target, args));
        };
      },
    });
  return new Proxy(namespace, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (!isFunction(value)) return value;
      const givesStub = name === 'get' || name === 'getByName';
      return (...args: unknown[]) => {
        const given: unknown = Reflect.apply(value, target, args);
        return givesStub ? measuredStub(given as object) : given;
      };
    },
  });
}
