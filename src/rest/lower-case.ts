/** The platform's word for a value of an enum of the schema. */
export const lowerCase = <Value extends string>(value: Value) => value.toLowerCase() as Lowercase<Value>;
