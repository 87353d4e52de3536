/** A namespace of Durable Objects whose calls fail as the platform's do. */

export interface ObjectFault {
  /** The name of the method. */
  call: string;
  /** `lost`: the object has done it, and its answer does not arrive. `refused`: the object has not been asked. */
  kind: 'lost' | 'refused';
  error: Error;
}

/** The answer of an object of an older version, which does not know the property. */
export interface OlderAnswer {
  call: string;
  kind: 'older';
  without: string;
}

/** As the platform marks its errors. */
export const platformError = (message: string, marks: Record<string, boolean> = {}): Error =>
  Object.assign(new Error(message), marks);

/** @param takeFault is asked at each call of a method; null lets it through */
export function faultyObjects<Objects extends DurableObjectNamespace>(
  namespace: Objects,
  takeFault: (call: string) => ObjectFault | OlderAnswer | null,
): Objects {
  const faulty = (stub: object) =>
    new Proxy(stub, {
      get(target, property) {
        const value: unknown = Reflect.get(target, property);
        if (typeof value !== 'function') return value;
        return async (...args: unknown[]) => {
          const fault = takeFault(String(property));
          if (fault?.kind === 'refused') throw fault.error;
          const answer: unknown = await Reflect.apply(value, target, args);
          if (fault?.kind === 'older') return { ...Object(answer), [fault.without]: undefined };
          if (fault !== null) throw fault.error;
          return answer;
        };
      },
    });
  return new Proxy(namespace, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property);
      if (typeof value !== 'function') return value;
      if (property !== 'getByName') return value.bind(target);
      return (name: string) => faulty(target.getByName(name));
    },
  });
}
