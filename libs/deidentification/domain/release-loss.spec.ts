import { chooseGeneralisation } from './lattice';
import { lossOfRelease } from './release-loss';
import type { QuasiIdentifiers } from './quasi-identifiers';

const person = (age: number, zip3: string, race = 'White'): QuasiIdentifiers => ({
  age,
  sex: 'female',
  state: zip3 < '030' ? 'MA' : 'NH',
  zip3,
  race,
  ethnicity: 'Not Hispanic or Latino',
});
const persons = [person(40, '021'), person(41, '021'), person(42, '022'), person(43, '031', 'Asian')];

describe('the loss of a release', () => {
  it('is what the search says of the same persons at the same node', () => {
    const { generalisation, loss, suppressed } = chooseGeneralisation(
      persons.map((attributes) => ({ attributes, persons: 1 })),
      2,
    );
    expect(suppressed).toBe(0);
    expect(lossOfRelease(persons, generalisation).score).toBeCloseTo(loss, 9);
  });

  it('is told for each attribute', () => {
    const loss = lossOfRelease(persons, { ageBandYears: 10, location: 'state', race: 'none', ethnicity: 'kept' });
    expect(loss.age).toBeCloseTo(10 / 91, 12);
    expect(loss.location).toBeCloseTo((3 * (2 / 3) + 1 / 3) / 4, 12);
    expect(loss).toMatchObject({ race: 1, ethnicity: 0 });
    expect(loss.score).toBeCloseTo((loss.age + loss.location + 1) / 4, 12);
  });

  it('is whole where nobody is left', () => {
    const node = { ageBandYears: 5, location: 'zip3', race: 'kept', ethnicity: 'kept' } as const;
    expect(lossOfRelease([], node).score).toBe(1);
  });
});
