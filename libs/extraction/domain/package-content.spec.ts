import { measureFinal, policyNamed } from '@aceso/deidentification/domain';
import type { RequestContent } from '@aceso/marketplace/domain';
import { composeManifest } from './package-content';
import { readmeText } from './readme';

const HASH = 'a'.repeat(64);
const content = {
  purpose: 'Course of asthma',
  country: 'DE',
  termMonths: 12,
  policy: { name: 'expert-1', hash: HASH },
} as unknown as RequestContent;

/** Four persons of one class; the year in which the record of each begins. */
function manifestOf(firstYears: readonly number[], suppressed = 0) {
  const rows = firstYears.flatMap((year, person) => [
    { resourceType: 'Patient', id: `p${person}`, ageBand: '40-49', gender: 'female' },
    {
      resourceType: 'Condition',
      id: `c${person}`,
      subject: { reference: `Patient/p${person}` },
      onsetDateTime: `${year}-05-05`,
    },
  ]);
  return composeManifest(
    {
      orderId: '11111111-1111-4111-8111-111111111111',
      edition: 1,
      request: { version: 1, contentHash: HASH, content },
      policy: policyNamed('expert-1'),
      recordDate: '2026-01-31',
      generalisation: { ageBandYears: 10, location: 'none', race: 'none', ethnicity: 'none' },
      k: 2,
      measure: measureFinal(rows, suppressed),
      linkage: { earlierPackages: 0, highestShare: { diagnoses: 0, codes: 0, intervals: 0, numbers: 0 } },
      log: { verifierKey: 'ledger.example.org+b95fe4d1+AYqI', planCheckpoint: null },
      software: { name: 'aceso', version: '0.1.0' },
    },
    [],
  );
}

describe('the statement of a package', () => {
  it('says for whom the first year of the record undoes k, in the manifest and in the README', () => {
    const manifest = manifestOf([1980, 1980, 1975, 1990]);
    const said =
      'k does not hold on the age that dates imply: with the year of the first record, 50 % are alone in their class';
    expect(manifest.k.statement).toContain(said);
    expect(readmeText(manifest, [])).toContain(said);
    expect(manifest.risk).toMatchObject({ uniqueByFirstYear: 0.5 });
    expect(manifestOf([1980, 1980, 1980, 1980]).k.statement).toContain('0 % are alone');
  });

  it.each([
    [0, null],
    [1, null],
    [12, 10],
    [38, 40],
  ])('tells of %d persons who were left out what a count would tell: %p', (suppressed, told) => {
    expect(manifestOf([1980, 1980], suppressed).risk).toMatchObject({ suppressed: told });
  });
});
