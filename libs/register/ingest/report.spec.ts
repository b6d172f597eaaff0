import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';

import { FolderBlobStore } from '@aceso/platform';

import { ReportSpool, ReportStore, type ReportLine } from './report';

const TOTALS = { accepted: 0, unchanged: 0, quarantined: 0, refused: 0 };
const summary = { ingest: 'i1', resources: TOTALS, lines: TOTALS, recovered: 0 };
const unchanged = (line: number, entry = 0): ReportLine => ({ line, entry, finding: { code: 'SENT_BEFORE' } });
const waits = (line: number, entry = 0): ReportLine => ({ line, entry, finding: { code: 'PATIENT_UNKNOWN' } });
async function* sequence(...lines: ReportLine[]): AsyncGenerator<ReportLine> {
  yield* lines;
}

describe('a report', () => {
  let folder: string;
  let blobs: FolderBlobStore;
  let store: ReportStore;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'aceso-report-'));
    blobs = new FolderBlobStore(folder);
    store = new ReportStore(blobs);
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const written = async (): Promise<{ findingsLeftOut?: number; line?: number; entry?: number }[]> => {
    const lines = (await text(await store.open('i1'))).trimEnd().split('\n');
    return lines.map((line) => JSON.parse(line) as object);
  };

  it.each([
    ['before', [waits(1), waits(1, 2)], [unchanged(2), unchanged(3)]],
    ['between', [waits(1, 1), waits(2)], [unchanged(1), unchanged(1, 2), unchanged(2, 1)]],
    ['after', [waits(3), waits(4)], [unchanged(1)]],
    ['without', [], [unchanged(1)]],
    ['alone with', [waits(1)], []],
  ])('is in the order of the file: %s what waits', async (_, settled, spooled) => {
    const spool = new ReportSpool(blobs, 'spool');
    for (const line of spooled) spool.add(line);
    await spool.end();
    await store.write(spool, summary, sequence(...settled));
    const places = (await written()).slice(1).map(({ line, entry }) => [line, entry]);
    expect(places).toHaveLength(settled.length + spooled.length);
    expect(places).toEqual([...places].sort(([a = 0, b = 0], [c = 0, d = 0]) => a - c || b - d));
  });

  it('says how many unchanged resources it does not name', async () => {
    const spool = new ReportSpool(blobs, 'spool', 2);
    for (let line = 1; line <= 5; line++) spool.add(unchanged(line));
    spool.add({ line: 6, entry: 0, finding: { code: 'JSON_INVALID' } });
    await spool.end();
    await store.write(spool, summary, sequence());
    const lines = await written();
    expect(lines[0]?.findingsLeftOut).toBe(3);
    expect(lines.slice(1).map(({ line }) => line)).toEqual([1, 2, 6]);
  });

  it('keeps nothing of a run that broke off, and fails where it cannot be stored', async () => {
    const spool = new ReportSpool(blobs, 'spool');
    spool.add(unchanged(1));
    await spool.abort();
    expect(await blobs.stat('spool')).toBeNull();
    const lost = new ReportSpool(blobs, 'no such key');
    const fill = async (): Promise<void> => {
      for (let line = 1; ; line++) {
        lost.add(unchanged(line));
        await lost.drained();
      }
    };
    await expect(fill()).rejects.toMatchObject({ code: 'BLOB_KEY_INVALID' });
    await expect(lost.end()).rejects.toMatchObject({ code: 'BLOB_KEY_INVALID' });
  });
});
