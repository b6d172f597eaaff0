import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hex, utf8 } from '@aceso/kernel';
import {
  cosignedPath,
  parseCheckpoint,
  parseCosignature,
  parseCosignatureLines,
  parseNote,
  parseVerifierKey,
  verifyNote,
} from '@aceso/ledger/domain';
import { SignedLog } from '@aceso/ledger/testing';
import { sha256, verifyEd25519 } from './crypto';
import { startWitness, type RunningWitness, type WitnessOptions } from './server';

jest.setTimeout(120_000);

const ORIGIN = 'log.example.org/aceso';
const NAME = 'witness.example.net/w1';
const SEED = new Uint8Array(32).fill(0x11);
const NOW = 1_700_000_000_000;

let folder: string;
let log: SignedLog;
let warnings: string[];
const running: RunningWitness[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'aceso-witness-'));
  log = new SignedLog(ORIGIN, SEED).grow(12);
  warnings = [];
});
afterEach(async () => {
  await Promise.all(running.splice(0).map((witness) => witness.close()));
  rmSync(folder, { recursive: true });
});

const home = (): string => join(folder, 'w1');
const start = async (change: Partial<WitnessOptions> = {}): Promise<RunningWitness> => {
  const witness = await startWitness({
    home: home(),
    name: NAME,
    logs: [log.key],
    host: '127.0.0.1',
    port: 0,
    now: () => NOW,
    warn: (text) => warnings.push(text),
    ...change,
  });
  running.push(witness);
  return witness;
};

interface Answer {
  readonly status: number;
  readonly type: string | null;
  readonly body: string;
}
const ask = async (url: string, init?: RequestInit): Promise<Answer> => {
  const response = await fetch(url, init);
  return { status: response.status, type: response.headers.get('content-type'), body: await response.text() };
};
const add = (witness: RunningWitness, body: string | Uint8Array): Promise<Answer> =>
  ask(`${witness.url}/add-checkpoint`, { method: 'POST', body: body as string });
const shown = (witness: RunningWitness, origin = ORIGIN): Promise<Answer> =>
  ask(`${witness.url}/${cosignedPath(origin, sha256)}`);
const evidence = (): string[] => {
  const kept = join(home(), cosignedPath(ORIGIN, sha256), '../evidence');
  return existsSync(kept) ? readdirSync(kept).map((name) => readFileSync(join(kept, name), 'utf8')) : [];
};

function expectCosigned(witness: RunningWitness, answer: Answer, text: string): void {
  expect([answer.status, answer.type]).toEqual([200, 'text/plain; charset=utf-8']);
  const signatures = parseCosignatureLines(answer.body);
  const key = parseVerifierKey(witness.verifierKey, sha256);
  const verified = verifyNote({ text, signatures }, [key], { verifyEd25519 });
  expect(verified.map(({ signature }) => parseCosignature(signature).time)).toEqual([BigInt(NOW / 1000)]);
}

