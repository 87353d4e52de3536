/** What `start.ts` and the process that holds workerd say to one another. */

export interface StartMessage {
  kind: 'start';
  /** 0: any free port. */
  port: number;
  stateFolder: string;
  vars: Record<string, string>;
  secrets: Record<string, string>;
}

export interface StopMessage {
  kind: 'stop';
}

export type GatewayMessage =
  /** What wrangler.toml says of development. */
  | { kind: 'configuration'; vars: Record<string, unknown>; crons: string[] }
  | { kind: 'listening'; url: string }
  | { kind: 'failed'; message: string };
