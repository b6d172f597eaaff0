import type { Storage } from '@aceso/deidentification/domain';
import type { ManifestFile } from '../manifest';
import type { PackageTable, TableColumn } from '../package-table';
import { inWords, type DescribedPackage } from './described-package';

const PACKAGE_PROFILE = 'https://datapackage.org/profiles/2.0/datapackage.json';
const RESOURCE_PROFILE = 'https://datapackage.org/profiles/2.0/dataresource.json';

/** Field types of Table Schema 2.0. Texts that may be days or years stay texts. */
const FIELD_TYPES: Readonly<Record<Storage, string>> = {
  boolean: 'boolean',
  integer: 'integer',
  bigint: 'integer',
  double: 'number',
  date: 'date',
  text: 'string',
};

/** The text of `datapackage.json`: a Data Package 2.0 (https://datapackage.org/standard/data-package/). */
export function dataPackageText(of: DescribedPackage): string {
  const { manifest, tables } = of;
  const { title, description } = inWords(of);
  const tableOf = new Map(tables.map((table) => [table.file, table]));
  const resources = manifest.files.map((file) => resource(file, tableOf.get(file.name)));
  const descriptor = {
    $schema: PACKAGE_PROFILE,
    name: `order-${manifest.order}`,
    id: `urn:uuid:${manifest.order}`,
    version: `${manifest.edition}.0.0`,
    title,
    description,
    created: `${of.releasedOn}T00:00:00Z`,
    resources,
  };
  return `${JSON.stringify(descriptor, null, 2)}\n`;
}

function resource({ name, bytes, sha256 }: ManifestFile, table: PackageTable | undefined): object {
  const common = { $schema: RESOURCE_PROFILE, path: name, bytes, hash: `sha256:${sha256}` };
  if (table === undefined) {
    const label = name.slice('data/'.length, -'.ndjson'.length);
    return {
      ...common,
      name: `data-${label.toLowerCase()}`,
      title: `FHIR R4 ${label}, one JSON object a line`,
      format: 'ndjson',
      mediatype: 'application/fhir+ndjson',
      encoding: 'utf-8',
    };
  }
  return {
    ...common,
    name: table.name,
    type: 'table',
    title: table.title,
    format: 'parquet',
    mediatype: 'application/vnd.apache.parquet',
    schema: {
      fields: table.columns.map(field),
      ...(table.key === null ? {} : { primaryKey: [table.key] }),
      ...foreignKeys(table),
    },
  };
}

function field({ name, storage, list, meaning, unit, codeSystems, rule, missingPercent }: TableColumn): object {
  // `unit`, `codeSystems`, `rule` and `missingPercent` are properties of ours, which the standard allows.
  return {
    name,
    type: list ? 'array' : FIELD_TYPES[storage],
    description: meaning,
    unit,
    codeSystems,
    rule,
    missingPercent,
  };
}

function foreignKeys({ columns }: PackageTable): object {
  const keys = columns.flatMap(({ name, refersTo }) =>
    refersTo === null ? [] : [{ fields: [name], reference: { resource: refersTo, fields: ['id'] } }],
  );
  return keys.length === 0 ? {} : { foreignKeys: keys };
}
