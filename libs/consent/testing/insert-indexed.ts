type OwnerQuery = (sql: string, params?: readonly unknown[]) => Promise<unknown[]>;

/** Puts a person into the index in the place of what stood there: born in a month or year, living or not. */
export async function insertIndexed(
  ownerQuery: OwnerQuery,
  personId: string,
  { birthMonth, deceased = false }: { readonly birthMonth: string; readonly deceased?: boolean },
): Promise<void> {
  await ownerQuery('delete from register.person_index where person_id = $1', [personId]);
  await ownerQuery(
    `with next as (select coalesce(max(index_no), 0) + 1 as n from facts.person),
          made as (insert into facts.person (index_no, birth_month, sex, deceased) select n, $2, 'unknown', $3 from next)
     insert into register.person_index (index_no, person_id) select n, $1 from next`,
    [personId, birthMonth, deceased],
  );
}
