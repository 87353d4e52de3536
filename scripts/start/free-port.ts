import { createServer } from 'node:net';

/** Whether something listens at this port of this machine already. */
export async function isPortInUse(port: number): Promise<boolean> {
  const inUse = await Promise.all(['127.0.0.1', '::1'].map((host) => isInUse(port, host)));
  return inUse.includes(true);
}

function isInUse(port: number, host: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(true);
      // A machine without this address has nothing listening at it.
      else if (error.code === 'EADDRNOTAVAIL' || error.code === 'EAFNOSUPPORT') resolve(false);
      else reject(error);
    });
    server.listen(port, host, () => server.close(() => resolve(false)));
  });
}
