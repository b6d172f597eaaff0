import { connect } from 'node:net';
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { AcesoClient } from '../../apps/cli/src/demo/aceso-client';
import { PartyClient } from '../../apps/cli/src/demo/party-client';
import type { Counts } from '../../apps/cli/src/demo/sale';
import { AcesoProcess, describeWhenBuilt } from './testing/aceso-process';
import { Sender, type Finding } from './testing/sender';
import { watchedRows, watchTables } from './testing/table-spy';

/** Stands wherever content can stand; it must come out nowhere. */
const SECRET = 'Quackenbush';
const MIB = 1024 * 1024;

const json = (value: unknown): string => JSON.stringify(value);
const patient = (id: string, more: object = {}) => ({
  resourceType: 'Patient',
  id,
  birthDate: '1980-02-29',
  name: [{ family: SECRET }],
  ...more,
});
const condition = (id: string, more: object = {}) => ({
  resourceType: 'Condition',
  id,
  subject: { reference: 'Patient/p1' },
  code: { coding: [{ system: 'http://snomed.info/sct', code: '44054006' }] },
  note: [{ text: SECRET }],
  ...more,
});
const bundle = (...resources: unknown[]) => ({
  resourceType: 'Bundle',
  type: 'collection',
  entry: resources.map((resource) => ({ resource })),
});
const deep = `{"resourceType":"Condition","id":"c-deep","note":${'['.repeat(10_000)}"${SECRET}"${']'.repeat(10_000)}}`;
const withKey = (key: string) => json(condition(`c-key`)).replace('"note"', `"${key}"`);

/** Each bad line with what the report says of it; a good one has no finding. */
const LINES: readonly (readonly [what: string, line: string | Uint8Array, finding?: Partial<Finding>])[] = [
  ['a patient', json(patient('p1'))],
  ['a blank line', '', { code: 'BLANK_LINE' }],
  ['a line of blanks', ' \t\r', { code: 'BLANK_LINE' }],
  ['10,000 levels', deep, { code: 'JSON_TOO_DEEP' }],
  ['__proto__', withKey('__proto__'), { code: 'KEY_FORBIDDEN' }],
  ['constructor', withKey('constructor'), { code: 'KEY_FORBIDDEN' }],
  [
    'no UTF-8',
    Buffer.from(json(patient('p-latin', { name: [{ family: `${SECRET}\u00e9` }] })), 'latin1'),
    { code: 'UTF8_INVALID' },
  ],
  ['half a surrogate pair', json(patient('p-half')).replace(SECRET, `${SECRET}\\ud800`), { code: 'TEXT_INVALID' }],
  ['U+0000', json(patient('p-nul')).replace(SECRET, `${SECRET}\\u0000`), { code: 'TEXT_INVALID' }],
  ['no JSON', `${SECRET} {`, { code: 'JSON_INVALID' }],
  ['JSON that breaks off', json(condition('c-cut')).slice(0, -9), { code: 'JSON_INVALID' }],
  ['a text', json(SECRET), { code: 'RESOURCE_MALFORMED' }],
  ['a list', json([SECRET]), { code: 'RESOURCE_MALFORMED' }],
  ['an unknown type', json({ resourceType: SECRET, id: 'x' }), { code: 'RESOURCE_TYPE_UNKNOWN' }],
  ['no type', json({ id: SECRET }), { code: 'RESOURCE_TYPE_MISSING' }],
  ['no id', json({ ...patient('x'), id: undefined }), { code: 'ID_MISSING' }],
  ['an id that is none', json(patient(`${SECRET} 1980`)), { code: 'ID_MALFORMED' }],
  ['the same id with another content', json(patient('p1', { gender: 'female' }))],
  ['the same again', json(patient('p1', { gender: 'female' })), { code: 'SENT_BEFORE', verdict: 'unchanged' }],
  [
    'a ballot shape',
    json(condition('c-ballot', { context: { display: SECRET } })),
    { code: 'BALLOT_SHAPE', path: 'Condition.context', verdict: 'quarantined' },
  ],
  [
    'a Bundle in a Bundle',
    json(bundle(condition('c-outer'), bundle(condition('c-inner')))),
    { code: 'BUNDLE_NESTED', entry: 1 },
  ],
  ['a Bundle of nothing', json(bundle()), { code: 'BUNDLE_EMPTY' }],
  [
    'no patient where there must be one',
    json({ ...condition('c-none'), subject: undefined }),
    { code: 'ELEMENT_REQUIRED', path: 'Condition.subject' },
  ],
  [
    'a patient that nobody knows',
    json(condition('c-lost', { subject: { reference: `Patient/${SECRET}` } })),
    { code: 'PATIENT_UNKNOWN', verdict: 'quarantined' },
  ],
  [
    'a birth date that is none',
    json(patient('p-birth', { birthDate: SECRET })),
    { code: 'ELEMENT_MALFORMED', path: 'Patient.birthDate' },
  ],
  [
    'a code that is a list',
    json(condition('c-list', { code: [SECRET] })),
    { code: 'ELEMENT_MALFORMED', path: 'Condition.code' },
  ],
  ['a condition at the very end', json(condition('c-last'))],
];

