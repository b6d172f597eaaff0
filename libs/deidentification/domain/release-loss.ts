import { lossOf } from './lattice';
import type { Generalisation, QuasiIdentifiers } from './quasi-identifiers';

/** How {@link lossOfRelease} is made, in words. */
export const LOSS_FORMULA =
  'mean over the persons in the files and over age, location, race and ethnicity of the share of its values that a released ' +
  'value covers: years of the band / 91 for an age; 1/D for a value that is kept (0 where D = 1); ZIP codes of the state / D ' +
  'for a state; 1 for an attribute that is left out. D: distinct values among these persons. Sex is always kept and not counted';

/** Information lost in the persons of a release, between 0 and 1; persons who were left out are not in it. */
export interface ReleaseLoss {
  /** Arithmetic mean of the four. */
  readonly score: number;
  readonly age: number;
  readonly location: number;
  readonly race: number;
  readonly ethnicity: number;
}

/**
 * The loss that the search of the generalisation minimises (see `chooseGeneralisation`), of the released persons alone: with
 * those left out in it, their exact number could be computed from the score. No persons: all is lost.
 */
export function lossOfRelease(persons: readonly QuasiIdentifiers[], node: Generalisation): ReleaseLoss {
  const losses = lossOf(persons.map((attributes) => ({ attributes, persons: 1 })));
  const [age, location, race, ethnicity] = losses.map((loss) =>
    persons.length === 0 ? 1 : persons.reduce((sum, attributes) => sum + loss(attributes, node), 0) / persons.length,
  ) as [number, number, number, number];
  return { score: (age + location + race + ethnicity) / losses.length, age, location, race, ethnicity };
}
