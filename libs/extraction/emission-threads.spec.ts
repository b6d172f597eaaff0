import { compileProjector, policyNamed, RegisterRows, pseudonymsUnder } from '@aceso/deidentification/domain';
import { hmacSha256, projectPerson, saleOf } from '@aceso/deidentification/testing';
import type { FhirResource } from '@aceso/fhir';
import { generatePopulation } from '@aceso/fhir/synthetic';
import { asId, utf8 } from '@aceso/kernel';
import { aheadOf, inOrder } from '@aceso/platform/threads';
import { EmissionThreads, personTask, transferOf } from './emission-threads';

const AS_OF = '2020-06-15';
const POLICY = policyNamed('expert-1');
const ATTRIBUTES = { age: 40, sex: 'female', state: 'MA', zip3: '021', race: 'White', ethnicity: null } as const;

/** Whole persons as the register holds them. */
const persons = [...generatePopulation({ seed: 5, patients: 6, asOf: AS_OF })].map(([records], number) => {
  const sourceRecordId = asId<'SourceRecord'>(`00000000-0000-4000-8000-00000000000${number}`);
  return {
    person: { personId: asId<'Person'>(`10000000-0000-4000-8000-00000000000${number}`), shiftDays: number - 30 },
    entries: (records!.bundle.entry as readonly { readonly resource: FhirResource }[]).map(({ resource }, at) => ({
      resource,
      position: { sourceRecordId, sequence: 1, line: at + 1 },
    })),
  };
});
const { saleKey, generalisation } = saleOf(7);
const sale = {
  policy: POLICY,
  saleKey,
  asOf: AS_OF,
  generalisation,
  displays: new Map([['http://loinc.org|8302-2', 'Body height']]),
  fields: Object.keys(POLICY.resources),
};

/** The rows of everybody by type, by the definition. */
function expected(): string[] {
  const displayOf = (system: string, code: string) => sale.displays.get(`${system}|${code}`);
  const projector = compileProjector(POLICY, { ...saleOf(7, { asOf: AS_OF }), displayOf, fields: sale.fields });
  return persons.map(({ person, entries }) => {
    const rows = new RegisterRows(pseudonymsUnder(saleKey, hmacSha256));
    const inSale = projector.person(person.personId, { rows, shiftDays: person.shiftDays });
    const lines = projectPerson(projector, inSale, { entries, attributes: ATTRIBUTES });
    const types = [...new Set(lines.map(({ resourceType }) => resourceType))];
    return types
      .flatMap((type) => lines.filter(({ resourceType }) => resourceType === type))
      .map((row) => `${JSON.stringify(row)}\n`)
      .join('');
  });
}

const texts = (entries: (typeof persons)[number]['entries']) =>
  entries.map(({ resource, position }) => ({ text: Buffer.from(utf8(JSON.stringify(resource))), position }));

describe('the threads of the emission', () => {
  it.each([1, 2, 3])(
    'give the bytes of the definition in the order of the persons with %d of them',
    async (threads) => {
      const pool = new EmissionThreads(threads);
      const job = pool.open(sale);
      const results: string[] = [];
      const emitted = inOrder(persons, aheadOf(threads), async ({ person, entries }) => {
        const task = await personTask({ ...person, attributes: ATTRIBUTES }, texts(entries));
        return job.run(task!, transferOf(task!));
      });
      for await (const person of emitted) {
        expect(person.codes.length).toBeGreaterThan(5);
        results.push(person.texts.map(({ text }) => Buffer.from(text).toString()).join(''));
      }
      await pool.onModuleDestroy();
      expect(results).toEqual(expected());
      expect(results.join('')).toContain('Body height');
    },
  );

  it('are not given a record that is longer than what is held', async () => {
    const { person, entries } = persons[0]!;
    const bytes = texts(entries).reduce((sum, { text }) => sum + text.length, 0);
    const one = { ...person, attributes: ATTRIBUTES };
    expect(await personTask(one, texts(entries), bytes)).not.toBeNull();
    expect(await personTask(one, texts(entries), bytes - 1)).toBeNull();
  });
});
