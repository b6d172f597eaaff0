import { join } from 'node:path';
import {
  chooseGeneralisation,
  classKey,
  compileProjector,
  generalise,
  policyHash,
  policyNamed,
  quasiIdentifiers,
  type OwnViewDocument,
} from '@aceso/deidentification/domain';
import { projectPerson, saleOf, sha256 } from '@aceso/deidentification/testing';
import { readDemographics, type FhirResource } from '@aceso/fhir';
import { assert } from '@aceso/kernel';
import type { RequestContent } from '@aceso/marketplace/domain';
import type { BlobStore } from '@aceso/platform';
import { describingTexts, type DescribedPackage } from '../domain/descriptors';
import { manifestText } from '../domain/manifest';
import { composeManifest, type PackageFacts } from '../domain/package-content';
import { MANIFEST_FILE } from '../domain/package-layout';
import { ruleInWords } from '../domain/rule-words';
import { PackageAssembler, type PackagedFile } from '../package-assembler';
import { PartWriter } from '../part-writer';
import { riskFiles } from '../risk-files';
import { tablesOfPackage } from '../tables-of-package';

const AS_OF = '2022-12-31';
const RELEASED_ON = '2023-01-02';
/** The attack guesses alike in every run. */
const randomBytes = (length: number): Uint8Array => new Uint8Array(length).map((_, at) => (at * 89 + 17) % 256);

export interface ReleasedPackage {
  /** Data files and tables. */
  readonly files: readonly PackagedFile[];
  readonly described: DescribedPackage;
  /** Text of each describing file by name, the risk report and the manifest among them. */
  readonly texts: ReadonlyMap<string, string>;
  /** Where each released row comes from: its resource by the pseudonym of the row. */
  readonly sources: ReadonlyMap<string, FhirResource>;
}

/**
 * Everything of a package but its signature, made of whole records as a worker makes it, without a database: persons in
 * classes below k stay out, rare codes too, and the risk report compares the files with the records.
 */
export async function releasedPackage(
  blobs: BlobStore,
  records: readonly (readonly FhirResource[])[],
  options: {
    readonly folder: string;
    readonly workFolder: string;
    readonly policyName?: string;
    readonly purpose?: string;
    /** Own views, as a request holds them. */
    readonly views?: readonly OwnViewDocument[];
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
  const { generalisation, suppressed, suppressedClasses } = chooseGeneralisation(cells, k);
  const projector = compileProjector(policy, saleOf(7, { asOf: AS_OF, generalisation }));
  const sources = new Map<string, FhirResource>();
  const source = records.map((_, number) => ({
    pseudonym: projector.person(`p${number}`).pseudonym,
    attributes: attributes[number]!,
  }));
  const persons = records.flatMap((resources, number) => {
    if (suppressedClasses.has(classKey(generalise(attributes[number]!, generalisation)))) return [];
    const entries = resources.map((resource, line) => ({
      resource,
      position: { sourceRecordId: `s${number}`, sequence: 1, line },
    }));
    const person = projector.person(`p${number}`);
    const rows = projectPerson(projector, person, { entries, attributes: attributes[number]! });
    for (const { resource, position } of entries) {
      const made = projector.project(resource, position, person);
      if (made) sources.set(made.row.id, resource);
    }
    return [rows];
  });
  const writer = new PartWriter(blobs, `${options.folder}/parts`);
  for (const rows of persons.sort(([a], [b]) => (a!.id < b!.id ? -1 : 1)))
    for (const type of new Set(rows.map(({ resourceType }) => resourceType)))
      await writer.write(
        type,
        rows.filter(({ resourceType }) => resourceType === type).map((row) => JSON.stringify(row)),
      );
  const assembler = new PackageAssembler(blobs, { policy, k, suppressed });
  const data = await assembler.assemble(await writer.finish(), new Set(), options.folder);
  assert(data, 'rare codes are found in a few rounds');
  const ruleOf = (resourceType: string, path: string): string => ruleInWords(policy, resourceType, path);
  const fields = [...Object.keys(policy.resources), 'Patient'];
  const made = await tablesOfPackage(blobs, {
    ...{ policy, fields, ruleOf, files: data.files, census: data.fields, views: options.views ?? [] },
    folder: options.folder,
    workFolder: join(options.workFolder, 'tables'),
  });
  const files = [...data.files, ...made.files];
  const content = {
    purpose: options.purpose ?? 'Course of diabetes',
    country: 'DE',
    termMonths: 12,
    fields,
    recipients: [{ did: 'did:key:z6MkBuyer', ageKey: 'age1x' }],
    policy: { name: policy.name, hash: policyHash(policy, sha256) },
  } as unknown as RequestContent;
  const facts: PackageFacts = {
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
  };
  const manifest = composeManifest(
    facts,
    files.map(({ name, bytes, sha256: hash, rows }) => ({ name, bytes, sha256: hash, rows })),
  );
  const described = {
    manifest,
    tables: made.tables,
    leftOut: made.leftOut,
    census: data.fields,
    rareCodes: data.rareCodes,
    releasedOn: RELEASED_ON,
  };
  const released = [...data.persons].map(([person, shown]) => ({ person, classKey: shown }));
  const compared = { described: facts, source, released, rareCodes: data.rareCodes };
  const risk = riskFiles(
    { ...compared, date: RELEASED_ON, releaseKey: 'did:key:z6MkRelease' },
    data.files,
    randomBytes,
  );
  const texts = new Map(describingTexts(described, ruleOf));
  for (const { name, text } of risk.files) texts.set(name, text);
  texts.set(MANIFEST_FILE, manifestText(manifest));
  return { files, described, texts, sources };
}
