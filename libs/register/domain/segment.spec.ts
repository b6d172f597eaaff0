import { createHash } from 'node:crypto';

import { hex, utf8, type Sha256 } from '@aceso/kernel';

import {
  checkDigest,
  checkHeader,
  headerBytes,
  readVersions,
  segmentDigest,
  segmentKeyData,
  sourceRecordKeyData,
  writeVersions,
  type SegmentHeader,
} from './segment';

const sha256: Sha256 = (...parts) => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

const versions = new Uint8Array(32).fill(5);
const previous = new Uint8Array(32).fill(7);
const header: SegmentHeader = {
  format: 'aceso/segment/v1',
  sourceRecord: '11111111-1111-4111-8111-111111111111',
  sequence: 2,
  provider: '22222222-2222-4222-8222-222222222222',
  previous: hex.encode(previous),
  keyVersion: 1,
  codec: 'brotli',
  lines: 1,
  versions: hex.encode(sha256(versions)),
};
const place = { sourceRecord: header.sourceRecord, provider: header.provider, sequence: 2, previous };

function stored(change: Partial<SegmentHeader> = {}) {
  const bytes = headerBytes({ ...header, ...change });
  const sealed = utf8('sealed');
  return { sequence: 2, header: bytes, sealed, versions, digest: segmentDigest(bytes, sealed, sha256) };
}

type Stored = ReturnType<typeof stored>;
function check(segment: Stored): SegmentHeader {
  checkDigest(segment, place.sequence, sha256);
  return checkHeader(segment, place, sha256);
}

describe('segment', () => {
  it('is taken where it stands', () => {
    expect(check(stored())).toEqual(header);
  });

  it.each([
    ['another number', { ...stored(), sequence: 3 }, 'SEGMENT_MISSING'],
    ['other bytes', { ...stored(), sealed: utf8('sealeD') }, 'SEGMENT_BROKEN'],
    ['another header', { ...stored(), header: headerBytes({ ...header, lines: 2 }) }, 'SEGMENT_BROKEN'],
    ['another source record', stored({ sourceRecord: header.provider }), 'SEGMENT_BROKEN'],
    ['another provider', stored({ provider: header.sourceRecord }), 'SEGMENT_BROKEN'],
    ['another predecessor', stored({ previous: null }), 'SEGMENT_BROKEN'],
    ['another version list', { ...stored(), versions: new Uint8Array(32) }, 'SEGMENT_BROKEN'],
    ['an unknown codec', stored({ codec: 'none' as 'brotli' }), 'SEGMENT_BROKEN'],
  ])('is refused with %s', (_, segment, code) => {
    expect(() => check(segment)).toThrow(expect.objectContaining({ code }));
  });

  it('binds keys to owner, version and place', () => {
    expect(new TextDecoder().decode(segmentKeyData(header))).toBe(
      '{"format":"aceso/segment-key/v1","keyVersion":1,"owner":"11111111-1111-4111-8111-111111111111","sequence":2}',
    );
    expect(sourceRecordKeyData(header.sourceRecord, 1)).not.toEqual(sourceRecordKeyData(header.sourceRecord, 2));
  });

  it('keeps version lists', () => {
    const list = [
      { name: '01'.repeat(16), content: 'ab'.repeat(16) },
      { name: '02'.repeat(16), content: 'cd'.repeat(16) },
    ];
    expect(readVersions(writeVersions(list))).toEqual(list);
  });
});
