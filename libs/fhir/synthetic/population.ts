import { dayOf } from './day';
import { makeLifetime } from './lifetime';
import { SeededRandom } from './random';
import { RecordWriter, type Resource } from './records';

/** What one provider sends about one patient: a transaction Bundle with `urn:uuid:` references. */
export interface SyntheticRecord {
  /** Which provider, counted from 0. */
  readonly provider: number;
  /** The provider's own id of the patient. */
  readonly patientId: string;
  readonly bundle: {
    readonly resourceType: 'Bundle';
    readonly type: 'transaction';
    readonly entry: readonly unknown[];
  };
  /** Readings of a wearable device as single resources with `Patient/…` references; mostly empty. */
  readonly device: readonly Resource[];
}

export interface PopulationOptions {
  readonly seed: number;
  readonly patients: number;
  /** The day at which the lifetimes end, YYYY-MM-DD. */
  readonly asOf: string;
}

const PROVIDERS = [
  { name: 'Harbour General Hospital', organizationId: '0b7c6c1e-6a52-4d0b-9a58-3f1f3a4f1c01' },
  { name: 'Millbrook Polyclinic', organizationId: '5f0de2b4-27a3-4a77-8f6b-0c9d6b7e2a02' },
] as const;
/** Share of patients that both providers know, and of those that wear a device. */
const SHARED = 0.2;
const WEARING = 0.1;

/**
 * Makes synthetic persons one after another, each as the records that their providers hold: whole lifetimes, two
 * providers, some patients known to both, some with a wearable device. The same options give the same bytes.
 */
export function* generatePopulation({
  seed,
  patients,
  asOf,
}: PopulationOptions): Generator<readonly SyntheticRecord[]> {
  const random = new SeededRandom(seed);
  for (let number = 0; number < patients; number += 1) yield makePerson(random, asOf);
}

function makePerson(random: SeededRandom, asOf: string): SyntheticRecord[] {
  const life = makeLifetime(random, asOf);
  const home = random.between(0, PROVIDERS.length - 1);
  const known = random.chance(SHARED) ? [home, 1 - home] : [home];
  const writers = known.map(
    (provider) => new RecordWriter(random, life, PROVIDERS[provider] as (typeof PROVIDERS)[number]),
  );
  for (const visit of life.visits) random.pick(writers).visit(visit);
  const wearing = life.death === null && random.chance(WEARING);
  return writers.map((writer, index) => ({
    provider: known[index] as number,
    patientId: writer.patientId,
    bundle: {
      resourceType: 'Bundle',
      type: 'transaction',
      entry: writer.resources.map((resource) => ({
        fullUrl: `urn:uuid:${resource.id}`,
        resource,
        request: { method: 'POST', url: resource.resourceType },
      })),
    },
    device: wearing && index === 0 ? writer.wear(dayOf(asOf)) : [],
  }));
}
