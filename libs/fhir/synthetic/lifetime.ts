import { addYears, dayOf, type Day } from './day';
import type { SeededRandom } from './random';
import * as vocabulary from './vocabulary';

/** What is true of one made-up person, before any provider wrote it down. */
export interface Lifetime {
  readonly female: boolean;
  readonly given: string;
  readonly surname: string;
  readonly birth: Day;
  readonly death: Day | null;
  readonly town: (typeof vocabulary.TOWNS)[number];
  readonly street: string;
  readonly phone: string;
  readonly socialSecurity: string;
  readonly race: vocabulary.Term;
  readonly ethnicity: vocabulary.Term;
  /** Second of the day at which this person's visits begin: constant, as real schedules nearly are. */
  readonly visitSecond: number;
  readonly illnesses: readonly { readonly illness: vocabulary.Illness; readonly since: Day }[];
  readonly visits: readonly Visit[];
}

/** One contact with care and all that was found and done in it. */
export interface Visit {
  readonly day: Day;
  readonly reason: 'wellness' | 'episode' | 'illness';
  readonly episode?: vocabulary.Episode;
  readonly illness?: vocabulary.Illness;
  readonly immunizations: readonly vocabulary.Term[];
  readonly measured: boolean;
}

const OLDEST_AGE = 95;

/** Makes one lifetime from birth to `asOf` (or death). */
export function makeLifetime(random: SeededRandom, asOf: string): Lifetime {
  const { birth, death, end, female } = lifeSpan(random, dayOf(asOf));
  const illnesses = fallIll(random, birth, end);
  return {
    female,
    given: random.pick(vocabulary.GIVEN_NAMES[female ? 'female' : 'male']),
    surname: random.pick(vocabulary.SURNAMES),
    birth,
    death,
    town: random.weighted(vocabulary.TOWNS.map((town) => [town, town.weight] as const)),
    street: `${random.between(1, 180)} ${random.pick(vocabulary.STREETS)}`,
    phone: `555-${random.between(100, 999)}-${random.between(1000, 9999)}`,
    // Numbers that begin with 999 are never issued, so no real person can be meant.
    socialSecurity: `999-${String(random.between(10, 99))}-${String(random.between(1000, 9999))}`,
    race: random.weighted(vocabulary.RACES),
    ethnicity: random.weighted(vocabulary.ETHNICITIES),
    visitSecond: random.between(8 * 3600, 17 * 3600),
    illnesses,
    visits: makeVisits(random, { birth, end, illnesses }),
  };
}

/** From birth to death, or to `today` for the living. */
export function lifeSpan(
  random: SeededRandom,
  today: Day,
): Pick<Lifetime, 'birth' | 'death' | 'female'> & { readonly end: Day } {
  const ageYears = random.between(0, OLDEST_AGE);
  const birth = addYears(today, -ageYears) - random.between(0, 364);
  const death = random.chance(deathRisk(ageYears)) ? random.between(addYears(birth, ageYears * 0.8), today) : null;
  return { birth, death, end: death ?? today, female: random.chance(0.5) };
}

function deathRisk(ageYears: number): number {
  return ageYears < 40 ? 0.02 : ageYears < 70 ? 0.08 : 0.35;
}

function fallIll(random: SeededRandom, birth: Day, end: Day): Lifetime['illnesses'] {
  return vocabulary.LASTING_ILLNESSES.flatMap((illness) => {
    const years = Math.floor((end - addYears(birth, illness.fromAge)) / 365.2425);
    for (let year = 0; year < years; year += 1) {
      if (random.chance(illness.perYear)) {
        return [{ illness, since: addYears(birth, illness.fromAge + year) + random.between(0, 364) }];
      }
    }
    return [];
  });
}

function makeVisits(random: SeededRandom, life: { birth: Day; end: Day; illnesses: Lifetime['illnesses'] }): Visit[] {
  const visits: Visit[] = [];
  const years = Math.floor((life.end - life.birth) / 365.2425);
  for (let age = 0; age <= years; age += 1) {
    const day = addYears(life.birth, age) + random.between(5, 200);
    // Infants and the old see their practice every year, the others every third.
    if (age < 2 || age > 65 || age % 3 === 0) {
      visits.push({ day, reason: 'wellness', immunizations: dueAt(random, age), measured: age % 3 === 0 });
    }
    for (const episode of vocabulary.EPISODES) {
      if (random.chance(episode.perYear)) {
        visits.push({
          day: day + random.between(10, 160),
          reason: 'episode',
          episode,
          immunizations: [],
          measured: false,
        });
      }
    }
  }
  for (const { illness, since } of life.illnesses) {
    for (let day = since; day < life.end; day += random.between(600, 1100)) {
      visits.push({ day, reason: 'illness', illness, immunizations: [], measured: false });
    }
  }
  return visits.filter(({ day }) => day >= life.birth && day <= life.end).sort((a, b) => a.day - b.day);
}

function dueAt(random: SeededRandom, age: number): vocabulary.Term[] {
  const due: vocabulary.Term[] = vocabulary.IMMUNIZATIONS.filter(({ ages }) => ages.includes(age));
  return random.chance(0.5) ? [...due, vocabulary.INFLUENZA] : due;
}
