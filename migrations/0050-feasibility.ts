import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What a draft of a request would meet: sets of terms without persons, persons without terms, and how fast packages are made (ADR 41). */
export class Feasibility0000000000050 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(ANSWERING);
    await runner.query(PREVIEW);
    await runner.query(RATE);
  }

  async down(): Promise<void> {
    throw new Error('this migration has no way back: restore a backup instead');
  }
}

// Terms that answer at this moment: the newest of the person, in force, of a party that may act, and not signed by a stolen key. Those
// who answer and those who look ahead read the same rows.
const ANSWERING = `
create view consent.answering_terms with (security_barrier) as
  select t.person_id, t.party_id, t.set_digest, t.statement_digest, t.appointment_digest, t.expires_at
    from consent.standing_terms t
   where t.mode = 'answer-for-me' and t.expires_at > statement_timestamp()
     and t.party_id not in (select identity.stopped_parties(statement_timestamp()))
     and t.statement_digest not in (select f.digest from identity.fallen_statement f);
grant select on consent.answering_terms to aceso_worker;
`;

// Role api reads neither table nor view. It is told which sets of terms there are, and for cells of its own making which numbers of
// persons are in them: of those whose terms would be heard, with the kind of the guardian whose word they are (null for the own).
const PREVIEW = `
create function consent.sets_in_force() returns table (digest bytea, terms jsonb)
language sql stable security definer set search_path = '' as $$
  select s.digest, s.terms from consent.terms_set s
   where s.digest in (select t.set_digest from consent.answering_terms t)
   order by s.digest
$$;

create function consent.terms_cells(sets bytea[], cells integer[], records_max integer)
returns table (number integer, cell integer, care text)
language sql stable security definer set search_path = '' as $$
  select i.number, given.cell, a.kind
    from unnest(sets, cells) as given (digest, cell)
    join consent.answering_terms t on t.set_digest = given.digest
    join register.person_index i on i.person_id = t.person_id
    join (
      select b.person_id from identity.binding b join register.source_record r on r.id = b.source_record_id
       where b.ended_at is null and r.head_digest is not null
       group by b.person_id having count(*) <= records_max
    ) bound on bound.person_id = t.person_id
    left join identity.standing_appointment a on a.statement_digest = t.appointment_digest and a.scope <> 'read'
   where t.appointment_digest is null or a.kind is not null
$$;
revoke execute on function consent.sets_in_force(), consent.terms_cells(bytea[], integer[], integer) from public;
grant execute on function consent.sets_in_force() to aceso_api, aceso_worker;
grant execute on function consent.terms_cells(bytea[], integer[], integer) to aceso_api;
`;

// How long packages took, a person: the median of the newest first editions, 11 orders at least (RATE_ORDERS_MIN), so that no order tells its
// size. Role api reads neither attempts nor members.
const RATE = `
create function extraction.measured_rate() returns table (orders integer, seconds_a_person double precision)
language sql stable security definer set search_path = '' as $$
  select count(*)::integer, percentile_cont(0.5) within group (order by newest.seconds / newest.persons)
    from (
      select extract(epoch from p.ready_at - a.started_at)::double precision as seconds, (
               select count(*) from extraction.member m where m.attempt_id = a.id and m.state = 'released'
             ) as persons
        from extraction.package p join extraction.attempt a on a.id = p.attempt_id
       where p.edition = 1 and p.ready_at is not null
       order by p.ready_at desc limit 200
    ) newest
   where newest.persons > 0
  having count(*) >= 11
$$;
revoke execute on function extraction.measured_rate() from public;
grant execute on function extraction.measured_rate() to aceso_api;
`;
