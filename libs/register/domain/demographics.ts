import type { Demographics } from '@aceso/fhir';

/**
 * One person out of what several providers say. Ages decide who may be asked, so where births differ none is taken; one
 * record of a death is enough; of the rest the first that says something counts.
 */
export function mergeDemographics(sources: readonly Demographics[]): Demographics | undefined {
  const [first] = sources;
  if (first === undefined) return undefined;
  const said = <Name extends keyof Demographics>(name: Name): Demographics[Name] =>
    sources.map((source) => source[name]).find((value) => value !== undefined) as Demographics[Name];
  return {
    birthMonth: mergeBirths(sources),
    sex: sources.map(({ sex }) => sex).find((sex) => sex !== 'unknown') ?? 'unknown',
    deceased: sources.some(({ deceased }) => deceased),
    zip3: said('zip3'),
    state: said('state'),
    race: said('race'),
    ethnicity: said('ethnicity'),
  };
}

/** The most precise birth that all sources agree with: a year agrees with each of its months. */
function mergeBirths(sources: readonly Demographics[]): string | undefined {
  const births = sources.flatMap(({ birthMonth }) => (birthMonth === undefined ? [] : [birthMonth]));
  const precise = births.reduce((longest, birth) => (birth.length > longest.length ? birth : longest), '');
  return precise !== '' && births.every((birth) => precise.startsWith(birth)) ? precise : undefined;
}
