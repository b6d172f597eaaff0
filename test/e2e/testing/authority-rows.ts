import { randomUUID } from 'node:crypto';
import {
  empty,
  everybody,
  F,
  NOTHING,
  ok,
  officers,
  page,
  patients,
  said,
  signed,
  U,
  type FieldRow,
} from './access-outcomes';

/** Who acts for somebody else, and how a lost key comes back. */
export const AUTHORITY_FIELDS: Readonly<Record<string, FieldRow>> = {
  myGuardianships: { outcomes: patients(empty), document: page('myGuardianships') },
  appointGuardian: {
    outcomes: [U, F, F, F, F, 'GUARDIAN_REFUSED', 'GUARDIAN_REFUSED', 'GUARDIAN_REFUSED', F],
    document: 'mutation($s: String!) { appointGuardian(statement: $s) { appointment } }',
    // For nobody: an appointment that stands would change what the others may do.
    variables: signed('aceso/guardian-appointment/v1', ({ sourceRecord }) => ({
      ward: randomUUID(),
      guardian: randomUUID(),
      sourceRecord,
      kind: 'court',
      scope: 'both',
      evidence: 'document',
      document: 'ab'.repeat(32),
      until: Math.floor(Date.now() / 1000) + 86_400,
    })),
    byId: true,
  },
  appointProxy: {
    outcomes: patients(said),
    document: 'mutation($s: String!) { appointProxy(statement: $s) { appointment } }',
    variables: NOTHING,
  },
  confirmGuardian: {
    outcomes: officers('APPOINTMENT_UNKNOWN'),
    document: 'mutation($s: String!) { confirmGuardian(statement: $s) { appointment } }',
    variables: signed('aceso/guardian-confirmation/v1', () => ({ appointment: 'ab'.repeat(32) })),
  },
  endGuardian: {
    outcomes: [
      U,
      ...['APPOINTMENT_UNKNOWN', 'APPOINTMENT_UNKNOWN', F, F, 'APPOINTMENT_UNKNOWN', 'APPOINTMENT_UNKNOWN'],
      ...['APPOINTMENT_UNKNOWN', F],
    ],
    document: 'mutation($s: String!) { endGuardian(statement: $s) { appointment } }',
    variables: signed('aceso/guardian-end/v1', () => ({ appointment: 'ab'.repeat(32) })),
  },
  myNotices: { outcomes: patients(empty), document: page('myNotices') },
  attestRecovery: {
    outcomes: [U, F, F, F, F, ok, 'RECOVERY_SOURCE_RECORD_UNKNOWN', ok, F],
    document: 'mutation($s: String!) { attestRecovery(statement: $s) { attestation } }',
    // A key that nobody has: an attestation alone does nothing.
    variables: signed('aceso/recovery-attestation/v1', ({ sourceRecord }) => ({
      sourceRecord,
      key: 'did:key:z6MkehRgf7yJbgaGfYsdoAsKdBPE3dj2CYhowQdcjqSJgvVd',
      evidence: 'in-person',
    })),
    byId: true,
  },
  requestRecovery: {
    outcomes: everybody(said),
    document: 'mutation($s: String!) { requestRecovery(statement: $s) { state } }',
    variables: NOTHING,
  },
  finishRecovery: {
    outcomes: everybody(said),
    document: 'mutation($s: String!) { finishRecovery(statement: $s) { state } }',
    variables: NOTHING,
  },
  vetoRecovery: {
    outcomes: patients(said),
    document: 'mutation($s: String!) { vetoRecovery(statement: $s) { recovery } }',
    variables: NOTHING,
  },
};
