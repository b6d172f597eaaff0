import { isUuid } from '@aceso/kernel';
import type { Page } from './connection';
import { EdgeError } from './edge.errors';

/** The id after which a page starts; null for the first page. Throws PAGE_INVALID for a cursor that holds no id. */
export function afterId({ after }: Page): string | null {
  const id = after?.[0] ?? null;
  if (id !== null && !isUuid(id)) throw new EdgeError('PAGE_INVALID', 'after is no cursor of this list');
  return id;
}
