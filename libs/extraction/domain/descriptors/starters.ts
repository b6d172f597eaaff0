import { COUNTS_SQL, exampleSql } from './schema-sql';
import { inWords, type DescribedPackage } from './described-package';

/** The text of `notebooks/start.ipynb`: a notebook (nbformat 4.5) that loads the tables and reproduces the counts. */
export function pythonNotebook(of: DescribedPackage): string {
  const { title, description } = inWords(of);
  const example = exampleSql(of.tables);
  const cells = [
    markdown('about', `# ${plain(title)}\n\n${plain(description)}\n\nNeeds Python with \`duckdb\` and \`pandas\`.`),
    code(
      'open',
      [
        'import os',
        'from pathlib import Path',
        'import duckdb',
        '',
        'if not Path("schema.sql").exists():',
        '    os.chdir("..")',
        'con = duckdb.connect()',
        'con.execute(Path("schema.sql").read_text(encoding="utf-8"))',
      ].join('\n'),
    ),
    markdown('counts-about', 'Rows and persons of each table, counted here and when the package was made.'),
    code(
      'counts',
      [
        `counts = con.sql("""${COUNTS_SQL}""").df()`,
        'assert (counts["rows"] == counts["rows_released"]).all(), counts',
        'assert (counts["persons"] == counts["persons_released"]).all(), counts',
        'counts',
      ].join('\n'),
    ),
    ...(example === null
      ? []
      : [
          markdown('example-about', 'The conditions that most persons have. `dictionary.json` explains every column.'),
          code('example', `con.sql("""\n${example}\n""").df()`),
        ]),
  ];
  const metadata = {
    kernelspec: { display_name: 'Python 3', language: 'python', name: 'python3' },
    language_info: { name: 'python' },
  };
  return `${JSON.stringify({ cells, metadata, nbformat: 4, nbformat_minor: 5 }, null, 1)}\n`;
}

/** The text of `notebooks/start.R`: the same as the notebook, in R. */
export function rScript(of: DescribedPackage): string {
  const { title, description } = inWords(of);
  const example = exampleSql(of.tables);
  return `${[
    `# ${title}`,
    `# ${description}`,
    '# Needs the packages DBI and duckdb.',
    'library(DBI)',
    'if (!file.exists("schema.sql")) setwd("..")',
    'con <- dbConnect(duckdb::duckdb())',
    'statements <- paste(readLines("schema.sql", encoding = "UTF-8"), collapse = "\\n")',
    'invisible(dbExecute(con, statements))',
    '',
    '# Rows and persons of each table, counted here and when the package was made.',
    `counts <- dbGetQuery(con, '${COUNTS_SQL}')`,
    'stopifnot(counts$rows == counts$rows_released, counts$persons == counts$persons_released)',
    'print(counts)',
    ...(example === null
      ? []
      : ['', '# The conditions that most persons have.', `print(dbGetQuery(con, '\n${example}\n'))`]),
    '',
    'dbDisconnect(con, shutdown = TRUE)',
  ].join('\n')}\n`;
}

interface Cell {
  readonly id: string;
  readonly cell_type: 'markdown' | 'code';
  readonly metadata: object;
  readonly source: readonly string[];
}

function markdown(id: string, text: string): Cell {
  return { id, cell_type: 'markdown', metadata: {}, source: linesOf(text) };
}

function code(id: string, text: string): Cell & { readonly outputs: readonly []; readonly execution_count: null } {
  return { id, cell_type: 'code', metadata: {}, execution_count: null, outputs: [], source: linesOf(text) };
}

/** Lines keep their end, as the format asks. */
function linesOf(text: string): readonly string[] {
  return text.split(/(?<=\n)/);
}

/** A notebook shows Markdown with HTML in it: a text of somebody stays text. */
function plain(text: string): string {
  return text.replace(/[\\`*_[\]<>#|&~$]/g, (sign) => `&#${sign.charCodeAt(0)};`);
}
