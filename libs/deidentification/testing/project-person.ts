import {
  byDateThenPseudonym,
  withoutDanglingReferences,
  type PersonInSale,
  type PersonProjector,
  type ProjectedRow,
  type QuasiIdentifiers,
  type ReleasedRow,
  type RowPosition,
} from '../domain';

/** A resource of a person and where it stands. */
export interface PersonEntry {
  readonly resource: { readonly [name: string]: unknown };
  readonly position: RowPosition;
}

/** All rows of one person at once, as the definition of what an emission writes piece by piece. */
export function projectPerson(
  projector: PersonProjector,
  person: PersonInSale,
  { entries, attributes }: { readonly entries: readonly PersonEntry[]; readonly attributes: QuasiIdentifiers },
): ReleasedRow[] {
  for (const { resource, position } of entries) projector.note(resource, position, person);
  const rows: ProjectedRow[] = [];
  for (const { resource, position } of entries) {
    const projected = projector.project(resource, position, person);
    if (projected) rows.push(projected);
  }
  return [projector.patient(person, attributes).row, ...withoutDanglingReferences(rows.sort(byDateThenPseudonym))];
}
