import { readVersions, type Version } from './segment';

/** What a line of a segment holds, a byte each: an older version, the newest one, or the last one before its provider took it back. */
export const LINE = { older: 0, newest: 1, original: 2 } as const;
export type NewestLines = Uint8Array;

/** Lines of a segment, from 1, in which a provider says of something that it was entered in error. */
export type MarkedLines = ReadonlySet<number>;

/** What is known from segments that come later. */
export class LaterVersions {
  /** Names with a version that counts. */
  readonly seen = new Set<string>();

  /** `retracted`: names whose newest version says that they were entered in error. */
  constructor(readonly retracted = new Set<string>()) {}
}

/** Of a segment, by its version list; `later` takes up what this one holds. A line that is marked is never shown. */
export function newestLines(list: Uint8Array, later: LaterVersions, marked: MarkedLines = NONE): NewestLines {
  const versions = readVersions(list);
  const lines = new Uint8Array(versions.length);
  for (let line = versions.length - 1; line >= 0; line--) {
    const { name } = versions[line] as Version;
    if (later.seen.has(name)) continue;
    if (marked.has(line + 1)) {
      later.retracted.add(name);
      continue;
    }
    lines[line] = later.retracted.has(name) ? LINE.original : LINE.newest;
    later.seen.add(name);
  }
  return lines;
}

const NONE: MarkedLines = new Set();
