import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { policyTable } from '../testing';
import { POLICIES } from './policies';

describe('the documented allow-list', () => {
  it.each(POLICIES.map((policy) => [policy.name, policy] as const))('is that of %s', (_, policy) => {
    const text = readFileSync(join(process.cwd(), 'docs/reference/deidentification.md'), 'utf8');
    const squeezed = (table: string) => table.replace(/ {2,}/g, ' ').replace(/-{3,}/g, '---');
    expect(squeezed(text)).toContain(squeezed(policyTable(policy)));
  });
});
