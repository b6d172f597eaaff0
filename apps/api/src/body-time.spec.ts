import { once } from 'node:events';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import fastify, { type FastifyInstance } from 'fastify';
import { limitBodyTime, type BodyTimes } from './body-time';
import { streamUploads, UPLOAD_ROUTE } from './upload-bodies';

const TIMES: BodyTimes = { bodyMs: 300, uploadIdleMs: 300, answeredMs: 300 };
const CONNECTIONS = 300;

describe('the time that bodies may take', () => {
  let server: FastifyInstance;
  let port: number;
  let received: number;

  beforeEach(async () => {
    received = 0;
    server = fastify({ logger: false, forceCloseConnections: true });
    streamUploads(server);
    limitBodyTime(server, TIMES);
    server.post('/graphql', async (request) => ({ got: request.body }));
    server.get('/healthz', async () => 'ok');
    server.put(UPLOAD_ROUTE, async (request) => {
      for await (const chunk of request.body as AsyncIterable<Buffer>) received += chunk.length;
      await delay(2 * TIMES.uploadIdleMs); // to the disk
      return { received };
    });
    server.put('/refused/:id', async () => ({ code: 'UNAUTHENTICATED' }));
    await server.listen({ port: 0, host: '127.0.0.1' });
    ({ port } = server.server.address() as AddressInfo);
  });
  afterEach(() => server.close());

  const head = (request: string, type: string, length: number): string =>
    `${request} HTTP/1.1\r\nhost: localhost\r\ncontent-type: ${type}\r\ncontent-length: ${length}\r\n\r\n`;

  /** Sends what is given and gives what is answered, up to the end of the connection. */
  async function talk(text: string): Promise<{ socket: Socket; answer: () => string; closed: Promise<unknown> }> {
    const socket = connect(port, '127.0.0.1');
    let answered = '';
    socket.on('data', (chunk) => (answered += String(chunk)));
    socket.on('error', () => undefined);
    // Not `once`, which fails on a reset: that is how a connection ends whose sender did not stop.
    const closed = new Promise((resolve) => socket.once('close', resolve));
    await once(socket, 'connect');
    socket.write(text);
    return { socket, answer: () => answered, closed };
  }

  it('is over for everybody who leaves a body unfinished', async () => {
    const unfinished = `${head('POST /graphql', 'application/json', 100)}{"query":`;
    const talks = await Promise.all(Array.from({ length: CONNECTIONS }, () => talk(unfinished)));
    await Promise.all(talks.map(({ closed }) => closed));
    expect(talks.map(({ answer }) => answer().slice(0, 12))).toEqual(talks.map(() => 'HTTP/1.1 408'));
  });

  it('is over for a body that comes byte by byte, and for one in chunks', async () => {
    const chunked =
      'POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n';
    for (const begin of [head('POST /graphql', 'application/json', 10_000), chunked]) {
      const { socket, answer, closed } = await talk(begin);
      const drip = setInterval(() => socket.write(begin === chunked ? '1\r\n \r\n' : ' '), 50);
      await closed;
      clearInterval(drip);
      expect(answer()).toMatch(/^HTTP\/1.1 408/);
    }
  });

  it('leaves whole requests alone, and those without a body', async () => {
    const { socket, answer } = await talk(`${head('POST /graphql', 'application/json', 7)}{"a":1}`);
    await delay(2 * TIMES.bodyMs);
    socket.write('GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n');
    await delay(TIMES.bodyMs);
    expect(answer().match(/HTTP\/1.1 200/g)).toHaveLength(2);
    expect(answer()).toContain('{"got":{"a":1}}');
    socket.destroy();
  });

  it('is as long as it takes for an upload that goes on', async () => {
    const parts = 6;
    const { socket, answer } = await talk(head('PUT /uploads/u', 'application/octet-stream', parts));
    for (let part = 0; part < parts; part++) {
      await delay(TIMES.uploadIdleMs / 2);
      socket.write('x');
    }
    await delay(3 * TIMES.uploadIdleMs);
    expect(answer()).toMatch(/^HTTP\/1.1 200/);
    expect(received).toBe(parts);
    socket.destroy();
  });

  it('is over for an upload that fell silent', async () => {
    const { answer, closed } = await talk(`${head('PUT /uploads/u', 'application/octet-stream', 100)}abc`);
    await closed;
    expect(answer()).toMatch(/^HTTP\/1.1 408/);
  });

  it('is no matter of requests that come over no connection', async () => {
    const answer = await server.inject({ method: 'POST', url: '/graphql', payload: { a: 1 } });
    expect(answer.statusCode).toBe(200);
    await delay(2 * TIMES.answeredMs); // whatever a timer throws fails the test
  });

  it('is short for the rest of a body that was answered before', async () => {
    const { socket, answer, closed } = await talk(head('PUT /refused/u', 'application/octet-stream', 10_000));
    const drip = setInterval(() => socket.write('x'), 50);
    await closed;
    clearInterval(drip);
    expect(answer()).toMatch(/^HTTP\/1.1 200/);
  });
});
