import { utf8 } from '@aceso/kernel';
import { dayText, parseDays } from '../domain';
import { rootOf, type ElementNode } from './element-tree';
import { DATE_TYPES, redactDate, showsOldAge, type Redaction } from './redact';
import type { SecurityLabel } from './security-labels';

const FACTOR = 131;
const CHOICES = 101;
const DAYS_MAX = 50;

/**
 * Days of the `fhirPathRules` format: a polynomial fold over scope and key. NOT SECRET: two known dates undo it for everybody
 * (docs/reference/deidentification.md). It is here so that files in that format give the dates their users know.
 */
export function foldedOffset(scope: string, key: string): number {
  return utf8(scope + key).reduce((offset, byte) => (offset * FACTOR + byte) % CHOICES, 0) - DAYS_MAX;
}

export interface Shift extends Redaction {
  readonly dateShiftKey: string;
  /** Name of the file or folder that shares a shift; empty where each resource has its own. */
  readonly scope: string;
}

const MOMENT = /^(\d{4})-(\d{2})-(\d{2})(?:(T[\d:.]+)(Z|[+-]\d{2}:\d{2})?|Z|[+-]\d{2}:\d{2})?$/;

/** Moves a whole day and zeroes the time of day; dates without a day, or of an age above 89, are redacted instead. */
export function dateShift(element: ElementNode, shift: Shift): SecurityLabel | undefined {
  const { type } = element.kind;
  if (element.value === undefined || element.value === '' || !DATE_TYPES.has(type)) return undefined;
  const date = MOMENT.exec(String(element.value));
  const day = date && parseDays(date[0].slice(0, 10));
  if (!date || !day || showsOldAge(date, shift.asOf)) return redactDate(element, shift);
  const time = date[4] === undefined ? '' : date[4].replace(/\d/g, '0');
  const zone = date[4] === undefined ? '' : (date[5] ?? '');
  element.value =
    dayText(day.first + offsetOf(element, shift)) + time + (type === 'instant' && zone === 'Z' ? '+00:00' : zone);
  return 'perturbed';
}

/** One offset a resource: by the id of the outermost one as it stands now, hashed if a rule before has hashed it. */
function offsetOf(element: ElementNode, { parameters, dateShiftKey, scope }: Shift): number {
  if (parameters.dateShiftFixedOffsetInDays !== undefined) return parameters.dateShiftFixedOffsetInDays;
  const id = rootOf(element).children.find(({ member }) => member === 'id')?.value;
  return foldedOffset(scope === '' ? String(id ?? '') : scope, dateShiftKey);
}
