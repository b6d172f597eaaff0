import { fromUtf8 } from '@aceso/kernel';

import { findBallotShape } from './ballot';
import { CanonicalWriter } from './canonical-writer';
import { checkShape } from './json-shape';
import type { Line } from './line-splitter';
import { findPlacement, type BundleTargets, type Placement } from './placement';
import { isFhirId } from './reference';
import { isObject, objectOf, type FhirResource, type JsonObject } from './resource';
import { isWhitespace } from './sniff';
import { checkIdentity, checkStructure } from './structure-check';
import { verdictOf, type Finding } from './verdict';

/** Largest single resource, in bytes of its canonical JSON: one must fit into a segment. */
export const RESOURCE_BYTES_MAX = 8 * 1024 * 1024 - 1;

/** A resource that can be stored, with whose it is. */
export interface ReadResource {
  readonly type: string;
  readonly id: string;
  readonly placement: Exclude<Placement, { kind: 'unplaced' }>;
  readonly resource: FhirResource;
  /** Canonical JSON without a newline. */
  readonly canonical: Uint8Array;
  /** Set where it parses but cannot be stored as R4 yet (ballot shapes). */
  readonly quarantine?: Finding;
}

/** What one entry of a line turned out to be. A resource on its own line is entry 0. */
export type ReadEntry =
  | { readonly entry: number; readonly read: ReadResource }
  | { readonly entry: number; readonly finding: Finding; readonly canonical?: Uint8Array };

/** Everything that a line holds. A blank line holds nothing; its finding stands for the line alone. */
export interface LineReading {
  readonly number: number;
  readonly entries: readonly ReadEntry[];
  readonly blank: boolean;
}

const NO_BUNDLE: BundleTargets = new Map();

/** Reads lines of FHIR R4 JSON: a resource a line, or a Bundle whose entries are read one by one. Keeps no state between lines. */
export class LineReader {
  private readonly writer = new CanonicalWriter();

  /** Never throws on input: whatever is wrong with it is a finding with a code. */
  read({ number, bytes }: Line): LineReading {
    if (bytes === undefined) return refusedLine(number, { code: 'LINE_TOO_LONG' });
    if (isBlank(bytes)) return { number, entries: [{ entry: 0, finding: { code: 'BLANK_LINE' } }], blank: true };
    const parsed = parse(bytes);
    if ('code' in parsed) return refusedLine(number, parsed);
    const entries = parsed.root.resourceType === 'Bundle' ? this.bundle(parsed.root) : [this.entry(0, parsed.root)];
    return { number, entries, blank: false };
  }

  private bundle(bundle: JsonObject): readonly ReadEntry[] {
    if (bundle.entry === undefined) return [refusedEntry(0, { code: 'BUNDLE_EMPTY', path: 'Bundle.entry' })];
    if (!Array.isArray(bundle.entry)) return [refusedEntry(0, { code: 'BUNDLE_MALFORMED', path: 'Bundle.entry' })];
    if (bundle.entry.length === 0) return [refusedEntry(0, { code: 'BUNDLE_EMPTY', path: 'Bundle.entry' })];
    const entries: readonly unknown[] = bundle.entry;
    const targets = bundleTargets(entries);
    return entries.map((entry, index) => {
      if (!isObject(entry)) return refusedEntry(index, { code: 'BUNDLE_MALFORMED', path: 'Bundle.entry' });
      if (entry.resource === undefined) {
        return refusedEntry(index, { code: 'ENTRY_WITHOUT_RESOURCE', path: 'Bundle.entry.resource' });
      }
      return this.entry(index, withId(entry.resource, entry.fullUrl), targets);
    });
  }

  private entry(entry: number, value: unknown, bundle: BundleTargets = NO_BUNDLE): ReadEntry {
    if (!isObject(value)) return refusedEntry(entry, { code: 'RESOURCE_MALFORMED' });
    const finding = checkIdentity(value);
    return finding === undefined ? this.resource(entry, value as FhirResource, bundle) : refusedEntry(entry, finding);
  }

  private resource(entry: number, resource: FhirResource, bundle: BundleTargets): ReadEntry {
    const { resourceType: type, id } = resource;
    const ballot = findBallotShape(resource);
    const malformed = ballot === undefined ? checkStructure(resource) : undefined;
    if (malformed !== undefined) return refusedEntry(entry, malformed);
    const placement = findPlacement(resource, bundle);
    if (placement.kind === 'unplaced' && verdictOf(placement.finding) === 'refused') {
      return refusedEntry(entry, placement.finding);
    }
    const canonical = this.writer.write(resource, type);
    if ('code' in canonical) return refusedEntry(entry, canonical);
    if (canonical.length > RESOURCE_BYTES_MAX) return refusedEntry(entry, { code: 'RESOURCE_TOO_LARGE', path: type });
    if (placement.kind === 'unplaced') return { entry, finding: placement.finding, canonical };
    const read = { type, id, placement, resource, canonical };
    return { entry, read: ballot === undefined ? read : { ...read, quarantine: ballot } };
  }
}

const refusedEntry = (entry: number, finding: Finding): ReadEntry => ({ entry, finding });

const refusedLine = (number: number, finding: Finding): LineReading => ({
  number,
  entries: [refusedEntry(0, finding)],
  blank: false,
});

function isBlank(bytes: Uint8Array): boolean {
  return bytes.every(isWhitespace);
}

/** Parses after depth and number of values were bounded. Of a member that stands twice the last one counts (RFC 8259 4). */
function parse(bytes: Uint8Array): { readonly root: JsonObject } | Finding {
  const shape = checkShape(bytes);
  if (shape !== undefined) return shape;
  let text: string;
  try {
    text = fromUtf8(bytes);
  } catch {
    return { code: 'UTF8_INVALID' };
  }
  try {
    const root: unknown = JSON.parse(text);
    return isObject(root) ? { root } : { code: 'RESOURCE_MALFORMED' };
  } catch {
    return { code: 'JSON_INVALID' }; // V8's message quotes the text: it is dropped on purpose
  }
}

/** `fullUrl` → what stands there (FHIR R4 2.36.4). The first entry of a URL counts. */
function bundleTargets(entries: readonly unknown[]): BundleTargets {
  const targets = new Map<string, { type: string; id: string | undefined }>();
  for (const entry of entries) {
    const { fullUrl, resource } = objectOf(entry);
    const { resourceType, id } = objectOf(resource);
    if (typeof fullUrl !== 'string' || typeof resourceType !== 'string' || targets.has(fullUrl)) continue;
    targets.set(fullUrl, { type: resourceType, id: isFhirId(id) ? id : undefined });
  }
  return targets;
}

const URN_UUID = 'urn:uuid:';

/** A new resource in a transaction may lack an id: then the UUID of its `fullUrl` names it (FHIR R4 3.1.0.11.2). */
function withId(resource: unknown, fullUrl: unknown): unknown {
  if (!isObject(resource) || resource.id !== undefined) return resource;
  if (typeof fullUrl !== 'string' || !fullUrl.startsWith(URN_UUID)) return resource;
  return { ...resource, id: fullUrl.slice(URN_UUID.length) };
}
