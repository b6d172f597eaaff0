import { connect } from 'node:net';
import { environment } from '../../config/environment';

const REDIS_DEFAULT = 'redis://127.0.0.1:6379';
const REACH_MS = 500;

/** Address of a Redis for tests (`REDIS_URL` or 127.0.0.1:6379); prints the reason when there is none. */
export async function testRedisUrl(): Promise<string | undefined> {
  const url = environment()['REDIS_URL'] ?? REDIS_DEFAULT;
  const { hostname, port } = new URL(url);
  const reached = await new Promise<boolean>((resolve) => {
    const socket = connect({ host: hostname, port: Number(port || 6379), timeout: REACH_MS });
    const end = (found: boolean): void => {
      socket.destroy();
      resolve(found);
    };
    socket
      .once('connect', () => end(true))
      .once('error', () => end(false))
      .once('timeout', () => end(false));
  });
  if (reached) return url;
  process.stderr.write(`skipped: queue tests on Redis, as nothing answers at ${hostname}:${port || 6379}\n`);
  return undefined;
}
