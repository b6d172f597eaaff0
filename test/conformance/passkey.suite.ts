import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  base64url,
  StatementError,
  statementText,
  verifyStatement,
  type AssertionProof,
  type PasskeyChecks,
  type RelyingParty,
  type Statement,
  type VerifyEd25519,
} from '@aceso/kernel';
import { portableSha256, portableVerifyEd25519, portableVerifyP256 } from '@aceso/ledger/testing';
import { sha256, verifyEd25519, verifyP256 } from '@aceso/platform';
import { RELYING_PARTY, type RecordedCeremony } from '../browser/passkey-ceremonies';
import { expectSame, runCase } from './ledger.case';
import type { ConformanceCase, ConformanceSuite } from './suite';

/** Recorded by test/browser/record-passkeys.ts; the file lies beside the sources, wherever the compiled suite runs. */
const CEREMONIES = 'test/conformance/passkey.ceremonies.json';
const PARTS = ['authenticatorData', 'clientDataJSON', 'signature'] as const;

interface Verifier {
  readonly verifyEd25519: VerifyEd25519;
  readonly passkeys: Omit<PasskeyChecks, 'relyingParty'>;
}

const SERVER: Verifier = { verifyEd25519, passkeys: { sha256, verifyP256 } };
const BROWSER: Verifier = {
  verifyEd25519: portableVerifyEd25519,
  passkeys: { sha256: portableSha256, verifyP256: portableVerifyP256 },
};
const VERIFIERS = { server: SERVER, browser: BROWSER };

/** The ceremonies that are kept in the repository. */
export function readCeremonies(): RecordedCeremony[] {
  return (JSON.parse(readFileSync(resolve(CEREMONIES), 'utf8')) as { ceremonies: RecordedCeremony[] }).ceremonies;
}

/** What a verifier finds wrong with a ceremony, as its text comes in: a fault of the assertion, another code, or null. */
export function judgeCeremony(
  { statement }: Pick<RecordedCeremony, 'statement'>,
  verifier: Verifier = SERVER,
  relyingParty: RelyingParty = RELYING_PARTY,
): string | null {
  try {
    const passkeys = { ...verifier.passkeys, relyingParty };
    verifyStatement(statementText(statement as Statement), statement.typ, verifier.verifyEd25519, passkeys);
    return null;
  } catch (error) {
    if (!(error instanceof StatementError)) throw error;
    if (error.code === 'SIGNATURE_INVALID') return 'signature';
    return error.code === 'ASSERTION_INVALID' ? (error.message.split(': ').at(-1) ?? '') : error.code;
  }
}

/** Passkeys: assertions of a virtual authenticator, each refused variant, and what an attacker may do to a good one. */
export const passkeySuite: ConformanceSuite = {
  name: 'passkey',
  async *run(): AsyncGenerator<ConformanceCase> {
    const ceremonies = readCeremonies();
    for (const [side, verifier] of Object.entries(VERIFIERS)) {
      for (const ceremony of ceremonies) {
        yield runCase(`${side}: ${ceremony.name}`, () =>
          expectSame(judgeCeremony(ceremony, verifier), ceremony.fault, 'fault'),
        );
      }
    }
    for (const good of ceremonies.filter(({ fault }) => fault === null)) yield* variantsOf(good, ceremonies);
  },
};

function* variantsOf(good: RecordedCeremony, all: readonly RecordedCeremony[]): Generator<ConformanceCase> {
  const { statement, name } = good;
  const { proof } = statement;
  const refuse = (what: string, changed: Partial<Statement> | object, fault: string) =>
    runCase(`${name}, ${what}`, () =>
      expectSame(judgeCeremony({ statement: { ...statement, ...changed } as typeof statement }), fault, 'fault'),
    );
  for (const part of PARTS) {
    yield runCase(`${name}, every byte of its ${part} altered`, () => {
      for (const altered of alterations(proof, part)) {
        const held = judgeCeremony({ statement: { ...statement, proof: altered } }) === null;
        expectSame(held, false, `holds with an altered ${part}`);
      }
    });
    yield refuse(`${part} padded`, { proof: { ...proof, [part]: `${proof[part]}=` } }, 'malformed');
    yield refuse(`without ${part}`, { proof: { ...proof, [part]: undefined } }, 'STATEMENT_MALFORMED');
  }
  const other = all.find((one) => one.statement.kid !== statement.kid && one.statement.alg === statement.alg);
  yield refuse('under the name of another key', { kid: other?.statement.kid }, 'challenge');
  yield refuse('with another claim', { payload: { ...(statement.payload as object), content: 'z' } }, 'challenge');
  yield refuse('as another kind of statement', { typ: 'aceso/login/v1' }, 'challenge');
  const otherKind = all.find((one) => one.statement.alg !== statement.alg)?.statement.alg;
  yield refuse('as another kind of key', { alg: otherKind }, 'signature');
  yield refuse('as a plain signature', { alg: 'Ed25519', proof: proof.signature }, 'signature');
  yield runCase(`${name}, before another relying party`, () => {
    const elsewhere = { id: 'example.com', origins: ['https://aceso.example.com'] };
    expectSame(judgeCeremony(good, SERVER, elsewhere), 'origin', 'fault of another page');
    const domain = { ...elsewhere, origins: RELYING_PARTY.origins };
    expectSame(judgeCeremony(good, SERVER, domain), 'relying-party', 'fault of another domain');
  });
}

/** The proof with each bit of one part flipped. */
function* alterations(proof: AssertionProof, part: (typeof PARTS)[number]): Generator<AssertionProof> {
  const bytes = base64url.decode(proof[part]);
  for (let bit = 0; bit < bytes.length * 8; bit += 1) {
    const altered = bytes.map((byte, at) => (at === bit >> 3 ? byte ^ (1 << (bit & 7)) : byte));
    yield { ...proof, [part]: base64url.encode(altered) };
  }
}
