import { isObject, objectsOf, readReference, type FhirResource, type JsonObject } from '@aceso/fhir';
import type { SeenResource } from './timeline';

/**
 * What is kept back from somebody who sees the rest: other resources name it, with a text beside the name, and a Provenance tells
 * that it was written. So whoever leaves a resource out leaves out what points at it.
 */
export class KeptBack {
  /** `Type/id`, and the id by itself as a URN has it, behind the source record. */
  private readonly names = new Set<string>();

  add({ sourceRecordId, resource: { resourceType, id } }: SeenResource): void {
    this.names.add(`${sourceRecordId} ${resourceType}/${id}`).add(`${sourceRecordId} ${id}`);
  }

  /** Whether this is a Provenance of nothing but what is kept back. */
  isAllOf({ resource, sourceRecordId }: SeenResource): boolean {
    if (resource.resourceType !== 'Provenance') return false;
    const targets = objectsOf(resource.target);
    return targets.length > 0 && targets.every((target) => this.pointsHere(target, sourceRecordId, new Set()));
  }

  /** The resource without references to what is kept back, and without the contained ones that are not `permitted`. */
  leaveOut(seen: SeenResource, permitted: (contained: FhirResource) => boolean): SeenResource {
    const { resource, sourceRecordId } = seen;
    const contained = objectsOf(resource.contained) as readonly FhirResource[];
    const refused = contained.filter((each) => !permitted(each));
    if (this.names.size === 0 && refused.length === 0) return seen;
    const local = new Set(refused.map(({ id }) => `#${id}`));
    const kept = contained.filter((each) => !refused.includes(each));
    const whole: Record<string, unknown> = { ...resource, contained: kept };
    if (kept.length === 0) delete whole.contained;
    return { ...seen, resource: this.cut(whole, sourceRecordId, local) as FhirResource };
  }

  private cut(value: unknown, sourceRecordId: string, local: ReadonlySet<string>): unknown {
    if (Array.isArray(value)) {
      return value
        .filter((item) => !isObject(item) || !this.pointsHere(item, sourceRecordId, local))
        .map((item) => this.cut(item, sourceRecordId, local));
    }
    if (!isObject(value)) return value;
    const cut: Record<string, unknown> = {};
    for (const [name, member] of Object.entries(value)) {
      if (isObject(member) && this.pointsHere(member, sourceRecordId, local)) continue;
      const inner = this.cut(member, sourceRecordId, local);
      if (!(Array.isArray(inner) && inner.length === 0 && Array.isArray(member) && member.length > 0))
        cut[name] = inner;
    }
    return cut;
  }

  private pointsHere(value: JsonObject, sourceRecordId: string, local: ReadonlySet<string>): boolean {
    const target = readReference(value);
    if (!target || target.kind === 'unresolved') return false;
    if (target.kind === 'contained') return local.has(String(value.reference));
    const name = target.kind === 'literal' ? `${target.type}/${target.id}` : target.id;
    return this.names.has(`${sourceRecordId} ${name}`);
  }
}
