import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { formatVerifierKey } from '@aceso/ledger/domain';
import { CheckpointStore } from './checkpoint-store';
import { lockHome } from './home-lock';
import { refusal, Witness, type Answer, type WitnessParts } from './witness';
import { openKey } from './witness-key';

/** Longest body: a checkpoint with 18 ML-DSA-44 lines and the longest proof. */
const BODY_BYTES_MAX = 65_536;
const HEADER_BYTES_MAX = 8_192;
const CONNECTIONS_MAX = 256;
/** A request that has not arrived by then is ended, milliseconds. */
const REQUEST_MS_MAX = 10_000;
const COSIGNED_PATH = /^\/([0-9a-f]{64})\/checkpoint$/;

export interface WitnessOptions extends Pick<WitnessParts, 'logs' | 'now' | 'warn'> {
  readonly home: string;
  /** Key name; a home that has one keeps it. */
  readonly name?: string;
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  /** In place of {@link Witness}: a test that crashes it. */
  readonly make?: (parts: WitnessParts) => Witness;
}

/** A witness that listens. */
export interface RunningWitness {
  readonly verifierKey: string;
  readonly url: string;
  close(): Promise<void>;
}

/** Opens the home of a witness (key, lock, stored checkpoints) and serves it over HTTP. */
export async function startWitness(options: WitnessOptions): Promise<RunningWitness> {
  const { home, name, host, logs, now, warn, make = (parts) => new Witness(parts) } = options;
  const identity = await openKey(home, name);
  const unlock = await lockHome(home);
  const verifierKey = formatVerifierKey(identity.key);
  const witness = make({ identity, logs, now, warn, store: new CheckpointStore(home) });
  const server = createServer(
    { maxHeaderSize: HEADER_BYTES_MAX, requestTimeout: REQUEST_MS_MAX, headersTimeout: REQUEST_MS_MAX / 2 },
    (request, response) => void respond(request, response, { witness, verifierKey, warn }),
  );
  server.maxConnections = CONNECTIONS_MAX;
  try {
    await listen(server, host, options.port);
  } catch (error) {
    await unlock();
    throw error;
  }
  const { port } = server.address() as AddressInfo;
  return {
    verifierKey,
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeIdleConnections();
      await closed;
      await unlock();
    },
  };
}

interface Served {
  readonly witness: Witness;
  readonly verifierKey: string;
  readonly warn: (text: string) => void;
}

async function respond(request: IncomingMessage, response: ServerResponse, served: Served): Promise<void> {
  let answer: Answer;
  try {
    answer = await answerTo(request, served);
  } catch (error) {
    // The code says what failed; a message could quote what somebody sent.
    served.warn(`a request could not be answered (${(error as NodeJS.ErrnoException).code ?? 'unknown'})`);
    answer = refusal(500, 'the witness cannot answer now');
  }
  const { status, type, body } = answer;
  if (!request.complete) response.setHeader('connection', 'close'); // the rest of a refused body is not waited for
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'x-content-type-options': 'nosniff',
  });
  response.end(body);
}

async function answerTo(request: IncomingMessage, { witness, verifierKey }: Served): Promise<Answer> {
  const path = (request.url ?? '').split('?', 1)[0] as string;
  const origin = COSIGNED_PATH.exec(path)?.[1];
  const method = path === '/add-checkpoint' ? 'POST' : path === '/vkey' || origin !== undefined ? 'GET' : undefined;
  if (method === undefined) return refusal(404, 'there is nothing here');
  if (request.method !== method) return refusal(405, `this is asked for with ${method}`);
  if (origin !== undefined) return witness.latest(origin);
  if (path === '/vkey') return { status: 200, type: 'text/plain; charset=utf-8', body: `${verifierKey}\n` };
  const body = await readBody(request);
  return body === undefined ? refusal(413, `a body has at most ${BODY_BYTES_MAX} bytes`) : witness.add(body);
}

/** The whole body; undefined when it is too long, of which no more is read then. */
async function readBody(request: IncomingMessage): Promise<Uint8Array | undefined> {
  if (Number(request.headers['content-length'] ?? 0) > BODY_BYTES_MAX) return undefined;
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > BODY_BYTES_MAX) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
