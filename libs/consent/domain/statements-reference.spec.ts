import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { verifyStatement } from '@aceso/kernel';
import {
  ATTESTATION,
  BINDING,
  CLOCK_SKEW_SECONDS,
  GUARDIAN_APPOINTMENT,
  GUARDIAN_CONFIRMATION,
  GUARDIAN_END,
  KEY_ADDITION,
  KEY_POSSESSION,
  KEY_REVOCATION,
  LICENCE,
  LICENCE_APPEAL,
  LINK,
  LOGIN,
  MEMBERSHIP,
  RECOVERY,
  RECOVERY_ATTESTATION,
  RECOVERY_VETO,
  REGISTRATION,
  verifyBinding,
} from '@aceso/identity/domain';
import { lifeOf } from '@aceso/identity/testing';
import { sha256, verifyEd25519 } from '@aceso/platform';
import { workedExample } from '../testing';
import { decideGrant } from './decide';
import { STANDING_TERMS } from './standing-terms';
import { DISCOVERY_TERMS, GRANT, PERMISSION_RULES, REVOCATION } from './statement-kind';

/** docs/reference/statements.md says what the code does, or this fails. */
const reference = readFileSync(join(__dirname, '../../../docs/reference/statements.md'), 'utf8');
const { lines, statements } = workedExample();
const text = (wanted: string) => statements.find(({ name }) => name === wanted)!.text;

it('shows the worked example as the code makes it', () => {
  const shown = /<!-- worked example -->\n\n```text\n([^]*?)\n```/.exec(reference)?.[1];
  expect(shown).toBe(lines.join('\n'));
});

it('shows an example that verifies and is decided', () => {
  const kinds = { login: LOGIN, attestation: ATTESTATION, binding: BINDING, terms: DISCOVERY_TERMS, grant: GRANT };
  for (const [name, kind] of Object.entries(kinds)) {
    expect(verifyStatement(text(name), kind.typ, verifyEd25519).typ).toBe(kind.typ);
  }
  const context = { audience: 'ledger.example.org/aceso', verify: verifyEd25519, sha256 };
  const { payload, kid } = JSON.parse(text('grant'));
  const providerKeys = [lifeOf({ did: JSON.parse(text('attestation')).kid })];
  const patientKeys = [lifeOf({ did: kid })];
  const at = payload.iat * 1000;
  const sourceRecordId = payload.recordsUpTo[0].sourceRecord;
  const texts = { attestationText: text('attestation'), attestedAt: at, bindingText: text('binding'), boundAt: at };
  expect(verifyBinding(texts, { sourceRecordId, providerKeys, patientKeys }, context).holds).toBe(true);
  const decision = decideGrant(
    {
      grantText: text('grant'),
      revocationText: null,
      grantAcceptedAt: at,
      patientKeys,
      bindings: [{ ...texts, sourceRecordId, providerKeys }],
    },
    {
      ...context,
      at,
      request: { requestId: payload.request, version: payload.version, contentHash: payload.contentHash },
    },
  );
  expect(decision.permit).toBe(true);
});

it.each([
  REGISTRATION,
  LOGIN,
  KEY_POSSESSION,
  KEY_ADDITION,
  KEY_REVOCATION,
  RECOVERY_ATTESTATION,
  RECOVERY,
  RECOVERY_VETO,
  GUARDIAN_APPOINTMENT,
  GUARDIAN_CONFIRMATION,
  GUARDIAN_END,
  LICENCE,
  LICENCE_APPEAL,
  ATTESTATION,
  MEMBERSHIP,
  BINDING,
  LINK,
  DISCOVERY_TERMS,
  STANDING_TERMS,
  PERMISSION_RULES,
  GRANT,
  REVOCATION,
])('describes $typ with its longest life and every claim', (kind) => {
  const section = reference.split(/^### /m).find((part) => part.startsWith(`\`${kind.typ}\``));
  expect(section).toContain(`${kind.lifetimeSecondsMax} s`);
  const common = ['jti', 'aud', 'iat', 'exp', 'signer', 'authority', 'seq', 'prev'];
  for (const claim of Object.keys(kind.claims.shape).filter((name) => !common.includes(name))) {
    expect(section).toContain(`\`${claim}\``);
  }
  expect(section?.includes('chained')).toBe('chained' in kind);
});

it('names the skew of clocks', () => {
  expect(reference).toContain(`${CLOCK_SKEW_SECONDS} s`);
});

it('names every code that refuses a statement or a grant', () => {
  const sources = [
    '../../kernel/statement.ts',
    '../../identity/domain/identity.errors.ts',
    '../../identity/domain/recovery.ts',
    '../../identity/domain/authority.ts',
    './consent.errors.ts',
    './decide.ts',
    './decide-terms.ts',
  ];
  const codes = sources.flatMap(
    (source) => readFileSync(join(__dirname, source), 'utf8').match(/'[A-Z]+(_[A-Z]+)+'/g) ?? [],
  );
  expect(codes.length).toBeGreaterThan(40);
  for (const code of codes) expect(reference).toContain(`\`${code.slice(1, -1)}\``);
});
