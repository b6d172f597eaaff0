import { parseView, viewInWords } from '@aceso/deidentification/domain';
import type { RequestContent } from './request-content';

/** The tables of its own that a request asks for, a sentence each; none for most requests. */
export function tablesInWords({ views = [] }: Pick<RequestContent, 'views'>): string[] {
  return views.map((document) => viewInWords(parseView(document)));
}
