import { gzipSync } from 'node:zlib';

/** A file that something is wrong with, and what has to come of it. */
export interface BadFile {
  readonly name: string;
  readonly file: Uint8Array;
  readonly expected: {
    /** Resources that land all the same. */
    readonly accepted: number;
    /** `line.entry CODE` of every finding, in the order of the report. */
    readonly named: readonly string[];
  };
}

const LONG_LINE_BYTES = 200 * 1024 * 1024;
const LEVELS = 10_000;

const lines = (...texts: string[]): Buffer => Buffer.from(texts.map((text) => `${text}\n`).join(''));

const patient = (id: string): string => `{"resourceType":"Patient","id":"${id}"}`;

const entries = (...resources: string[]): string =>
  `{"resourceType":"Bundle","type":"collection","entry":[${resources.map((text) => `{"resource":${text}}`).join()}]}`;

/** The corpus of the issue's "Bad input"; `content` stands in each hostile line and must appear nowhere. */
export function* badInput(content: string): Generator<BadFile> {
  const note = `"language":"${content}"`;
  const condition = (id: string, more: string): string =>
    `{"resourceType":"Condition","id":"${id}","subject":{"reference":"Patient/a"},${note},${more}}`;
  yield file('blank lines', lines('', patient('a'), ' \t', patient('b'), ''), {
    accepted: 2,
    named: ['1.0 BLANK_LINE', '3.0 BLANK_LINE', '5.0 BLANK_LINE'],
  });
  yield file('a line of 200 MB', longLine(content), { accepted: 2, named: ['2.0 LINE_TOO_LONG'] });
  yield file('a truncated gzip', truncatedGzip(), { accepted: 3_999, named: ['4000.0 GZIP_TRUNCATED'] });
  yield file('nesting of 10,000 levels', lines(patient('a'), deep(content), patient('b')), {
    accepted: 2,
    named: ['2.0 JSON_TOO_DEEP'],
  });
  yield file(
    'prototype keys',
    lines(
      patient('a'),
      condition('c1', `"__proto__":{"polluted":"${content}"}`),
      condition('c2', '"constructor":{"prototype":{"polluted":1}}'),
      condition('c3', '"__pr\\u006fto__":1'),
    ),
    { accepted: 1, named: ['2.0 KEY_FORBIDDEN', '3.0 KEY_FORBIDDEN', '4.0 KEY_FORBIDDEN'] },
  );
  yield file(
    'invalid UTF-8',
    Buffer.concat([lines(patient('a')), Buffer.from('{"a":"\xc3\x28"}\n', 'latin1'), lines(patient('b'))]),
    {
      accepted: 2,
      named: ['2.0 UTF8_INVALID'],
    },
  );
  yield file(
    'lone surrogates and U+0000',
    lines(patient('a'), condition('c', '"x":"\\ud800"'), condition('d', '"x":"\\u0000"')),
    {
      accepted: 1,
      named: ['2.0 TEXT_INVALID', '3.0 TEXT_INVALID'],
    },
  );
  yield file('duplicate ids', lines(patient('a'), patient('a'), entries(patient('b'), patient('b'))), {
    accepted: 2,
    named: ['2.0 SENT_BEFORE', '3.1 SENT_BEFORE'],
  });
  yield file(
    'unknown types',
    lines(`{"resourceType":"${content}","id":"a"}`, patient('a'), '{"id":"x"}', `"${content}"`),
    {
      accepted: 1,
      named: ['1.0 RESOURCE_TYPE_UNKNOWN', '3.0 RESOURCE_TYPE_MISSING', '4.0 RESOURCE_MALFORMED'],
    },
  );
  yield file(
    'ballot shapes',
    lines(
      patient('a'),
      condition('c1', '"context":{}'),
      condition('c2', '"clinicalStatus":"active"'),
      condition('c3', '"assertedDate":"2019"'),
    ),
    { accepted: 1, named: ['2.0 BALLOT_SHAPE', '3.0 BALLOT_SHAPE', '4.0 BALLOT_SHAPE'] },
  );
  yield file('a Bundle in a Bundle', lines(entries(patient('a'), entries(patient('b')), patient('c'))), {
    accepted: 2,
    named: ['1.1 BUNDLE_NESTED'],
  });
  yield file(
    'broken JSON between good lines',
    lines(patient('a'), `{"resourceType":"Patient","id":"${content}`, patient('b')),
    {
      accepted: 2,
      named: ['2.0 JSON_INVALID'],
    },
  );
  yield file('XML', Buffer.from(`<Patient><name value="${content}"/></Patient>`), {
    accepted: 0,
    named: ['1.0 FORMAT_UNSUPPORTED'],
  });
  yield file('a file without its last newline', lines(patient('a')).subarray(0, -1), { accepted: 1, named: [] });
}

function file(name: string, bytes: Uint8Array, expected: BadFile['expected']): BadFile {
  return { name, file: bytes, expected };
}

/** Packed, as it travels: unpacked it never stands in memory. */
function longLine(content: string): Uint8Array {
  const filler = Buffer.alloc(LONG_LINE_BYTES, `${content} `);
  const head = Buffer.from(`${patient('a')}\n{"resourceType":"Basic","id":"x","language":"`);
  return gzipSync(Buffer.concat([head, filler, Buffer.from(`"}\n${patient('b')}\n`)]), { level: 1 });
}

function deep(content: string): string {
  return `{"resourceType":"Basic","id":"x","language":"${content}","extension":${'['.repeat(LEVELS)}${']'.repeat(LEVELS)}}`;
}

/** Two members: the first is whole, the second breaks off in the middle of line 4,000. */
function truncatedGzip(): Uint8Array {
  const whole = lines(...Array.from({ length: 3_999 }, (_, index) => patient(`p${index}`)));
  const rest = gzipSync(lines(patient('lost')));
  return Buffer.concat([gzipSync(whole), rest.subarray(0, rest.length - 12)]);
}
