import type { MigrationInterface, QueryRunner } from 'typeorm';
import { FREEZE_COOLING } from './0044-freeze-cooling';

/** What falls when a guardian's authority ends is withdrawn from buyers who have it; officers do not freeze in turns. */
export class EndsOfAuthority0000000000044 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(FALLEN);
    await runner.query(DEPARTURES);
    await runner.query(FREEZE_COOLING);
  }

  async down(): Promise<void> {
    throw new Error('this migration has no way back: restore a backup instead');
  }
}

// Whether the authority behind a guardian's grant, or behind the terms that answered, has ended: by a statement, by its date, or as a
// parent's ward may have come of age. A list cannot be taken back, so where no birth is known, as while an index is made anew, nobody
// has come of age. Death freezes: nothing of the dead falls.
const FALLEN = `
create function extraction.authority_fell(permitted text, minor_from text) returns boolean
language sql stable security definer set search_path = '' as $$
  select exists (
    select from consent.grant c
      join identity.statement s on s.digest = c.statement_digest
      join identity.guardian_appointment a on a.statement_digest = s.appointment_digest
      left join register.person_index i on i.person_id = c.person_id
      left join facts.person f on f.index_no = i.index_no
     where c.digest = decode(permitted, 'hex') and not coalesce(f.deceased, false)
       and (a.ended_at is not null or a.until <= clock_timestamp()
            or a.kind = 'parent' and left(f.birth_month || '-01', 7) < minor_from))
$$;
revoke execute on function extraction.authority_fell(text, text) from public;
grant execute on function extraction.authority_fell(text, text) to aceso_worker;
`;

const DEPARTURES = `
drop function extraction.own_departures();
create function extraction.own_departures(minor_from text)
returns table (order_id uuid, left_at timestamptz, withdrawn boolean, list_number integer, sent_at timestamptz,
               acknowledged_at timestamptz, recall_ends date, recall_ended boolean)
language sql stable security definer set search_path = '' as $$
  select p.order_id, p.first_fetched_at,
         m.withdrawn_on is not null or extraction.withdrew(m.person_id, m.grant_digest, o.buyer_id)
           or extraction.authority_fell(m.grant_digest, minor_from),
         l.number, l.ready_at, a.acknowledged_at, k.destroy_on, k.wrapped is null
    from identity.patient me
    join extraction.member m on m.person_id = me.person_id and m.state = 'released'
    join extraction.package p on p.attempt_id = m.attempt_id and p.first_fetched_at is not null
    join marketplace."order" o on o.id = p.order_id
    join extraction.sale_key k on k.order_id = p.order_id
    left join extraction.withdrawal_list l on l.id = m.withdrawal_list_id
    left join extraction.withdrawal_acknowledgement a on a.list_id = l.id
   where me.party_id = platform.acting_party()
$$;
revoke execute on function extraction.own_departures(text) from public;
grant execute on function extraction.own_departures(text) to aceso_api;
`;
