import type { Storage } from '@aceso/deidentification/domain';
import type { PackageTable } from '../package-table';
import { inWords, type DescribedPackage } from './described-package';

/** Terms of Croissant 1.0, section "JSON-LD context": consumers compare it. */
const TERMS = (
  'citeAs column conformsTo=dct:conformsTo data! dataType@ examples! extract field fileProperty fileObject fileSet format ' +
  'includes isLiveDataset jsonPath key md5 parentField path recordSet references regex repeated replace separator source ' +
  'subField transform'
).split(' ');

const DATA_TYPES: Readonly<Record<Storage, string>> = {
  boolean: 'sc:Boolean',
  integer: 'sc:Integer',
  bigint: 'sc:Integer',
  double: 'sc:Float',
  date: 'sc:Date',
  text: 'sc:Text',
};

/** The text of `croissant.json`: metadata in MLCommons Croissant 1.0 (http://mlcommons.org/croissant/1.0). */
export function croissantText(of: DescribedPackage): string {
  const { manifest, tables } = of;
  const { title, description, terms } = inWords(of);
  const [origin = ''] = manifest.log.verifierKey.split('+');
  const metadata = {
    '@context': context(),
    '@type': 'sc:Dataset',
    '@id': `urn:uuid:${manifest.order}`,
    conformsTo: 'http://mlcommons.org/croissant/1.0',
    name: title,
    description,
    version: `${manifest.edition}.0.0`,
    datePublished: of.releasedOn,
    license: terms,
    creator: { '@type': 'sc:Organization', name: origin },
    url: `urn:uuid:${manifest.order}`,
    isLiveDataset: false,
    distribution: manifest.files.map(({ name, bytes, sha256 }) => ({
      '@type': 'cr:FileObject',
      '@id': name,
      name,
      contentUrl: name,
      contentSize: `${bytes} B`,
      encodingFormat: name.endsWith('.parquet') ? 'application/x-parquet' : 'application/jsonlines',
      sha256,
    })),
    recordSet: tables.map(recordSet),
  };
  return `${JSON.stringify(metadata, null, 2)}\n`;
}

function recordSet(table: PackageTable): object {
  return {
    '@type': 'cr:RecordSet',
    '@id': table.name,
    name: table.name,
    description: table.title,
    ...(table.key === null ? {} : { key: { '@id': `${table.name}/${table.key}` } }),
    field: table.columns.map((column) => ({
      '@type': 'cr:Field',
      '@id': `${table.name}/${column.name}`,
      name: column.name,
      description: column.meaning,
      dataType: DATA_TYPES[column.storage],
      ...(column.list ? { repeated: true } : {}),
      source: { fileObject: { '@id': table.file }, extract: { column: column.name } },
      ...(column.refersTo === null ? {} : { references: { field: { '@id': `${column.refersTo}/id` } } }),
    })),
  };
}

function context(): object {
  const terms = TERMS.map((term): readonly [string, unknown] => {
    const name = term.replace(/[!@]$|=.*/, '');
    if (term.endsWith('!')) return [name, { '@id': `cr:${name}`, '@type': '@json' }];
    if (term.endsWith('@')) return [name, { '@id': `cr:${name}`, '@type': '@vocab' }];
    return [name, term.includes('=') ? term.slice(name.length + 1) : `cr:${name}`];
  });
  return {
    '@language': 'en',
    '@vocab': 'https://schema.org/',
    cr: 'http://mlcommons.org/croissant/',
    dct: 'http://purl.org/dc/terms/',
    sc: 'https://schema.org/',
    ...Object.fromEntries(terms),
  };
}
