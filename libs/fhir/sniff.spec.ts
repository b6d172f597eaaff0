import { utf8 } from '@aceso/kernel';

import { sniffFormat } from './sniff';

const cases: readonly (readonly [string, string, string])[] = [
  ['one object a line', '{"resourceType":"Patient"}\n{"resourceType":"Patient"}\n', 'ndjson'],
  ['one object without a newline', '{"resourceType":"Bundle"', 'ndjson'],
  ['blank lines first', '\n\n{"a":1}\n', 'ndjson'],
  ['a broken first line before good ones', '{"a":"b\n{"resourceType":"Patient"}\n', 'ndjson'],
  ['words before good lines', 'not json\n{"resourceType":"Patient"}\n', 'ndjson'],
  ['a pretty-printed document', '{\n  "resourceType": "Bundle"\n}\n', 'document'],
  ['a document that begins on the first line', '{ "resourceType": "Bundle",\n "entry": []}', 'document'],
  ['a byte order mark', '\ufeff{"a":1}\n', 'ndjson'],
  ['XML', '<?xml version="1.0"?>\n{"a":1}', 'unsupported'],
  ['a JSON array', '[\n{"a":1},\n{"b":2}]', 'unsupported'],
  ['a document with comments', '// comment\r\n{\r\n  "a": 1\r\n}\r\n', 'unsupported'],
  ['plain text', 'hello', 'unsupported'],
  ['nothing', '', 'empty'],
  ['only blanks', ' \n\t\n', 'empty'],
];

describe('sniffFormat', () => {
  it.each(cases)('reads %s', (_, text, format) => {
    expect(sniffFormat(utf8(text))).toBe(format);
  });

  it('knows gzip by its magic number', () => {
    expect(sniffFormat(Uint8Array.of(0x1f, 0x8b, 8, 0))).toBe('gzip');
  });

  it('takes every head for something', () => {
    for (let seed = 0; seed < 300; seed++) {
      const head = Uint8Array.from({ length: 80 }, (_, index) => (seed * 31 + index * index * 17) % 256);
      expect(['gzip', 'ndjson', 'document', 'unsupported', 'empty']).toContain(sniffFormat(head));
    }
  });
});
