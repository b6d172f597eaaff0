import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '..', '..');

/** Every file that reads sealed records, and by what right. A new line here is a decision. */
const READERS: Readonly<Record<string, string>> = {
  'libs/register/record-reader.ts': 'the reader itself',
  'libs/register/register.module.ts': 'provides it',
  'libs/register/index.ts': 'shows it to extraction',
  'libs/register/index.service.ts': 'the fact index: derived, of bound persons',
  'libs/register/access/record-view.ts': 'filters what anybody sees',
  'libs/register/access/own-record.service.ts': "the patient's own",
  'libs/register/access/physician-record.service.ts': 'decides on each resource',
  'libs/register/access/disclosure.service.ts': 'two officers, outside consent',
  'libs/extraction/emission.service.ts': 'grants, and rules on each resource',
  'libs/extraction/shard-opening.ts': 'grants, and rules on each resource',
  'libs/upkeep/prove.ts': 'whether every living record of a restored copy opens: shows nothing',
};

/** Files that hand resources out, with the call in which each of them asks. */
const ASKS: Readonly<Record<string, RegExp>> = {
  'libs/register/access/physician-record.service.ts':
    /if \(decide\(seen\.category\)\.effect !== 'permit'\) keptBack\.add\(seen\);/,
  'libs/register/access/record-write.service.ts': /decide\(categoryOf\(resource, patient\.providerId\)\)/,
};

function* sources(folder: string): Generator<string> {
  for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) yield* entry.name === 'testing' ? [] : sources(path);
    else if (path.endsWith('.ts') && !path.endsWith('.spec.ts')) yield path;
  }
}

const files = ['apps', 'libs'].flatMap((folder) => [...sources(folder)]);
const naming = (word: RegExp): string[] =>
  files.filter((file) => word.test(readFileSync(join(root, file), 'utf8'))).sort();

describe('sealed records', () => {
  it('are read by these files only', () => {
    expect(naming(/\bRecordReader\b/)).toEqual(Object.keys(READERS).sort());
  });

  it('are fetched from the database in one place', () => {
    expect(naming(/register\.opened_segments|select \* from register\.segment where/)).toEqual([
      'libs/register/sealed-segments.ts',
    ]);
  });

  it.each(Object.entries(ASKS))('are handed out or written by %s as the rules say', (file, asks) => {
    expect(readFileSync(join(root, file), 'utf8')).toMatch(asks);
  });
});
