import { objectOf, objectsOf, type FhirResource } from '@aceso/fhir';
import type { AskedCategory } from '@aceso/consent/domain';

/** A resource with what rules and filters ask of it. */
export interface SeenResource {
  readonly resource: FhirResource;
  readonly category: AskedCategory;
  readonly sourceRecordId: string;
  /** Bytes of its JSON text. */
  readonly bytes: number;
}

/** What of a record is wanted; a part that is absent may be anything. */
export interface RecordFilter {
  readonly types?: readonly string[];
  /** `system|code`: one of these codings stands somewhere in the resource. */
  readonly codes?: readonly string[];
  /** First and last day, YYYY-MM-DD; a resource without a day is in no span. */
  readonly from?: string;
  readonly to?: string;
  readonly provider?: string;
}

/**
 * Where a resource stands in a timeline. It says nothing but what the resource shows: the place of a line in its segment would tell
 * how many lines before it are kept back.
 */
export interface TimelinePlace {
  readonly day: string | null;
  readonly sourceRecordId: string;
  /** `Type/id`: a record has the newest version of each once. */
  readonly name: string;
}

/** True for what a provider has taken back (FHIR R4: `status` or `verificationStatus` is entered-in-error). */
export function isEnteredInError({ status, verificationStatus, lifecycleStatus }: FhirResource): boolean {
  if (status === 'entered-in-error' || lifecycleStatus === 'entered-in-error') return true;
  return objectsOf(objectOf(verificationStatus).coding).some(({ code }) => code === 'entered-in-error');
}

/** Whether a filter lets a resource through. */
export function passes({ types, codes, from, to, provider }: RecordFilter, category: AskedCategory): boolean {
  const { day } = category;
  if (types && !types.includes(category.type ?? '')) return false;
  if (provider !== undefined && provider !== category.provider) return false;
  if ((from !== undefined || to !== undefined) && !day) return false;
  if (day && ((from !== undefined && day < from) || (to !== undefined && day > to))) return false;
  return !codes || codes.some((code) => category.codes?.includes(code) ?? false);
}

/** The place of a resource. */
export function placeOf({ category, sourceRecordId, resource }: SeenResource): TimelinePlace {
  return { day: category.day ?? null, sourceRecordId, name: `${resource.resourceType}/${resource.id}` };
}

/** Newest day first, what has no day last; of one day by source record and name. */
export function comparePlaces(a: TimelinePlace, b: TimelinePlace): number {
  if (a.day !== b.day) return (a.day ?? '') > (b.day ?? '') ? -1 : 1;
  if (a.sourceRecordId !== b.sourceRecordId) return a.sourceRecordId < b.sourceRecordId ? -1 : 1;
  return a.name === b.name ? 0 : a.name < b.name ? -1 : 1;
}

/**
 * The resources of one page of a timeline, out of all of a record in any order: memory holds what the page will show and no
 * more, in number and in bytes. A page that is full by bytes is shorter than it was asked to be, and never empty.
 */
export class TimelinePage {
  private readonly held: SeenResource[] = [];
  private bytes = 0;
  /** The first place that did not fit: what comes after it is for the next page, else that would go on behind a gap. */
  private ceiling: TimelinePlace | undefined;

  constructor(
    private readonly page: { readonly limit: number; readonly after: TimelinePlace | null; readonly bytesMax: number },
  ) {}

  add(seen: SeenResource): void {
    const place = placeOf(seen);
    const { limit, after, bytesMax } = this.page;
    if (after && comparePlaces(place, after) <= 0) return;
    if (this.ceiling && comparePlaces(place, this.ceiling) > 0) return;
    this.held.splice(this.indexOf(place), 0, seen);
    this.bytes += seen.bytes;
    while (this.held.length > limit || (this.bytes > bytesMax && this.held.length > 1)) {
      const dropped = this.held.pop() as SeenResource;
      this.bytes -= dropped.bytes;
      this.ceiling = placeOf(dropped);
    }
  }

  /** In the order of the timeline. */
  get rows(): readonly SeenResource[] {
    return this.held;
  }

  /** There are further ones after these. */
  get hasMore(): boolean {
    return this.ceiling !== undefined;
  }

  private indexOf(place: TimelinePlace): number {
    let low = 0;
    let high = this.held.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (comparePlaces(placeOf(this.held[middle] as SeenResource), place) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
