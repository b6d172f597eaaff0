import { join } from 'node:path';
import {
  chooseGeneralisation,
  compileProjector,
  policyHash,
  policyNamed,
  quasiIdentifiers,
} from '@aceso/deidentification/domain';
import { projectPerson, saleOf, sha256 } from '@aceso/deidentification/testing';
import { readDemographics, type FhirResource } from '@aceso/fhir';
import { assert } from '@aceso/kernel';
import type { RequestContent } from '@aceso/marketplace/domain';
import type { BlobStore } from '@aceso/platform';
import { describingTexts, type DescribedPackage } from '../domain/descriptors';
import { composeManifest } from '../domain/package-content';
import { ruleInWords } from '../domain/rule-words';
import { PackageAssembler, type PackagedFile } from '../package-assembler';
import { PartWriter } from '../part-writer';
import { tablesOfPackage } from '../tables-of-package';

const AS_OF = '2022-12-31';

export interface ReleasedPackage {
  /** Data files and tables. */
  readonly files: readonly PackagedFile[];
  readonly described: DescribedPackage;
  /** Text of each describing file by name. */
  readonly texts: ReadonlyMap<string, string>;
}

/** Everything of a package but its signature, made of whole records as a worker makes it, without a database. */
export async function releasedPackage(
  blobs: BlobStore,
  records: readonly (readonly FhirResource[])[],
  options: {
    readonly folder: string;
    readonly workFolder: string;
    readonly policyName?: string;
    readonly purpose?: string;
  },
): Promise<ReleasedPackage> {
  const policy = policyNamed(options.policyName ?? 'expert-1');
  const attributes = records.map((resources) => {
    const patient = resources.find(({ resourceType }) => resourceType === 'Patient');
    assert(patient, 'a record has a patient');
    return quasiIdentifiers(readDemographics(patient), AS_OF, policy);
  });
  const k = policy.classSizeMin;
  const cells = attributes.map((one) => ({ attributes: one, persons: 1 }));
  const { generalisation } = chooseGeneralisation(cells, k);
  const projector = compileProjector(policy, saleOf(7, { asOf: AS_OF, generalisation }));
  const persons = records.map((resources, number) => {
    const entries = resources.map((resource, line) => ({
      resource,
      position: { sourceRecordId: `s${number}`, sequence: 1, line },
    }));
    return projectPerson(projector, projector.person(`p${number}`), { entries, attributes: attributes[number]! });
  });
  const writer = new PartWriter(blobs, `${options.folder}/parts`);
  for (const rows of persons.sort(([a], [b]) => (a!.id < b!.id ? -1 : 1)))
    for (const type of new Set(rows.map(({ resourceType }) => resourceType)))
      await writer.write(
        type,
        rows.filter(({ resourceType }) => resourceType === type).map((row) => JSON.stringify(row)),
      );
  const assembler = new PackageAssembler(blobs, { policy, k, suppressed: 0 });
  const data = await assembler.assemble(await writer.finish(), new Set(), options.folder);
  assert(data, 'rare codes are found in a few rounds');
  const ruleOf = (resourceType: string, path: string): string => ruleInWords(policy, resourceType, path);
  const fields = [...Object.keys(policy.resources), 'Patient'];
  const made = await tablesOfPackage(blobs, {
    ...{ policy, fields, ruleOf, files: data.files, census: data.fields },
    folder: options.folder,
    workFolder: join(options.workFolder, 'tables'),
  });
  const files = [...data.files, ...made.files];
  const content = {
    purpose: options.purpose ?? 'Course of diabetes',
    country: 'DE',
    termMonths: 12,
    policy: { name: policy.name, hash: policyHash(policy, sha256) },
  } as unknown as RequestContent;
  const manifest = composeManifest(
    {
      orderId: '11111111-1111-4111-8111-111111111111',
      edition: 1,
      request: { version: 1, contentHash: 'a'.repeat(64), content },
      policy,
      recordDate: AS_OF,
      generalisation,
      k,
      measure: data.measure,
      linkage: { earlierPackages: 0, highestShare: { diagnoses: 0, codes: 0, intervals: 0, numbers: 0 } },
      log: { verifierKey: 'ledger.example.org+b95fe4d1+AYqI', planCheckpoint: null },
      software: { name: 'aceso', version: '0.1.0' },
    },
    files.map(({ name, bytes, sha256: hash, rows }) => ({ name, bytes, sha256: hash, rows })),
  );
  const described = { manifest, tables: made.tables, census: data.fields, releasedOn: '2023-01-02' };
  return { files, described, texts: new Map(describingTexts(described, ruleOf)) };
}
