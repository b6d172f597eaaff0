import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generatePopulation, type SyntheticRecord } from '@aceso/fhir/synthetic';
import type { DemoInput } from '../../../apps/cli/src/demo/input';

interface Resource {
  readonly resourceType: string;
  readonly birthDate?: string;
  readonly deceasedDateTime?: string;
  readonly code?: { readonly coding: readonly { readonly code: string }[] };
  readonly encounter?: unknown;
}
interface Entry {
  readonly resource: Resource;
}

const GLUCOSE = '2339-0';

/**
 * The living adults of the sample data of `aceso demo` on a day (YYYY-MM-DD), with what the examples of the documentation name: births, conditions,
 * medication and glucose. Nobody else is counted, and a tenth of the records is sent in a tenth of the time.
 */
export function writeSampleAdults(folder: string, asOf: string): DemoInput {
  const adultsBornUntil = `${Number(asOf.slice(0, 'YYYY'.length)) - 18}${asOf.slice('YYYY'.length)}`;
  const lines: [string[], string[]] = [[], []];
  const persons: DemoInput['persons'][number][] = [];
  for (const records of generatePopulation({ patients: 300, seed: 1, asOf })) {
    if (!isLivingAdult(records, adultsBornUntil)) continue;
    for (const { provider, bundle } of records) {
      const entry = (bundle.entry as readonly Entry[])
        .filter(({ resource }) => isNamed(resource))
        .map(withoutEncounter);
      lines[provider]!.push(`${JSON.stringify({ ...bundle, entry })}\n`);
    }
    persons.push({ records: records.map(({ provider, patientId }) => ({ provider, localId: patientId })) });
  }
  const files = lines.map((of, provider) => {
    const path = join(folder, `provider-${provider + 1}.ndjson`);
    writeFileSync(path, of.join(''));
    return { path, provider };
  });
  return { files, persons };
}

function isLivingAdult([record]: readonly SyntheticRecord[], bornUntil: string): boolean {
  const [{ resource }] = record!.bundle.entry as [Entry];
  return resource.deceasedDateTime === undefined && resource.birthDate! <= bornUntil;
}

function isNamed({ resourceType, code }: Resource): boolean {
  if (resourceType === 'Observation') return code!.coding.some((each) => each.code === GLUCOSE);
  return ['Patient', 'Condition', 'MedicationRequest'].includes(resourceType);
}

/** Visits are not sent: nothing may point at them. */
function withoutEncounter(entry: Entry): Entry {
  return { ...entry, resource: { ...entry.resource, encounter: undefined } };
}