describe('a witness', () => {
  it('cosigns what it is shown first, what continues it, and the same again', async () => {
    const witness = await start();
    expect(await shown(witness)).toMatchObject({ status: 404 });
    for (const [from, to] of [
      [0, 3],
      [3, 8],
      [8, 8],
      [8, 12],
    ] as const) {
      expectCosigned(witness, await add(witness, log.request(from, to)), log.note(to).text);
    }
    const { status, body } = await shown(witness);
    expect(status).toBe(200);
    const keys = [log.key, parseVerifierKey(witness.verifierKey, sha256)];
    expect(verifyNote(parseNote(utf8(body)), keys, { verifyEd25519 })).toHaveLength(2);
    expect(parseCheckpoint(parseNote(utf8(body)).text)).toMatchObject({ origin: ORIGIN, size: 12n });
  });

  it('remembers over a restart', async () => {
    const first = await start();
    await add(first, log.request(0, 5));
    const before = await shown(first);
    await running.pop()?.close();
    const again = await start({ name: undefined });
    expect(await shown(again)).toEqual(before);
    expect(again.verifierKey).toBe(first.verifierKey);
    expect(await add(again, log.request(0, 7))).toMatchObject({ status: 409, body: '5\n' });
  });

  it('carries only signatures on that it checked', async () => {
    const witness = await start();
    const { text, signatures } = log.note(4);
    const foreign = { name: 'somebody.example.net', keyId: '01020304', signature: new Uint8Array(64) };
    const note = { text, signatures: [foreign, ...signatures] };
    expectCosigned(witness, await add(witness, log.request(0, 4, { note })), text);
    expect((await shown(witness)).body).not.toContain('somebody');
  });

  describe('answers each row of the status table', () => {
    const other = (): SignedLog => log.fork(3).grow(9, 'other ');
    const wrongSignature = (): string =>
      log.request(5, 9, { note: { text: log.note(9).text, signatures: log.note(8).signatures } });
    const empty = new Uint8Array(32).fill(1);

    it.each([
      [400, 'a body that does not parse', () => 'old x\n\n', ''],
      [400, 'an empty body', () => '', ''],
      [400, 'an old size above the checkpoint', () => log.request(5, 9).replace('old 5', 'old 10'), ''],
      [404, 'an origin that is not configured', () => new SignedLog('x.example.org', SEED).grow(3).request(0), ''],
      [403, 'no key of the origin', () => new SignedLog(ORIGIN, new Uint8Array(32)).grow(9).request(5), ''],
      [403, 'a wrong signature of a trusted key', wrongSignature, ''],
      [409, 'another old size', () => log.request(4, 9), '5\n'],
      [409, 'no old size', () => log.request(0, 9), '5\n'],
      [409, 'a smaller tree', () => log.request(3, 4), '5\n'],
      [422, 'a wrong proof', () => log.request(5, 9, { proof: log.proof(4, 9) }), ''],
      [422, 'no proof', () => log.request(5, 9, { proof: [] }), ''],
      [422, 'two roots of one size', () => other().request(5, 5), ''],
      [422, 'a fork under a larger size', () => other().request(5, 9), ''],
    ])('%i: %s', async (status, _, request, body) => {
      const witness = await start();
      await add(witness, log.request(0, 5));
      const before = await shown(witness);
      const answer = await add(witness, request());
      expect(answer.status).toBe(status);
      if (body) expect([answer.body, answer.type]).toEqual([body, 'text/x.tlog.size']);
      expect(await shown(witness)).toEqual(before);
    });

    it.each([
      [422, 'an empty tree with a root', () => log.request(0, 0, { note: log.note(0, empty) })],
      [422, 'a proof from size 0', () => log.request(0, 5, { proof: log.proof(3, 5) })],
      [409, 'an old size before anything was cosigned', () => log.request(3, 5)],
      [200, 'an empty tree', () => log.request(0, 0)],
    ])('%i at first: %s', async (status, _, request) => {
      const answer = await add(await start(), request());
      expect(answer.status).toBe(status);
      if (status === 409) expect([answer.body, answer.type]).toEqual(['0\n', 'text/x.tlog.size']);
    });

    it('and whatever else is asked', async () => {
      const witness = await start();
      const { url } = witness;
      expect(await ask(`${url}/vkey`)).toMatchObject({ status: 200, body: `${witness.verifierKey}\n` });
      expect(await ask(`${url}/`)).toMatchObject({ status: 404 });
      expect(await ask(`${url}/add-checkpoint`)).toMatchObject({ status: 405 });
      expect(await ask(`${url}/vkey`, { method: 'POST', body: 'x' })).toMatchObject({ status: 405 });
      expect(await ask(`${url}/${'0'.repeat(64)}/checkpoint`)).toMatchObject({ status: 404 });
      expect(await ask(`${url}/%2e%2e/witness.seed`)).toMatchObject({ status: 404 });
      expect(await add(witness, 'x'.repeat(65_537))).toMatchObject({ status: 413 });
      const pieces = new ReadableStream<Uint8Array>({
        pull: (controller) => controller.enqueue(new Uint8Array(30_000)),
      });
      const endless = { method: 'POST', body: pieces, duplex: 'half' } as RequestInit;
      const refused = await ask(`${url}/add-checkpoint`, endless).catch(() => ({ status: 413 }));
      expect(refused).toMatchObject({ status: 413 });
      expectCosigned(witness, await add(witness, log.request(0, 5)), log.note(5).text);
    });
  });

  it('keeps both checkpoints of a split view as evidence, once', async () => {
    const witness = await start();
    const other = log.fork(3).grow(9, 'other ');
    await add(witness, log.request(0, 5));
    for (const request of [other.request(5, 5), other.request(3, 5), other.request(5, 9), other.request(5, 9)]) {
      expect([409, 422]).toContain((await add(witness, request)).status);
    }
    const kept = evidence();
    expect(kept.map((text) => text.split('\n', 1)[0]).sort()).toEqual(['no proof', 'two roots']);
    for (const text of kept) expect(text).toContain(log.note(5).text);
    expect(kept.join()).toContain(other.note(5).text);
    expect(kept.join()).toContain(other.note(9).text);
    expect(warnings).toHaveLength(2);
    expect(warnings[0]).toContain('FORK');
  });

  it('keeps evidence within bounds', async () => {
    const witness = await start();
    await add(witness, log.request(0, 5));
    for (let n = 0; n < 105; n += 1) await add(witness, log.fork(3).grow(2, `${n} `).request(5, 5));
    await add(witness, log.fork(3).grow(9, 'other ').request(5, 9));
    expect(evidence().filter((text) => text.startsWith('two roots'))).toHaveLength(100);
    expect(evidence().filter((text) => text.startsWith('no proof'))).toHaveLength(1);
  });

  it('never takes a damaged state for none', async () => {
    const witness = await start();
    await add(witness, log.request(0, 5));
    truncateSync(join(home(), cosignedPath(ORIGIN, sha256)), 40);
    expect(await add(witness, log.request(0, 7))).toMatchObject({ status: 500 });
    expect(await shown(witness)).toMatchObject({ status: 500 });
    expect(warnings).toEqual(Array(2).fill('a request could not be answered (WITNESS_STORAGE_DAMAGED)'));
  });
});

