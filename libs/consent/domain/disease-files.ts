import { ConsentError } from './consent.errors';
import { DISEASE_TERMS_MAX, type DiseaseTerm } from './disease-tree';
import { diseaseCode } from './coded-use';

/**
 * Terms of an OBO file (OBO format 1.2/1.4: stanzas `[Term]` with `id`, `name`, `is_a`, `is_obsolete`). Obsolete terms are left
 * out, other relations than `is_a` are not read. Throws DISEASE_FILE_INVALID.
 */
export function parseObo(text: string): DiseaseTerm[] {
  const terms: DiseaseTerm[] = [];
  for (const stanza of text.split(/^\[/m).slice(1)) {
    if (!stanza.startsWith('Term]')) continue;
    const lines = stanza.split(/\r?\n/);
    const values = (tag: string): string[] =>
      lines.filter((line) => line.startsWith(`${tag}: `)).map((line) => withoutComment(line.slice(tag.length + 2)));
    if (values('is_obsolete')[0] === 'true') continue;
    const [id, ...more] = values('id');
    if (id === undefined || more.length > 0) throw invalid('each [Term] has exactly one id');
    const [name] = values('name');
    // A foreign parent (an import of another ontology) is no disease of this tree.
    const parents = values('is_a').filter(isCode);
    if (!isCode(id)) continue;
    terms.push({ code: id, parents, ...(name !== undefined && { name }) });
    if (terms.length > DISEASE_TERMS_MAX) throw invalid(`more than ${DISEASE_TERMS_MAX} terms`);
  }
  if (terms.length === 0) throw invalid('no [Term] with a code like MONDO:0005148');
  return terms;
}

/**
 * Terms of a parent table: CSV with the heading `code,parent` and one row an edge, `parent` empty for a root. A third column
 * `name` may follow, without commas. Throws DISEASE_FILE_INVALID with the line.
 */
export function parseParentTable(text: string): DiseaseTerm[] {
  const [heading = '', ...lines] = text.replace(/^\ufeff/, '').split(/\r?\n/);
  if (heading !== 'code,parent' && heading !== 'code,parent,name')
    throw invalid('the heading is code,parent or code,parent,name');
  const terms = lines.flatMap((line, at): DiseaseTerm[] => {
    if (line === '' || line.startsWith('#')) return [];
    const [code = '', parent = '', name, ...more] = line.split(',');
    if (!isCode(code) || (parent !== '' && !isCode(parent)) || more.length > 0) {
      throw invalid(`line ${at + 2} is no code with its parent`);
    }
    return [{ code, parents: parent === '' ? [] : [parent], ...(name && { name }) }];
  });
  if (terms.length === 0) throw invalid('no row');
  if (terms.length > DISEASE_TERMS_MAX) throw invalid(`more than ${DISEASE_TERMS_MAX} rows`);
  return terms;
}

/** By the name of the file: `.obo`, or else a parent table. */
export function parseDiseaseFile(fileName: string, text: string): DiseaseTerm[] {
  return fileName.toLowerCase().endsWith('.obo') ? parseObo(text) : parseParentTable(text);
}

function isCode(text: string): boolean {
  return diseaseCode.safeParse(text).success;
}

/** OBO: ` ! label` and `{source="…"}` say nothing about the term itself. */
function withoutComment(value: string): string {
  return value
    .replace(/\s+\{.*$/, '')
    .replace(/\s+!.*$/, '')
    .trim();
}

function invalid(why: string): ConsentError {
  return new ConsentError('DISEASE_FILE_INVALID', `the disease file cannot be read: ${why}`);
}
