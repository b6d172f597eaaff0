import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DemoInput } from '../../../apps/cli/src/demo/input';

/** Criteria that all of {@link alikeAdults} meet. */
export const ADULTS = { version: 1, all: [{ age: { min: 18 } }] };

const DIABETES = { system: 'http://snomed.info/sct', code: '44054006' };

/** One file of alike grown-ups of one provider, each with one diagnosis: nobody is suppressed. */
export function alikeAdults(folder: string, count: number): DemoInput {
  const path = join(folder, 'input', 'patients.ndjson');
  mkdirSync(join(folder, 'input'));
  const localIds = Array.from({ length: count }, (_, number) => `local-${number}`);
  const resources = localIds.flatMap((id) => [
    { resourceType: 'Patient', id, birthDate: '1980-02-29', gender: 'female' },
    { resourceType: 'Condition', id: `c-${id}`, subject: { reference: `Patient/${id}` }, code: { coding: [DIABETES] } },
  ]);
  writeFileSync(path, resources.map((resource) => `${JSON.stringify(resource)}\n`).join(''));
  return {
    files: [{ path, provider: 0 }],
    persons: localIds.map((localId) => ({ records: [{ provider: 0, localId }] })),
  };
}
