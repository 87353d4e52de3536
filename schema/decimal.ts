/** At most 30 digits, of which 18 after one point. */
export const DECIMAL = /^-?(?=(?:\.?\d){1,30}\.?$)\d*(?:\.\d{0,18})?$/;
export const DECIMAL_RULE = 'must be at most 30 digits, at most 18 of them after one point, and no exponent';
