import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { PlatformError } from '../platform.errors';

const TRIES = 20;
const PAUSE_MS = 250;

/**
 * The port to serve on: the wanted one, or a free one for 0. Waits some seconds for a port that a killed run is just giving
 * back when `patient`; then PORT_IN_USE, which says how to choose another.
 */
export async function choosePort(host: string, wanted: number, patient: boolean): Promise<number> {
  for (let tries = patient ? TRIES : 1; ; tries -= 1) {
    const result = await listenOnce(host, wanted);
    if (typeof result === 'number') return result;
    if (result.code === 'EADDRINUSE' && tries > 1) {
      await sleep(PAUSE_MS);
      continue;
    }
    throw refusal(host, wanted, result.code);
  }
}

function refusal(host: string, port: number, code: string | undefined): PlatformError {
  const why =
    code === 'EADDRINUSE'
      ? `port ${port} is already taken by another program`
      : code === 'EACCES'
        ? `this user may not listen on port ${port}`
        : `cannot listen on ${host}:${port} (${code ?? 'unknown'})`;
  return new PlatformError(
    'PORT_IN_USE',
    `${why}. Choose another one: PORT=${port < 65_535 ? port + 1 : 3000} npm start`,
  );
}

function listenOnce(host: string, port: number): Promise<number | { code: string | undefined }> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => resolve({ code: error.code }));
    probe.listen(port, host, () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : port));
    });
  });
}
