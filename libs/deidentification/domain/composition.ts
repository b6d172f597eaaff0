import { ComposedOrder } from './composed-order';
import type { ComposedPerson } from './composed-person';
import type { Generalisation } from './quasi-identifiers';

/**
 * Which persons may leave under a node, given what the buyer has of them already. What two packages show of a person is
 * intersected as if the buyer had joined them, which values often allow: the *region* of a person is what is left. The
 * largest set is kept in which for every person, by persons of the set that count,
 * 1. the class in the files has k of them or more,
 * 2. k or more of them lie inside the person's region: whoever takes this record finds as many who fit, and
 * 3. the person lies inside the regions of k or more of them: whoever looks for this person finds as many records that fit.
 * ((k,1)- and (1,k)-anonymity: Gionis, Mazza, Tassa, "k-Anonymization Revisited", ICDE 2008.) Without earlier packages all
 * three say the same. A person whom earlier packages contradict stays out: the change itself would tell who it is.
 *
 * The set is unique, as taking somebody out never helps another. And it only grows from a node to a coarser one: classes
 * and regions under the coarser node hold those under the finer one. Returns a mark for each person.
 */
export function composedPersons(
  persons: readonly ComposedPerson[],
  node: Generalisation,
  terms: { readonly k: number; readonly asOf: string },
): readonly boolean[] {
  return Array.from(new ComposedOrder(persons, terms).largest(node), (mark) => mark === 1);
}