describe('a thousand pairs at once', () => {
  it('never roll back, and never get two roots of one size cosigned', async () => {
    const witness = await start();
    const [one, two] = [log.fork(1).grow(60, 'one '), log.fork(1).grow(60, 'two ')];
    await add(witness, log.request(0, 1));
    const roots = new Map<string, Set<string>>();
    let last = 1;
    let cosigned = 0;
    for (let round = 0; round < 25; round += 1) {
      // 40 pairs a round: the two histories race from the size that was cosigned last.
      const bodies = Array.from({ length: 40 }, (_, n) => [one, two].map((side) => [side, last + (n % 3)] as const));
      const answers = await Promise.all(
        bodies.flat().map(async ([side, to]) => ({ side, to, ...(await add(witness, side.request(last, to))) })),
      );
      for (const { side, to, status, body } of answers) {
        expect([200, 409, 422]).toContain(status);
        if (status !== 200) continue;
        cosigned += 1;
        const signed = { text: side.note(to).text, signatures: parseCosignatureLines(body) };
        verifyNote(signed, [parseVerifierKey(witness.verifierKey, sha256)], { verifyEd25519 });
        const seen = roots.get(String(to)) ?? new Set<string>();
        roots.set(String(to), seen.add(hex.encode(side.root(to))));
      }
      const now = Number(parseCheckpoint(parseNote(utf8((await shown(witness)).body)).text).size);
      expect(now).toBeGreaterThanOrEqual(last);
      last = now;
    }
    expect(cosigned).toBeGreaterThan(0);
    expect([...roots.values()].filter(({ size }) => size > 1)).toEqual([]);
  });
});

describe('the home of a witness', () => {
  it('has a key that its owner alone can read, and a verifier key for everybody', async () => {
    const { verifierKey } = await start();
    expect(statSync(join(home(), 'witness.seed')).mode & 0o777).toBe(0o600);
    expect(statSync(home()).mode & 0o777).toBe(0o700);
    expect(readFileSync(join(home(), 'witness.vkey'), 'utf8')).toBe(`${verifierKey}\n`);
    expect(parseVerifierKey(verifierKey, sha256)).toMatchObject({ name: NAME, type: 4 });
  });

  const refused = async (change: Partial<WitnessOptions>, code: string): Promise<void> =>
    expect(start(change)).rejects.toMatchObject({ code });

  it('is refused when others can read the key, when it is damaged or gone, and under another name', async () => {
    await start();
    await running.pop()?.close();
    const seed = join(home(), 'witness.seed');
    const kept = readFileSync(seed);
    chmodSync(seed, 0o640);
    await refused({}, 'WITNESS_KEY_READABLE_BY_OTHERS');
    chmodSync(seed, 0o600);
    writeFileSync(seed, kept.subarray(1));
    await refused({}, 'WITNESS_KEY_MALFORMED');
    rmSync(seed);
    await refused({}, 'WITNESS_KEY_MALFORMED');
    writeFileSync(seed, kept, { mode: 0o600 });
    await refused({ name: 'other.example.net/w1' }, 'WITNESS_NAME_CHANGED');
    await start();
  });

  it('belongs to one process', async () => {
    await start();
    await refused({}, 'WITNESS_HOME_IN_USE');
  });

  it('is taken over from a process that was killed', async () => {
    await start();
    await running.pop()?.close();
    writeFileSync(join(home(), 'witness.lock'), '4194304 12');
    await start();
  });

  it.each([
    ['without a name', undefined],
    ['with a name that is none', 'a witness'],
  ])('is not made %s', (_, name) => refused({ name }, 'WITNESS_USAGE'));

  it('is free again when the port is taken', async () => {
    const { url } = await start();
    const taken = { home: join(folder, 'w2'), port: Number(new URL(url).port) };
    await refused(taken, 'EADDRINUSE');
    await start({ ...taken, port: 0 });
  });
});
