/** Symbols as the price API is asked for them. */
import { PRICES_BATCH_MAX_CHARACTERS } from '../config.ts';

/** No symbol is longer. The main API's are shorter too. */
const SYMBOL_MAX_CHARACTERS = 200;

/** The one form of a symbol: in upper case, without blanks around it. */
export const canonicalSymbol = (symbol: string) => symbol.toWellFormed().trim().toUpperCase();

/** The price API splits its list at commas, encoded ones too. Servers refuse control characters in a URL. */
export const isAskable = (symbol: string) =>
  symbol.length <= SYMBOL_MAX_CHARACTERS && /^[^,\p{Cc}]+$/u.test(symbol) && symbol.trim() !== '';

/** The symbols of each call that asks for some of them: canonical, each once, without those that no call can carry. */
export function priceCalls(symbols: readonly string[], maxSymbols: number): string[][] {
  const calls: string[][] = [];
  let call: string[] = [];
  let characters = 0;
  for (const symbol of new Set(symbols.map(canonicalSymbol))) {
    if (!isAskable(symbol)) continue;
    const encoded = encodeURIComponent(symbol).length + 1;
    if (call.length === maxSymbols || characters + encoded > PRICES_BATCH_MAX_CHARACTERS) {
      calls.push(call);
      call = [];
      characters = 0;
    }
    call.push(symbol);
    characters += encoded;
  }
  return call.length === 0 ? calls : [...calls, call];
}
