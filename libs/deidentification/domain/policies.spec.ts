import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { elementsOfR4 } from '../r4-elements';
import { policyTable } from '../testing';
import { checkPolicy } from './policy-check';
import { POLICIES } from './policies';
import { ZIP3_CENSUS_2000, ZIP3_LATER } from './rules/zip3';

describe('the documented allow-list', () => {
  it.each(POLICIES.map((policy) => [policy.name, policy] as const))('is that of %s', (_, policy) => {
    const text = readFileSync(join(process.cwd(), 'docs/reference/deidentification.md'), 'utf8');
    const squeezed = (table: string) => table.replace(/ {2,}/g, ' ').replace(/-{3,}/g, '---');
    expect(squeezed(text)).toContain(squeezed(policyTable(policy)));
  });
});

describe('the documented precision and code systems', () => {
  const text = readFileSync(join(process.cwd(), 'docs/reference/deidentification.md'), 'utf8');
  const [, after = ''] = text.split('### Decimals by code');
  const [decimals = ''] = after.split('### Limits of a policy file');
  const cells = (line: string) => line.split(/(?<!\\)\|/).map((cell) => cell.trim().replaceAll('\\|', '|'));
  const rows = new Map(
    decimals
      .split('\n')
      .filter((line) => line.startsWith('|'))
      .map((line) => [cells(line)[1]!, cells(line)[2]!]),
  );
  const { precision, codeSystems } = POLICIES[0]!;

  it('give the decimals of every code', () => {
    for (const [code, places] of Object.entries(precision.decimalsByCode))
      expect(rows.get(String(places))?.split(', ')).toContain(code.replace(/A+$/, ''));
    const documented = [...rows].filter(([place]) => /^\d$/.test(place)).flatMap(([, codes]) => codes.split(', '));
    expect(documented).toHaveLength(Object.keys(precision.decimalsByCode).length);
  });

  it('give the codes or the syntax of every system', () => {
    for (const [system, syntax] of Object.entries(codeSystems)) {
      const written = 'codes' in syntax ? syntax.codes.join(', ') : `\`${syntax.pattern}\``;
      expect([system, rows.get(`\`${system}\``)]).toEqual([system, expect.stringContaining(written)]);
    }
    expect([...rows.keys()].filter((system) => system.startsWith('`'))).toHaveLength(Object.keys(codeSystems).length);
  });
});

it('the policy file of the how-to passes its checks', () => {
  const text = readFileSync(join(process.cwd(), 'docs/how-to/deidentify-offline.md'), 'utf8');
  const [, example] = /```json\n([^]*?)```/.exec(text)!;
  expect(checkPolicy(JSON.parse(example!), elementsOfR4)).toMatchObject({ name: 'diagnoses-and-values' });
});

it('areas of 20,000 people or fewer are those of either list', () => {
  for (const { restrictedZip3 } of POLICIES) {
    for (const list of [ZIP3_CENSUS_2000, ZIP3_LATER]) {
      expect(restrictedZip3.prefixes).toEqual(expect.arrayContaining([...list.prefixes]));
      expect(restrictedZip3.census).toContain(list.census);
    }
    expect(restrictedZip3.prefixes).toHaveLength(19);
  }
});
