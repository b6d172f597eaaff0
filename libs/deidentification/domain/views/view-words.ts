import { columnElements } from './column-element';
import { columnsOf, type ViewDefinition } from './view-definition';

/**
 * A view as a sentence for the person whose records it reads: which table is made of what, with which columns and the
 * elements that they show. Titles and descriptions, which somebody wrote, are left out.
 */
export function viewInWords(view: ViewDefinition): string {
  const elements = columnElements(view);
  const columns = view.select.flatMap(columnsOf).map(({ name }) => `${name} (${elements.get(name) ?? 'computed'})`);
  const which = view.where.length > 0 ? ' that meet its conditions' : '';
  return (
    `A table called ${view.name} is made of the ${view.resource} records in the package${which}, ` +
    `with the columns ${columns.join(', ')}. It holds nothing that the package does not hold without it.`
  );
}
