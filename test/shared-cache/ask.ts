/** One request and its answer, with no header that was not meant: `fetch` adds its own to conditional requests. */
import { Agent, type IncomingHttpHeaders, request } from 'node:http';

export interface Ask {
  method: 'GET' | 'HEAD' | 'POST';
  path: string;
  headers: Record<string, string>;
  body?: string;
}

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  /** Every header, name and value. */
  headText: string;
  body: string;
}

/** A socket file, or the gateway itself. */
export type Server = { socketPath: string } | URL;

const agent = new Agent({ keepAlive: true });

export function closeConnections(): void {
  agent.destroy();
}

export function send(server: Server, { method, path, headers, body }: Ask): Promise<Answer> {
  const place =
    server instanceof URL
      ? { host: server.hostname, port: server.port }
      : { socketPath: server.socketPath, host: 'gateway.example' };
  return new Promise((resolve, reject) => {
    const sent = request({ ...place, agent, method, path, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.once('error', reject);
      response.once('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          headText: response.rawHeaders.join('\n'),
          body: Buffer.concat(chunks).toString('utf8'),
        }),
      );
    });
    sent.once('error', reject);
    sent.end(body);
  });
}
