import type { CirceNode } from './reading';

interface Limits {
  min?: number;
  max?: number;
  above?: number;
  below?: number;
}

/** A numeric range of Circe (`Value`, `Op`, `Extent`) as limits. Of whole numbers `gt` and `lt` are the next ones, as limits of those are included. */
export function readLimits(node: CirceNode, of: 'whole numbers' | 'numbers'): Limits | undefined {
  node.nameOthers(['Value', 'Op', 'Extent']);
  const [value, extent, op] = [node.at('Value').number, node.at('Extent').number, node.at('Op').text ?? ''];
  if (value === undefined) return node.name('the range has no number');
  switch (op) {
    case 'gte':
      return { min: value };
    case 'gt':
      return of === 'numbers' ? { above: value } : { min: Math.floor(value) + 1 };
    case 'lte':
      return { max: value };
    case 'lt':
      return of === 'numbers' ? { below: value } : { max: Math.ceil(value) - 1 };
    case 'eq':
      return { min: value, max: value };
    case 'bt':
      if (extent !== undefined && value <= extent) return { min: value, max: extent };
  }
  return node.name('there is no rule for this range');
}

interface Span {
  from?: string;
  to?: string;
}
const DAY_MS = 86_400_000;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** A range of dates of Circe as first and last day. */
export function readDates(node: CirceNode): Span | undefined {
  node.nameOthers(['Value', 'Op', 'Extent']);
  const [value, extent] = [dayAt(node.at('Value')), dayAt(node.at('Extent'))];
  if (value === undefined) return node.name('the range has no day');
  switch (node.at('Op').text ?? '') {
    case 'gte':
      return { from: value };
    case 'gt':
      return { from: moved(value, 1) };
    case 'lte':
      return { to: value };
    case 'lt':
      return { to: moved(value, -1) };
    case 'eq':
      return { from: value, to: value };
    case 'bt':
      if (extent !== undefined && value <= extent) return { from: value, to: extent };
  }
  return node.name('there is no rule for this range');
}

function dayAt({ text }: CirceNode): string | undefined {
  return text !== undefined && DAY.test(text) && !Number.isNaN(Date.parse(text)) ? text : undefined;
}

const moved = (day: string, by: number): string => new Date(Date.parse(day) + by * DAY_MS).toISOString().slice(0, 10);

/** A window of days around the entry; undefined where there is no limit. Only starts of events are in the index. */
export function readWindow(node: CirceNode): { from?: number; to?: number } | undefined {
  if (node.saysNothing) return undefined;
  node.nameOthers(['Start', 'End', 'UseIndexEnd', 'UseEventEnd']);
  for (const end of [node.at('UseIndexEnd'), node.at('UseEventEnd')]) {
    if (end.isTrue) return end.name('days are counted from where events begin, to where they begin');
  }
  const [from, to] = [daysAt(node.at('Start')), daysAt(node.at('End'))];
  if (from === undefined && to === undefined) return undefined;
  if (from !== undefined && to !== undefined && from > to) return node.name('the window ends before it begins');
  return { ...(from !== undefined && { from }), ...(to !== undefined && { to }) };
}

function daysAt(node: CirceNode): number | undefined {
  node.nameOthers(['Days', 'Coeff']);
  const [days, coefficient] = [node.at('Days').number, node.at('Coeff').number];
  // Minus zero would be another number in JSON.
  return days === undefined || coefficient === undefined ? undefined : days * coefficient + 0;
}
