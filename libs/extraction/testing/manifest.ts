import { MANIFEST_FORMAT, type Manifest } from '../domain/manifest';

/** A manifest of two small data files; every part can be replaced. */
export function manifest(parts: Partial<Manifest> = {}): Manifest {
  return {
    format: MANIFEST_FORMAT,
    order: '11111111-1111-4111-8111-111111111111',
    edition: 1,
    request: { version: 1, contentHash: 'a'.repeat(64), purpose: 'Course of diabetes', country: 'DE', termMonths: 24 },
    policy: { name: 'expert-1', hash: 'b'.repeat(64), label: 'de-identified data with measured risk' },
    recordDate: '2026-01-31',
    generalisation: { age: '10 years', sex: 'as recorded', zip3: 'state' },
    k: {
      kFile: 5,
      covers: ['age', 'sex', 'state'],
      smallestClass: 6,
      classes: 3,
      statement: 'k holds on age, sex, state; trajectory uniqueness is 100 %',
    },
    risk: { prosecutorHighest: 0.2 },
    counts: { persons: 21, rows: 4 },
    files: [
      { name: 'data/Observation.ndjson', bytes: 120, sha256: 'c'.repeat(64), rows: 3 },
      { name: 'data/Patient.ndjson', bytes: 40, sha256: 'd'.repeat(64), rows: 1 },
    ],
    log: { verifierKey: 'ledger.example.org/consent+b95fe4d1+AYqI', planCheckpoint: null },
    software: { name: 'aceso', version: '0.1.0' },
    ...parts,
  };
}
