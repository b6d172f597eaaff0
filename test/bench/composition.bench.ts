import {
  birthWindow,
  chooseComposed,
  generalise,
  LATTICE,
  type ComposedPerson,
  type QuasiIdentifiers,
} from '@aceso/deidentification/domain';
import type { Bench, BenchFigure } from './bench';

const PERSONS = 100_000;
const STATES = 26;
const ZIPS_OF_STATE = 35;
const AS_OF = '2026-03-01';
/** Record dates of the earlier packages. */
const EARLIER = ['2024-06-01', '2025-03-01', '2025-12-01'] as const;
const K = 5;
const ROUNDS = 3;
/** 100,000 different persons whom the buyer has in part, in milliseconds. */
const LIMIT_MS = 2000;

const monthsOf = (date: string): number => (Number(date.slice(0, 4)) - 1800) * 12 + Number(date.slice(5, 7)) - 1;

/** Persons of whom a package under any node was sold before, one of a hundred under values that changed. */
function generatePersons(): readonly ComposedPerson[] {
  let state = 20_260_301;
  const next = (size: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * size);
  };
  const ageAt = (birthMonth: number, date: string): number =>
    Math.min(90, Math.floor((monthsOf(date) - birthMonth) / 12));
  return Array.from({ length: PERSONS }, (): ComposedPerson => {
    const birthMonth = monthsOf(AS_OF) - 18 * 12 - next(72 * 12);
    const home = next(STATES);
    const attributes: QuasiIdentifiers = {
      age: ageAt(birthMonth, AS_OF),
      sex: next(2) === 0 ? 'female' : 'male',
      state: `M${String.fromCharCode(65 + home)}`,
      zip3: String(home * ZIPS_OF_STATE + next(ZIPS_OF_STATE)).padStart(3, '0'),
      race: (['White', 'Asian', 'Other Race', null] as const)[next(4)]!,
      ethnicity: (['Hispanic or Latino', 'Not Hispanic or Latino', null] as const)[next(3)]!,
    };
    const asOf = EARLIER[next(EARLIER.length)]!;
    const shown = generalise({ ...attributes, age: ageAt(birthMonth, asOf) }, LATTICE[next(LATTICE.length)]!);
    const { ageBand = '', gender = null, state: at = null, zip3 = null, race = null, ethnicity = null } = shown;
    const born = birthWindow(ageBand, asOf);
    const earlier = { born, sex: gender, state: at, zip3, race, ethnicity, contradictory: next(100) === 0 };
    return { attributes, birthMonth, counts: next(20) > 0, earlier };
  });
}

async function run(): Promise<BenchFigure> {
  const persons = generatePersons();
  const times: number[] = [];
  let kept = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const before = process.cpuUsage();
    kept = chooseComposed(persons, { k: K, asOf: AS_OF }).kept.length;
    const { user, system } = process.cpuUsage(before);
    times.push((user + system) / 1000);
  }
  process.stderr.write(`composition: ${kept} of ${PERSONS} persons may leave\n`);
  return Promise.resolve({ value: times.sort((a, b) => a - b)[ROUNDS >> 1]!, unit: 'ms', baseline: LIMIT_MS });
}

/** CPU milliseconds to choose the node and the persons of an order beside earlier packages: below 1 is within the limit. */
export const compositionBench: Bench = { name: 'composition', run };
