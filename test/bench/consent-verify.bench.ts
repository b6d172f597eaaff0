import { createPublicKey, verify, type KeyObject } from 'node:crypto';
import { GRANT } from '@aceso/consent/domain';
import { grantContent } from '@aceso/consent/testing';
import { checkStatement, DAY_SECONDS } from '@aceso/identity/domain';
import { TestParty } from '@aceso/identity/testing';
import { base64url, decodeDidKey, statementBytes, verifyStatement } from '@aceso/kernel';
import { sha256, verifyEd25519 } from '@aceso/platform';
import type { Bench, BenchFigure } from './bench';

const TOKENS = 10_000;
const ROUNDS = 5;
const AUDIENCE = 'ledger.example.org/aceso';
const AT_MS = 1_767_225_600_000;

interface StoredToken {
  readonly text: string;
  readonly key: KeyObject;
  readonly bytes: Uint8Array;
  readonly signature: Uint8Array;
}

/** Grants of as many keys, each as a patient's client signs it and the database keeps it. */
function storedTokens(): StoredToken[] {
  const target = {
    requestId: '0c3f1f0e-6a8b-4d5f-8f54-8a8f2f0e7a11',
    version: 1,
    contentHash: 'a'.repeat(64),
    notice: { hash: 'b'.repeat(64), language: 'en' },
    amount: { amountMinor: 700n, currency: 'EUR' },
    splitRule: 'c'.repeat(64),
    heads: [{ sourceRecordId: '6f1c2a52-8a3e-4a44-9d8e-0f6f4e9f3b10', sequence: 3, digest: 'd'.repeat(64) }],
    answerDeadline: AT_MS,
  };
  return Array.from({ length: TOKENS }, () => {
    const patient = new TestParty({ audience: AUDIENCE, now: () => AT_MS });
    const text = patient.signNext(GRANT, grantContent(target), { lifetimeSeconds: 365 * DAY_SECONDS });
    const statement = JSON.parse(text);
    const x = base64url.encode(decodeDidKey(statement.kid));
    const key = createPublicKey({ format: 'jwk', key: { kty: 'OKP', crv: 'Ed25519', x } });
    return { text, key, bytes: statementBytes(statement), signature: base64url.decode(statement.proof) };
  });
}

/** CPU seconds. */
function secondsOf(run: () => void): number {
  const before = process.cpuUsage();
  run();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;

async function run(): Promise<BenchFigure> {
  const tokens = storedTokens();
  const context = { audience: AUDIENCE, verify: verifyEd25519, sha256 };
  const [bare, ours, judged]: [number[], number[], number[]] = [[], [], []];
  let held = 0;
  for (let round = 0; round <= ROUNDS; round += 1) {
    const limit = secondsOf(() => {
      for (const { key, bytes, signature } of tokens) held += verify(null, bytes, key, signature) ? 1 : 0;
    });
    const own = secondsOf(() => {
      for (const { text } of tokens) held += verifyStatement(text, GRANT.typ, verifyEd25519).typ === GRANT.typ ? 1 : 0;
    });
    const claims = secondsOf(() => {
      for (const { text } of tokens) held += checkStatement(text, GRANT, context).claims.version;
    });
    if (round === 0) continue; // warms up
    bare.push(limit);
    ours.push(own);
    judged.push(claims);
  }
  if (held !== 3 * TOKENS * (ROUNDS + 1)) throw new Error('every token verifies');
  const baseline = median(bare);
  const more = [{ name: 'claims', value: median(judged), unit: 's', baseline }];
  return Promise.resolve({ value: median(ours), unit: 's', baseline, more });
}

/**
 * CPU seconds to verify stored tokens from their text, each of another key (form, kind, signature), against bare Ed25519 over ready keys
 * and bytes; `claims` judges every claim and computes the digest as well.
 */
export const consentVerifyBench: Bench = { name: 'consent-verify', run };
