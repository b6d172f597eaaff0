import { statementBytes, fromUtf8 } from '@aceso/kernel';
import { ATTESTATION, BINDING, codeHash, DAY_SECONDS, jwkThumbprint, LOGIN } from '@aceso/identity/domain';
import { digestOf, TestParty } from '@aceso/identity/testing';
import { sha256 } from '@aceso/platform';
import { DISCOVERY_TERMS, GRANT, REVOCATION } from '../domain';

/** 2026-01-01T00:00:00Z. */
const ISSUED_AT_MS = 1_767_225_600_000;
const RECORD = '6f1c2a52-8a3e-4a44-9d8e-0f6f4e9f3b10';
const CODE = 'A1B2C-D3E4F-G5H6J-K7M8N-P9Q0R';

/** Seeds whose bytes count up, so that everybody can repeat the example. */
const seedFrom = (first: number): Uint8Array => Uint8Array.from({ length: 32 }, (_, at) => first + at);
const jti = (last: number): string => `00000000-0000-4000-8000-00000000000${last}`;

/** One statement of the worked example, named as docs/reference/statements.md names it. */
export interface ExampleStatement {
  readonly name: string;
  readonly text: string;
  readonly digest: string;
}

/** The worked example of docs/reference/statements.md: a provider and a patient with fixed seeds. */
export function workedExample(): {
  readonly lines: readonly string[];
  readonly statements: readonly ExampleStatement[];
} {
  const party = (first: number): TestParty =>
    new TestParty({ audience: 'ledger.example.org/aceso', now: () => ISSUED_AT_MS, seed: seedFrom(first) });
  const clinic = party(0x20);
  const amina = party(0x00);
  const statements: ExampleStatement[] = [];
  const add = (name: string, text: string): string => {
    statements.push({ name, text, digest: digestOf(text) });
    return digestOf(text);
  };
  const year = 365 * DAY_SECONDS;
  add(
    'login',
    amina.sign(LOGIN, { cnf: { jkt: jwkThumbprint(amina.did, sha256) }, nonce: 'A'.repeat(54) }, { jti: jti(1) }),
  );
  const own = { sourceRecord: RECORD, codeHash: codeHash(CODE, sha256), evidence: 'in-person' } as const;
  const attestation = add(
    'attestation',
    clinic.sign(ATTESTATION, own, { jti: jti(2), lifetimeSeconds: 30 * DAY_SECONDS }),
  );
  add('binding', amina.signNext(BINDING, { attestation, sourceRecord: RECORD }, { jti: jti(3) }));
  add('terms', amina.signNext(DISCOVERY_TERMS, { discovery: 'permit' }, { jti: jti(4), lifetimeSeconds: year }));
  const grant = add('grant', amina.signNext(GRANT, EXAMPLE_GRANT, { jti: jti(5), lifetimeSeconds: year }));
  add('revocation', amina.signNext(REVOCATION, { grant }, { jti: jti(6) }));
  return { statements, lines: exampleLines({ amina, clinic, statements }) };
}

const EXAMPLE_GRANT = {
  request: '0c3f1f0e-6a8b-4d5f-8f54-8a8f2f0e7a11',
  version: 1,
  contentHash: 'a'.repeat(64),
  recordsUpTo: [{ sourceRecord: RECORD, sequence: 3, digest: 'd'.repeat(64) }],
  notice: { hash: 'b'.repeat(64), language: 'en', payment: true as const },
  amount: { amountMinor: '700', currency: 'EUR' },
  splitRule: 'c'.repeat(64),
};

function exampleLines(example: { amina: TestParty; clinic: TestParty; statements: ExampleStatement[] }): string[] {
  const { amina, clinic, statements } = example;
  const grant = statements.find(({ name }) => name === 'grant');
  return [
    `patient  seed 000102…1f  ${amina.did}`,
    `         jkt  ${jwkThumbprint(amina.did, sha256)}`,
    `provider seed 202122…3f  ${clinic.did}`,
    `code     ${CODE}`,
    '',
    'bytes that the proof of the grant covers:',
    grant ? fromUtf8(statementBytes(JSON.parse(grant.text))) : '',
    ...statements.flatMap(({ name, text, digest }) => ['', `${name}, digest ${digest}:`, text]),
  ];
}
