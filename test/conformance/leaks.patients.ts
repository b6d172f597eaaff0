import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { FhirResource } from '@aceso/fhir';
import { filesBelow } from './ledger.case';

/** Everybody in a folder of records, and what the records say of carers and places. */
export interface SourceRecords {
  /** Resources of one patient each, the Patient first; who stands in several files is there once. */
  readonly patients: readonly (readonly FhirResource[])[];
  /** Resources that are no patient's: practitioners, organisations, locations. */
  readonly others: readonly FhirResource[];
}

interface Bundle {
  readonly resourceType: 'Bundle';
  readonly entry?: readonly { readonly resource?: FhirResource }[];
}

const NDJSON = /\.ndjson(\.gz)?$/;

/**
 * Reads Bundles of one patient a line, and bulk exports (a file a type, `Patient/id` references), from every NDJSON file
 * below the folders, also gzip. Several files of one folder are one export.
 */
export function readRecords(folders: readonly string[]): SourceRecords {
  const patients = new Map<string, FhirResource[]>();
  const others: FhirResource[] = [];
  const loose: FhirResource[] = [];
  const keep = (patient: FhirResource, resources: readonly FhirResource[]): void => {
    const known = patients.get(patient.id!);
    // The same person in two exports: the one with the fuller record stands for both.
    if (!known || known.length < resources.length) patients.set(patient.id!, [...resources]);
  };
  for (const folder of folders)
    for (const name of filesBelow(folder).filter((file) => NDJSON.test(file)))
      for (const value of linesOf(join(folder, name))) {
        if (!isBundle(value)) {
          loose.push(value);
          continue;
        }
        const resources = (value.entry ?? []).flatMap(({ resource }) => (resource ? [resource] : []));
        const patient = resources.find(({ resourceType }) => resourceType === 'Patient');
        if (patient) keep(patient, [patient, ...resources.filter((one) => one !== patient)]);
        else others.push(...resources);
      }
  const byPatient = new Map<string | null, FhirResource[]>();
  for (const one of loose) {
    const id = one.resourceType === 'Patient' ? one.id! : ownerOf(one);
    const known = byPatient.get(id);
    if (known) known.push(one);
    else byPatient.set(id, [one]);
  }
  for (const [id, resources] of byPatient) {
    const patient = resources.find(({ resourceType }) => resourceType === 'Patient');
    if (id === null || !patient) others.push(...resources.filter(({ resourceType }) => resourceType !== undefined));
    else keep(patient, [patient, ...unique(resources.filter(({ resourceType }) => resourceType !== 'Patient'))]);
  }
  return { patients: [...patients.values()], others };
}

const isBundle = (value: Bundle | FhirResource): value is Bundle => value.resourceType === 'Bundle';

function* linesOf(path: string): Generator<Bundle | FhirResource> {
  const bytes = readFileSync(path);
  const text = (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  for (const line of text.split('\n')) if (line !== '') yield JSON.parse(line) as Bundle | FhirResource;
}

/** The patient whom a resource of a bulk export belongs to; null for none. */
function ownerOf(resource: FhirResource): string | null {
  const reference = (resource['subject'] ?? resource['patient']) as { readonly reference?: string } | undefined;
  return /^Patient\/(.+)$/.exec(reference?.reference ?? '')?.[1] ?? null;
}

/** An export that was made twice holds a resource twice. */
function unique(resources: readonly FhirResource[]): FhirResource[] {
  return [...new Map(resources.map((one) => [`${one.resourceType}/${one.id}`, one])).values()];
}
