import type { Demographics } from '@aceso/fhir';

import { mergeDemographics } from './demographics';

const person: Demographics = {
  birthMonth: '1980-02',
  sex: 'female',
  deceased: false,
  zip3: undefined,
  state: 'MA',
  race: undefined,
  ethnicity: undefined,
};

describe('mergeDemographics', () => {
  it('takes from each source what the others do not say', () => {
    const other = { ...person, sex: 'unknown', zip3: '015', state: undefined, birthMonth: '1980' } as const;
    expect(mergeDemographics([other, person])).toEqual({ ...person, zip3: '015' });
  });

  it('believes one record of a death', () => {
    expect(mergeDemographics([person, { ...person, deceased: true }])?.deceased).toBe(true);
  });

  it('takes no birth where two differ', () => {
    expect(mergeDemographics([person, { ...person, birthMonth: '1981' }])?.birthMonth).toBeUndefined();
    expect(mergeDemographics([{ ...person, birthMonth: undefined }])?.birthMonth).toBeUndefined();
  });

  it('knows nobody without a source', () => {
    expect(mergeDemographics([])).toBeUndefined();
  });
});
