import type { AcesoProcess } from './aceso-process';

/** Facts hold codes and own dates in clear by design (privacy-and-keys 2), for the index alone; nothing else may. */
const NOT_WATCHED = ['facts', 'spy', 'information_schema', 'pg_catalog', 'pg_toast'];
/** Sealed bytes are random to every search; their size would only slow it down. */
const SEALED = ['sealed', 'wrapped', 'key_wrapped', 'versions'];

/** Notes every row that is ever written to any table, also those that are deleted or changed a moment later. */
export async function watchTables(aceso: AcesoProcess): Promise<number> {
  await aceso.ownerQuery(`
    create schema spy;
    create table spy.seen (number bigint generated always as identity, place text not null, row text not null);
    create function spy.note() returns trigger language plpgsql security definer as $$
    begin
      insert into spy.seen (place, row)
        values (tg_table_schema || '.' || tg_table_name, (to_jsonb(new) - '{${SEALED.join(',')}}'::text[])::text);
      return null;
    end $$`);
  const tables = await aceso.ownerQuery<{ name: string }>(
    `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname <> all($1)`,
    [NOT_WATCHED],
  );
  for (const { name } of tables) {
    await aceso.ownerQuery(
      `create trigger watched after insert or update on ${name} for each row execute function spy.note()`,
    );
  }
  return tables.length;
}

/** All rows that were noted, by table: JSON texts, bytes readable where they are text. */
export async function watchedRows(aceso: AcesoProcess): Promise<Map<string, string[]>> {
  const rows = await aceso.ownerQuery<{ place: string; row: string }>(
    'select place, row from spy.seen order by number',
  );
  const found = new Map<string, string[]>();
  for (const { place, row } of rows) {
    const texts = found.get(place) ?? [];
    found.set(place, texts);
    texts.push(row.replace(/\\\\x([0-9a-f]+)/g, (_, hex: string) => Buffer.from(hex, 'hex').toString('latin1')));
  }
  return found;
}
