import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hex, utf8 } from '@aceso/kernel';
import {
  formatAddCheckpoint,
  KEY_TYPE,
  parseAddCheckpoint,
  parseCosignatureLines,
  parseVerifierKey,
  SIZE_MEDIA_TYPE,
  verifierKey,
  verifyNote,
  type VerifierKey,
} from '@aceso/ledger/domain';
import { SignedLog } from '@aceso/ledger/testing';
import { sha256, verifyEd25519 } from '@aceso/platform';
import { startWitness, type RunningWitness } from '../../apps/witness/src/server';
import { expectSame, filesBelow, readJson, runCase, skipCase } from './ledger.case';
import type { ConformanceCase } from './suite';

interface StatusTable {
  readonly cases: readonly { readonly when: string; readonly status: number; readonly body?: string }[];
}

interface GivenRequests {
  readonly requests: readonly { readonly log_key_hex: string; readonly body: string; readonly status: number }[];
}

/** The witness protocol, against a witness that runs: rows of the status table, other people's requests. */
export async function* witnessCases(folder: string): AsyncGenerator<ConformanceCase> {
  for (const row of readJson<StatusTable>(folder, 'status_table.json')?.cases ?? []) yield* rowCases(row);
  const files = filesBelow(folder);
  const requests = files
    .filter((file) => file.endsWith('_requests.json'))
    .flatMap((file) => readJson<GivenRequests>(folder, file)?.requests.map((request) => ({ ...request, file })) ?? []);
  for (const [at, { file, log_key_hex, body, status }] of requests.entries()) {
    yield await witnessedCase(`${file} ${at}: ${status}`, [keyOf(body, log_key_hex)], async (witness) => {
      const answer = await add(witness, body);
      expectSame(answer.status, status, 'status');
      if (status === 200) expectCosigned(witness, answer.body, body);
    });
  }
  for (const file of files.filter((name) => name.endsWith('_request.txt'))) {
    yield runCase(file, () => {
      const text = readFileSync(join(folder, file), 'utf8');
      expectSame(formatAddCheckpoint(parseAddCheckpoint(utf8(text))), text, 'request');
    });
  }
}

const ORIGIN = 'log.example.org/conformance';
const SEED = new Uint8Array(32).fill(0x21);
const LOG = new SignedLog(ORIGIN, SEED).grow(12);
/** Same key, same first three entries, another history. */
const OTHER = LOG.fork(3).grow(9, 'other ');
const STRANGER = new SignedLog(ORIGIN, new Uint8Array(32).fill(0x22)).grow(12);
const UNKNOWN = new SignedLog('elsewhere.example.org', SEED).grow(12);

/** What is sent, after the witness has cosigned the sizes in `before`. */
interface Scenario {
  readonly before: readonly number[];
  readonly body: string;
}

const zeroRoot = (): string => LOG.request(0, 0, { note: LOG.note(0, new Uint8Array(32).fill(1)) });
const wronglySigned = { text: LOG.note(9).text, signatures: LOG.note(8).signatures };

/** What the words of a row mean. A row may speak of several cases; all of them must be answered as it says. */
const WORDS: readonly (readonly [RegExp, readonly Scenario[]])[] = [
  [/origin (is )?(not|un)[ -]?(configured|known)|unknown origin/, [{ before: [], body: UNKNOWN.request(0, 5) }]],
  [/no signature/, [{ before: [5], body: STRANGER.request(5, 9) }]],
  [
    /signature (is )?(invalid|wrong|does not verify)/,
    [{ before: [5], body: LOG.request(5, 9, { note: wronglySigned }) }],
  ],
  [/old( size)? (>|is above|is larger)/, [{ before: [5], body: LOG.request(5, 9).replace('old 5', 'old 10') }]],
  [
    /unpars|malformed|does not parse/,
    ['', 'x', 'old 5\n', `old 05\n\n${LOG.request(0, 9).slice('old 0\n\n'.length)}`].map((body) => ({
      before: [5],
      body,
    })),
  ],
  [
    /old( size)? (!=|≠|differs|is not)/,
    [
      { before: [5], body: LOG.request(4, 9) },
      { before: [5], body: LOG.request(0, 9) },
      { before: [], body: LOG.request(5, 9) },
    ],
  ],
  [/size (is )?0 .*root|empty tree/, [{ before: [], body: zeroRoot() }]],
  [
    /old( size)? (=+ |is )?0 .*(non-empty|not empty)/,
    [{ before: [], body: LOG.request(0, 9, { proof: LOG.proof(5, 9) }) }],
  ],
  [
    /consistency proof/,
    [
      { before: [5], body: LOG.request(5, 9, { proof: LOG.proof(4, 9) }) },
      { before: [5], body: LOG.request(5, 9, { proof: [] }) },
      { before: [5], body: OTHER.request(5, 9) },
    ],
  ],
  [/roots? differ/, [{ before: [5], body: OTHER.request(5, 5) }]],
  [
    /all (checks )?(pass|good)/,
    [
      { before: [], body: LOG.request(0, 5) },
      { before: [5], body: LOG.request(5, 9) },
      { before: [5, 9], body: LOG.request(9, 9) },
    ],
  ],
];

