import { readVersions, type Version } from './segment';

/** By line of a segment, from 0: 1 where it holds the newest version of something. A byte a version. */
export type NewestLines = Uint8Array;

/** Of a segment, by its version list. `seen` names what later segments hold; what this one holds is added to it. */
export function newestLines(list: Uint8Array, seen: Set<string>): NewestLines {
  const versions = readVersions(list);
  const lines = new Uint8Array(versions.length);
  for (let line = versions.length - 1; line >= 0; line--) {
    const { name } = versions[line] as Version;
    lines[line] = seen.has(name) ? 0 : 1;
    seen.add(name);
  }
  return lines;
}
