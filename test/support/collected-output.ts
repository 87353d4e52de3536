/** The output of a command that runs inside this process, without colour: tests may run on a terminal. */
import { stripVTControlCharacters } from 'node:util';

export function collectOutput() {
  const printed = { out: '', err: '' };
  const addTo = (stream: keyof typeof printed) => (text: string) => {
    printed[stream] += `${stripVTControlCharacters(text)}\n`;
  };
  return { printed, print: addTo('out'), complain: addTo('err') };
}