async function* rowCases({ when, status, body }: StatusTable['cases'][number]): AsyncGenerator<ConformanceCase> {
  const scenarios = WORDS.filter(([words]) => words.test(when)).flatMap(([, meant]) => meant);
  if (scenarios.length === 0) yield skipCase(`witness: ${when}`, 'the words of this row are not known here');
  for (const [at, scenario] of scenarios.entries()) {
    yield await witnessedCase(`witness: ${when}, ${at}`, [LOG.key], async (witness) => {
      let last = 0;
      for (const size of scenario.before) {
        expectSame((await add(witness, LOG.request(last, size))).status, 200, 'status before');
        last = size;
      }
      const answer = await add(witness, scenario.body);
      expectSame(answer.status, status, 'status');
      if (body?.includes(SIZE_MEDIA_TYPE)) {
        expectSame([answer.type, answer.body], [SIZE_MEDIA_TYPE, `${last}\n`], 'type and body');
      }
      if (body?.includes('cosignature')) expectCosigned(witness, answer.body, scenario.body);
    });
  }
}

interface WitnessAnswer {
  readonly status: number;
  readonly type: string | null;
  readonly body: string;
}

async function add({ url }: RunningWitness, body: string): Promise<WitnessAnswer> {
  const response = await fetch(`${url}/add-checkpoint`, { method: 'POST', body });
  return { status: response.status, type: response.headers.get('content-type'), body: await response.text() };
}

/** One or more lines, one of them the witness's own over the text that was sent, and nothing else. */
function expectCosigned(witness: RunningWitness, answer: string, request: string): void {
  const { text } = parseAddCheckpoint(utf8(request)).note;
  const signatures = parseCosignatureLines(answer);
  const key = parseVerifierKey(witness.verifierKey, sha256);
  expectSame(verifyNote({ text, signatures }, [key], { verifyEd25519 }).length, 1, 'cosignatures');
}

/** The log's key under the origin of a request, whose checkpoint stands behind the first blank line. */
function keyOf(body: string, publicKey: string): VerifierKey {
  const name = body.slice(body.indexOf('\n\n') + 2).split('\n', 1)[0] as string;
  return verifierKey({ name, type: KEY_TYPE.ed25519, publicKey: hex.decode(publicKey) }, sha256);
}

/** Runs a case against a witness of its own that has cosigned nothing yet. */
async function witnessedCase(
  name: string,
  logs: readonly VerifierKey[],
  check: (witness: RunningWitness) => Promise<void>,
): Promise<ConformanceCase> {
  const home = mkdtempSync(join(tmpdir(), 'aceso-conformance-'));
  try {
    const witness = await startWitness({
      home,
      name: 'witness.example.net/conformance',
      logs,
      host: '127.0.0.1',
      port: 0,
      now: Date.now,
      warn: () => undefined,
    });
    try {
      await check(witness);
      return { case: name, outcome: 'passed' };
    } finally {
      await witness.close();
    }
  } catch (error) {
    return { case: name, outcome: 'failed', reason: error instanceof Error ? error.message : String(error) };
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}