const none: Counts = { accepted: 0, unchanged: 0, quarantined: 0, refused: 0 };
/** How many lines are whole depends on the packing. */
const BREAKS: Counts = { ...none };
const lines = (...all: (string | Uint8Array)[]): Buffer =>
  Buffer.concat(all.flatMap((line) => [Buffer.from(line), Buffer.from('\n')]));
const patients = (count: number, prefix: string) =>
  Array.from({ length: count }, (_, n) =>
    json(patient(`${prefix}${n}`, { extension: [{ url: noise(`${prefix}${n}`) }] })),
  );

describeWhenBuilt('bad input on real processes')('bad input on real processes', () => {
  let aceso: AcesoProcess;
  let client: AcesoClient;
  let sender: Sender;
  const reports: string[] = [];

  const party = async (role: 'provider' | 'patient'): Promise<PartyClient> => {
    const made = new PartyClient(role, role, client);
    await made.register(role === 'patient' ? undefined : await aceso.invite(role));
    return made;
  };
  const take = async (content: Uint8Array | Iterable<Uint8Array>) => {
    const taken = await sender.take(content);
    reports.push(taken.report);
    return taken;
  };

  beforeAll(async () => {
    aceso = await AcesoProcess.start();
    await watchTables(aceso);
    client = await AcesoClient.connect(aceso.baseUrl);
    sender = new Sender(await party('provider'), aceso.baseUrl);
  }, 120_000);
  afterAll(() => aceso?.stop(), 60_000);

  it('is named line by line, and the good lines land', async () => {
    const {
      state,
      resources,
      lines: counts,
      findings,
    } = await take(lines(...LINES.map(([, line]) => line)).subarray(0, -1));
    expect(state).toBe('DONE');
    const expected = LINES.flatMap(([what, , finding], index) =>
      finding === undefined ? [] : [{ what, line: index + 1, verdict: 'refused', ...finding }],
    );
    expect(findings.map((finding) => ({ ...finding, what: LINES[finding.line - 1]?.[0] }))).toMatchObject(expected);
    const good = LINES.filter(([, , finding]) => finding === undefined).length;
    const [quarantined, unchanged] = [2, 1];
    expect(counts).toEqual({
      accepted: good,
      unchanged,
      quarantined,
      refused: LINES.length - good - quarantined - unchanged,
    });
    // Blank lines hold no resource; of the Bundle in a Bundle one resource is good.
    expect(resources).toEqual({ ...counts, accepted: good + 1, refused: counts.refused - 2 });
  });

  it.each<[string, () => Uint8Array, Counts, Finding['code'] | undefined, number]>([
    ['gzip that breaks off', () => cut(gzipSync(lines(...patients(1500, 'g')))), BREAKS, 'GZIP_TRUNCATED', 0],
    ['gzip with a broken middle', () => broken(gzipSync(lines(...patients(1500, 'b')))), BREAKS, 'GZIP_BROKEN', 0],
    [
      'text under the magic of gzip',
      () => Buffer.concat([Buffer.from([0x1f, 0x8b]), lines(...patients(3, 'm'))]),
      { ...none, refused: 1 },
      'GZIP_BROKEN',
      1,
    ],
    [
      'gzip in gzip',
      () => gzipSync(gzipSync(lines(...patients(3, 'n')))),
      { ...none, refused: 1 },
      'FORMAT_UNSUPPORTED',
      1,
    ],
    ['gzip of nothing', () => gzipSync(Buffer.alloc(0)), none, undefined, 0],
    [
      'XML',
      () => Buffer.from(`<?xml version="1.0"?>\n<Patient><name>${SECRET}</name></Patient>\n`),
      { ...none, refused: 1 },
      'FORMAT_UNSUPPORTED',
      1,
    ],
    [
      'a picture',
      () =>
        Buffer.concat([Buffer.from([0x89, 0x50, 0x4e, 0x47]), Buffer.alloc(70_000, Buffer.from([0x1a, 0x0a, 0x00]))]),
      { ...none, refused: 1 },
      'FORMAT_UNSUPPORTED',
      1,
    ],
    ['blank lines alone', () => Buffer.from('\n\n \n'), { ...none, refused: 3 }, 'BLANK_LINE', 1],
    [
      'a document over many lines',
      () => Buffer.from(JSON.stringify(bundle(patient('w1'), patient('w2')), null, 2)),
      { ...none, accepted: 1 },
      undefined,
      0,
    ],
  ])('as %s ends where it is', async (_, content, counts, code, line) => {
    const taken = await take(content());
    expect(taken.state).toBe('DONE');
    if (counts === BREAKS) {
      // Whole lines before the break have landed; the line at which it broke is the last one that is named.
      const { accepted, unchanged, refused } = taken.lines;
      expect(accepted).toBeGreaterThan(300);
      expect(taken.findings).toHaveLength(unchanged + refused);
      expect(taken.findings.at(-1)).toEqual({
        line: accepted + unchanged + refused,
        entry: 0,
        verdict: 'refused',
        code,
      });
    } else {
      expect(taken.lines).toEqual(counts);
      expect(taken.findings[0]).toEqual(code && { line, entry: 0, verdict: 'refused', code });
    }
  });

  it('as a line of 200 MB costs that line alone', async () => {
    const chunk = Buffer.alloc(MIB, SECRET);
    const file = function* (): Generator<Uint8Array> {
      yield Buffer.from(`${json(patient('before'))}\n{"resourceType":"Patient","id":"huge","name":[{"family":"`);
      for (let sent = 0; sent < 200; sent += 1) yield chunk;
      yield Buffer.from(`"}]}\n${json(patient('after'))}\n`);
    };
    const taken = await take(file());
    expect(taken.findings).toEqual([{ line: 2, entry: 0, verdict: 'refused', code: 'LINE_TOO_LONG' }]);
    expect(taken.lines).toEqual({ ...none, accepted: 2, refused: 1 });
  }, 120_000);

  describe('an upload is refused', () => {
    const file = lines(json(patient('u')));

    it.each<[string, () => Promise<unknown>, object]>([
      [
        'when nothing is sent',
        async () => sender.put((await sender.open()).putUrl, Buffer.alloc(0), { length: 0 }),
        { status: 400 },
      ],
      [
        'when more than 16 GiB are announced',
        async () => failure(sender.open(16 * 1024 ** 3 + 1)),
        { code: 'UPLOAD_TOO_LARGE' },
      ],
      [
        'when the transfer names more than 16 GiB',
        async () => sender.put((await sender.open()).putUrl, file, { length: 16 * 1024 ** 3 + 1 }),
        { code: 'UPLOAD_TOO_LARGE' },
      ],
      [
        'when more comes than was announced',
        async () => sender.put((await sender.open(5)).putUrl, file),
        { code: 'UPLOAD_TOO_LARGE' },
      ],
      [
        'when less comes than was announced',
        async () => sender.put((await sender.open(5000)).putUrl, file),
        { code: 'UPLOAD_SIZE_DIFFERS' },
      ],
      ['when it is unknown', async () => sender.put('/uploads/dW5rbm93bg', file), { status: 404, code: 'NOT_FOUND' }],
      [
        'when a patient sends it',
        async () => sender.put((await sender.open()).putUrl, file, { token: await (await party('patient')).bearer() }),
        { status: 403, code: 'FORBIDDEN' },
      ],
      [
        'when another provider sends it',
        async () => sender.put((await sender.open()).putUrl, file, { token: await (await party('provider')).bearer() }),
        { status: 404 },
      ],
      [
        'when nobody sends it',
        async () => sender.put((await sender.open()).putUrl, file, { token: SECRET }),
        { status: 401, code: 'UNAUTHENTICATED' },
      ],
    ])('%s', async (_, attempt, expected) => {
      expect(await attempt()).toMatchObject(expected);
    });

    it('when it was received before, and taken in only once and never before it was received', async () => {
      const { id, putUrl } = await sender.open();
      expect(await failure(sender.start(id))).toMatchObject({ code: 'UPLOAD_NOT_RECEIVED' });
      expect(await sender.put(putUrl, file)).toMatchObject({ status: 204 });
      expect(await sender.put(putUrl, file)).toMatchObject({ code: 'UPLOAD_NOT_OPEN' });
      await sender.start(id);
      expect(await failure(sender.start(id))).toMatchObject({ code: 'INGEST_ALREADY_STARTED' });
    });

    it('when the transfer breaks off or claims another length; it can be sent again', async () => {
      const { id, putUrl } = await sender.open();
      await torn(aceso.baseUrl, putUrl, `authorization: Bearer ${await sender.provider.bearer()}`);
      expect(await sender.put(putUrl, file, { length: file.length })).toMatchObject({ status: 204 });
      await sender.start(id);
    });
  });

  it('has crashed nothing and come out nowhere', async () => {
    expect((await fetch(`${aceso.baseUrl}/readyz`)).status).toBe(200);
    expect([aceso.pidsOf('api').length, aceso.pidsOf('worker').length]).toEqual([1, 1]);
    process.kill(aceso.pidsOf('worker')[0] as number, 0);
    const failures = aceso.log.split('\n').filter((line) => /"level":[56]0/.test(line));
    expect(failures).toEqual([]);
    const tables = await watchedRows(aceso);
    const leaking = [...tables].filter(([, rows]) => rows.join('\n').includes(SECRET)).map(([table]) => table);
    expect(leaking).toEqual([]);
    expect([...reports, aceso.log].filter((text) => text.includes(SECRET))).toEqual([]);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });
});

/** The same every time, and hardly to be compressed. */
const noise = (of: string): string => createHash('sha512').update(of).digest('base64url');

const cut = (file: Buffer): Buffer => file.subarray(0, Math.floor(file.length / 2));

function broken(file: Buffer): Buffer {
  const middle = Math.floor(file.length / 2);
  file.fill(0xff, middle, middle + 64);
  return file;
}

const failure = (attempt: Promise<unknown>): Promise<unknown> =>
  attempt.then(
    () => 'succeeded',
    (error: unknown) => error,
  );

/** A client that promises 5,000 bytes, sends a few and is gone. */
async function torn(baseUrl: string, path: string, authorization: string): Promise<void> {
  const { hostname, port } = new URL(baseUrl);
  const socket = connect(Number(port), hostname);
  const head = [`PUT ${path} HTTP/1.1`, `host: ${hostname}`, 'content-type: application/octet-stream', authorization];
  await new Promise<void>((resolve) => {
    socket.write(`${head.join('\r\n')}\r\ncontent-length: 5000\r\n\r\n${json(patient('torn'))}`, () =>
      setTimeout(resolve, 300),
    );
  });
  socket.destroy();
  await new Promise((resolve) => setTimeout(resolve, 200));
}
