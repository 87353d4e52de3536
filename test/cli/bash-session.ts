import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface BashSession {
  /** Runs commands in the same shell as those before. @returns what they print */
  answerTo(commands: string): Promise<string>;
  close(): Promise<void>;
}

const END_OF_ANSWER = 'end of answer\n';

export function openBash(): BashSession {
  const bash = spawn('bash', { stdio: ['pipe', 'pipe', 'inherit'] });
  const closed = once(bash, 'close');
  const answers = bash.stdout.setEncoding('utf8').iterator();
  return {
    async answerTo(commands) {
      bash.stdin.write(`${commands}\necho; echo ${END_OF_ANSWER}`);
      let printed = '';
      while (!printed.endsWith(END_OF_ANSWER)) {
        const { value, done } = await answers.next();
        if (done) break;
        printed += value;
      }
      return printed.slice(0, -END_OF_ANSWER.length);
    },
    async close() {
      bash.stdin.end();
      await closed;
    },
  };
}
