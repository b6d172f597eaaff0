import { manifest } from '../testing/manifest';
import { manifestText, parseManifest, type Manifest } from './manifest';

describe('manifest', () => {
  it('has one text, whatever the order of its files', () => {
    const one = manifest();
    const other = { ...one, files: [...one.files].reverse() };
    expect(manifestText(other)).toBe(manifestText(one));
    expect(parseManifest(manifestText(one))).toEqual(one);
  });

  const refused: [string, (text: string) => string][] = [
    ['text that is not JSON', (text) => text.slice(1)],
    ['other white space', (text) => text.replace('\n', '\n ')],
    ['a missing final newline', (text) => text.trimEnd()],
    ['a member that is not known', (text) => text.replace('{\n', '{\n  "aside": 1,\n')],
    ['a path that leaves the folder', (text) => text.replace('data/Patient.ndjson', 'data/../Patient.ndjson')],
    ['a file twice', (text) => text.replace('data/Patient.ndjson', 'data/Observation.ndjson')],
    ['a hash in capitals', (text) => text.replace(/"sha256": "[0-9a-f]{64}"/, `"sha256": "${'A'.repeat(64)}"`)],
    ['another format', (text) => text.replace('aceso/package/v1', 'aceso/package/v2')],
  ];
  it.each(refused)('refuses %s', (_, change) => {
    const text = change(manifestText(manifest()));
    expect(() => parseManifest(text)).toThrow(expect.objectContaining({ code: 'MANIFEST_MALFORMED' }));
  });

  it('is never written with a name that a package does not hold', () => {
    const wrong: Manifest = manifest({ files: [{ name: '../x', bytes: 0, sha256: '0'.repeat(64), rows: null }] });
    expect(() => manifestText(wrong)).toThrow();
  });
});
