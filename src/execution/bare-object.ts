/**
 * An object that inherits nothing, as those of graphql-js. V8 makes a dictionary of `Object.create(null)`, which takes
 * three times as long to make and is several times as large as this instance of a class.
 */
export class BareObject<Value> {
  [name: string]: Value;
}
Reflect.deleteProperty(BareObject.prototype, 'constructor');
Object.freeze(Object.setPrototypeOf(BareObject.prototype, null));
