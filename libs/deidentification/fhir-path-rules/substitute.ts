import { isObject } from '@aceso/fhir';
import { childrenOf, type ElementNode } from './element-tree';
import type { SecurityLabel } from './security-labels';

/**
 * Puts a predefined value in the place of an element. What earlier rules decided on inside of it stays as they left it,
 * with the elements that lead there.
 */
export function substitute(element: ElementNode, replaceWith: unknown): SecurityLabel {
  if (element.kind.primitive) {
    if (typeof replaceWith === 'object') throw new TypeError('an object for a primitive');
    element.value = replaceWith as string | number | boolean;
  } else {
    if (!isObject(replaceWith)) throw new TypeError('a primitive for an object');
    element.children = merged(element.children, decidedAll(childrenOf(replaceWith, element)));
  }
  return 'substituted';
}

function decidedAll(elements: ElementNode[]): ElementNode[] {
  for (const element of elements) {
    element.decided = true;
    decidedAll(element.children);
  }
  return elements;
}

function merged(before: readonly ElementNode[], fresh: readonly ElementNode[]): ElementNode[] {
  const kept = before.filter(holdsDecision);
  for (const element of kept) {
    if (element.decided) continue;
    const counterpart = fresh.find(({ member, index }) => member === element.member && index === element.index);
    element.value = counterpart?.value;
    element.children = merged(element.children, counterpart?.children ?? []);
  }
  const members = new Set(kept.map(({ member }) => member));
  return [...fresh.filter(({ member }) => !members.has(member)), ...kept];
}

function holdsDecision(element: ElementNode): boolean {
  return element.decided || element.children.some(holdsDecision);
}
