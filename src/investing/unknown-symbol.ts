/** The symbol of tokens whose project is not known. No price has it. */
export const UNKNOWN_SYMBOL = '?';
