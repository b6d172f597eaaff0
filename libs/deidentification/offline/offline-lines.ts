import { LineReader, readDemographics, type ReadResource } from '@aceso/fhir';
import type { HmacSha256 } from '@aceso/kernel';
import {
  compileProjector,
  LATTICE,
  quasiIdentifiers,
  RecordSpans,
  salePseudonyms,
  type PersonInSale,
  type PersonProjector,
  type QuasiIdentifiers,
} from '../domain';
import { FileRows } from './file-rows';
import type { InputLines, Noted, OfflineShared, Projected } from './offline-tasks';
import { shardLine, shardPrefix } from './person-shards';

/** Persons whose shift and dates are kept at hand: files come person by person, or have many persons in turn. */
const PERSONS_CACHED_MAX = 100;

interface Compiled {
  readonly projector: PersonProjector;
  readonly rows: FileRows;
}

function compiled({ policy, key, asOf }: OfflineShared, hmacSha256: HmacSha256): Compiled {
  const sale = { saleKey: key, hmacSha256, asOf };
  const projector = compileProjector(policy, { ...sale, generalisation: LATTICE[0]! });
  return { projector, rows: new FileRows(salePseudonyms(sale)) };
}

/** Finds out where the records in some lines begin and end. */
export function noteLines(shared: OfflineShared, hmacSha256: HmacSha256): (lines: InputLines) => Noted {
  const { projector, rows } = compiled(shared, hmacSha256);
  return (lines) => {
    const spans = new RecordSpans();
    const refused = eachResource(lines, ({ placement, resource }) => {
      if (placement.kind === 'patient') projector.note(resource, positionIn(placement.localId), { rows, spans });
    });
    return { refused, spans: spans.all() };
  };
}

/** De-identifies the resources in some lines. */
export function projectLines(shared: OfflineShared, hmacSha256: HmacSha256): (lines: InputLines) => Projected {
  const { projector, rows } = compiled(shared, hmacSha256);
  const spans = new RecordSpans(shared.spans);
  const persons = new Map<string, PersonInSale>();
  const personOf = (localId: string): PersonInSale => {
    const known = persons.get(localId);
    if (known) return known;
    if (persons.size >= PERSONS_CACHED_MAX) persons.clear();
    const person = projector.person(localId, { rows, spans });
    persons.set(localId, person);
    return person;
  };
  return (lines) => {
    let [resources, dropped] = [0, 0];
    const texts = new Map<string, string[]>();
    const patients: [string, QuasiIdentifiers][] = [];
    eachResource(lines, ({ placement, resource }) => {
      resources += 1;
      if (placement.kind !== 'patient') {
        dropped += 1;
        return;
      }
      const person = personOf(placement.localId);
      if (resource.resourceType === 'Patient') {
        const attributes = quasiIdentifiers(readDemographics(resource), shared.asOf, shared.policy);
        patients.push([person.pseudonym, attributes]);
        return;
      }
      const projected = projector.project(resource, positionIn(placement.localId), person);
      if (!projected) dropped += 1;
      else push(texts, shardPrefix(person.pseudonym), shardLine(person.pseudonym, projected));
    });
    return { resources, dropped, rows: joined(texts), patients };
  };
}

/** Files have no positions: a resource is named by its own id in the record of its patient. */
const positionIn = (localId: string) => ({ sourceRecordId: localId, sequence: 0, line: 0 });

/** Gives each resource that can be read; the number of those that cannot. */
function eachResource({ text, ends }: InputLines, take: (read: ReadResource) => void): number {
  const reader = new LineReader();
  let [refused, start] = [0, 0];
  for (const end of ends) {
    for (const entry of reader.read({ number: 1, bytes: text.subarray(start, end) }).entries) {
      if ('read' in entry && entry.read.quarantine === undefined) take(entry.read);
      else refused += 1;
    }
    start = end;
  }
  return refused;
}

export function push(texts: Map<string, string[]>, name: string, text: string): void {
  const known = texts.get(name);
  if (known) known.push(text);
  else texts.set(name, [text]);
}

export function joined(texts: ReadonlyMap<string, readonly string[]>): ReadonlyMap<string, string> {
  return new Map([...texts].map(([name, pieces]) => [name, pieces.join('')]));
}
